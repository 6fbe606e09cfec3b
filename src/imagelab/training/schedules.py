"""Learning rates that change from step to step."""

import keras


def cosine_decay(largest: float, *, steps: int, warm_up: int = 0) -> keras.optimizers.schedules.LearningRateSchedule:
    """Return a learning rate that falls to 0 along half a cosine wave, after a linear warm-up from 0.

    Args:
        largest: learning rate at the end of the warm-up.
        steps: of the whole training, warm-up included.
        warm_up: steps of the warm-up; 0: there is none.

    Source: Loshchilov and Hutter, "SGDR: Stochastic Gradient Descent with Warm Restarts", 2017, equation 5; Goyal et
    al., "Accurate, Large Minibatch SGD", 2017, section 2.2, for the warm-up.
    """
    if not warm_up:
        return keras.optimizers.schedules.CosineDecay(largest, steps)
    return keras.optimizers.schedules.CosineDecay(0.0, steps - warm_up, warmup_target=largest, warmup_steps=warm_up)
