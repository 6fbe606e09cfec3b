import keras
import numpy as np
import pytest

from imagelab.classification.best.network import build_best_classifier, colour_statistics, whitening_filters
from imagelab.runtime.errors import InputError
from imagelab.settings.classification import BestClassifier
from imagelab.settings.training import Augmentation, Views

SETTINGS = BestClassifier(
    filters=(8, 12),
    convolutions=2,
    activation="relu",
    whitening=2,
    epochs=2,
    batch_size=16,
    kernel_learning_rate=0.2,
    kernel_momentum=0.6,
    learning_rate=0.3,
    offset_learning_rate=4,
    decay="cosine",
    momentum=0.8,
    label_smoothing=0.1,
    augmentation=Augmentation(flips="random", shift=1, cut_out=2),
    test_time_views=Views(flips=True, shift=1),
    train_on_validation=False,
)
PICTURES = np.random.default_rng(0).integers(0, 256, (40, 12, 10, 3), dtype=np.uint8)


def test_filters_whiten_the_patches_of_normalised_pictures() -> None:
    smooth = np.cumsum(np.random.default_rng(1).standard_normal((300, 12, 12, 2)), axis=1)
    pictures = ((smooth - smooth.min()) / np.ptp(smooth)).astype(np.float32)
    mean, variance = colour_statistics(pictures.astype(np.float64))
    normalised = (pictures - mean) / np.sqrt(variance)
    filters = whitening_filters(normalised, 2)
    assert filters.shape == (2, 2, 2, 16)
    assert np.array_equal(filters[..., :8], -filters[..., 8:])
    windows = np.lib.stride_tricks.sliding_window_view(normalised, (2, 2), axis=(1, 2))
    outputs = np.einsum("nhwcyx,yxcf->nhwf", windows, filters[..., :8]).reshape(-1, 8)
    assert outputs.T @ outputs / len(outputs) == pytest.approx(np.eye(8), abs=0.02)


def test_a_network_of_any_number_of_classes_ends_in_logits_and_keeps_its_whitening() -> None:
    model = build_best_classifier(PICTURES, SETTINGS, classes=3, seed=1, name="best")
    assert model.output_shape == (None, 3)
    assert model.output.dtype == "float32"
    assert not model.get_layer("whitening").trainable_variables
    assert [layer.filters for layer in model.layers if layer.name.startswith("conv")] == [8, 8, 12, 12]


def test_convolutions_begin_by_passing_on_what_they_receive() -> None:
    model = build_best_classifier(PICTURES, SETTINGS, classes=3, seed=1, name="best")
    layer = model.get_layer("conv_2a")  # from 8 channels to 12
    pictures = np.random.default_rng(0).standard_normal((2, 5, 5, 8)).astype(np.float32)
    outputs = keras.ops.convert_to_numpy(layer(pictures))
    assert np.array_equal(outputs[..., :8], pictures)
    assert outputs[..., 8:].std() > 0.1


def test_without_whitening_the_blocks_see_the_normalised_pictures() -> None:
    settings = SETTINGS.model_copy(update={"whitening": None})
    model = build_best_classifier(PICTURES, settings, classes=3, seed=1, name="best")
    assert [layer.name for layer in model.layers[:3]] == ["image", "normalisation", "conv_1a"]
    normalised = keras.Model(model.input, model.get_layer("normalisation").output).predict_on_batch(PICTURES / 255)
    assert normalised.mean(axis=(0, 1, 2)) == pytest.approx(np.zeros(3), abs=1e-3)
    assert normalised.std(axis=(0, 1, 2)) == pytest.approx(np.ones(3), abs=0.01)


def test_weights_depend_on_the_seed_only() -> None:
    def weights(seed: int) -> list[np.ndarray]:
        return build_best_classifier(PICTURES, SETTINGS, classes=3, seed=seed, name="best").get_weights()

    assert all(map(np.array_equal, weights(1), weights(1)))
    assert not all(map(np.array_equal, weights(1), weights(2)))


def test_too_small_pictures_are_refused() -> None:
    with pytest.raises(
        InputError, match="pictures: expected 5 pixels or more on each side, for 2 blocks, received 3x9"
    ):
        build_best_classifier(PICTURES[:, :9, :3], SETTINGS, classes=3, seed=1, name="best")
