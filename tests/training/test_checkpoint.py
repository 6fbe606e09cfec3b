import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray

from imagelab.clocks.heads.classification import CLASSIFICATION
from imagelab.clocks.heads.head import build_clock_network
from imagelab.clocks.posed_clocks import PosedClocks
from imagelab.clocks.reader.training import train_network
from imagelab.clocks.training import train_clock_network
from imagelab.leaves.gan.discriminator import build_discriminator
from imagelab.leaves.gan.training import train_gan as fit_gan
from imagelab.leaves.generators.network import build_generator
from imagelab.leaves.generators.snapshots import SnapshotRecorder, snapshot_epochs
from imagelab.leaves.vae.network import build_vae
from imagelab.leaves.vae.training import train_vae as fit_vae
from imagelab.runtime.errors import InputError
from imagelab.settings.clocks import MultiHead, Reader, ReaderNetwork
from imagelab.settings.leaves import Gan
from imagelab.storage.splits import Split
from imagelab.training import backend, checkpoint, digests, variables
from imagelab.training.checkpoint import Checkpoint

pytestmark = pytest.mark.usefixtures("repeatable")

RANDOM = np.random.default_rng(0)
PICTURES = RANDOM.integers(0, 256, (20, 32, 32, 3), dtype=np.uint8)
LEAVES = Split(PICTURES, np.arange(20) % 3)
LATENT = RANDOM.standard_normal((5, 4), dtype=np.float32)
CLASSES = np.arange(5) % 3
GAN = Gan(
    latent_dimension=4,
    filters=4,
    epochs=3,
    snapshot_epochs=(1, 2),
    batch_size=8,
    learning_rate=0.01,
    beta_1=0.5,
    discriminator_learning_rate=None,
    batch_normalization=False,
    class_conditioning=False,
    augmentation=False,
    averaging=0,
)
CENTRED = np.array([0.5, 0.5, 0.4, 0.0, 0.4])
CLOCKS = Split(RANDOM.integers(0, 256, (20, 16, 16, 1), dtype=np.uint8), RANDOM.integers(0, 720, 20))

Trained = tuple[list[keras.Model], pd.DataFrame, NDArray[np.uint8]]
NOTHING_DRAWN = np.zeros(0, np.uint8)


class Killed(BaseException):
    """Stands for a signal: nothing may catch it."""


class Dying(Checkpoint):
    """Ends the process, so to speak, once the state of an epoch is on disk."""

    def __init__(self, path: Path, *, after: int) -> None:
        super().__init__(path)
        self.left = after

    def save(self, *arguments, **images) -> None:
        super().save(*arguments, **images)
        self.left -= 1
        if self.left == 0:
            raise Killed


def train_clock(epochs: int, saved: Checkpoint | None) -> Trained:
    """With dropout and batch normalisation, which have a state of their own."""
    model = build_clock_network(
        CLASSIFICATION, (16, 16, 1), MultiHead(learning_rate=0.001, epochs=1, minute_filters=4), seed=1
    )
    history = train_clock_network(
        model,
        CLASSIFICATION,
        CLOCKS,
        CLOCKS,
        learning_rate=0.01,
        batch_size=8,
        epochs=epochs,
        seed=1,
        checkpoint=saved,
    )
    return [model], history, NOTHING_DRAWN


def train_vae(epochs: int, saved: Checkpoint | None) -> Trained:
    model = build_vae(32, 4, filters=4, seed=1)
    split = Split(PICTURES, np.zeros(20))
    snapshots = SnapshotRecorder(
        lambda: model.decoder, LATENT, CLASSES, range(1, epochs + 1), {} if saved is None else saved.pictures
    )
    history = fit_vae(
        model,
        split,
        split,
        learning_rate=0.01,
        batch_size=8,
        epochs=epochs,
        seed=1,
        checkpoint=saved,
        snapshots=snapshots,
    )
    return [model.encoder, model.decoder], history, snapshots.as_array()


def train_gan(epochs: int, saved: Checkpoint | None) -> Trained:
    settings = GAN.model_copy(update={"epochs": epochs})
    generator, discriminator = build_generator(4, 32, filters=4, seed=1), build_discriminator(32, filters=4, seed=2)
    snapshots = SnapshotRecorder(
        lambda: generator, LATENT, CLASSES, snapshot_epochs(settings), {} if saved is None else saved.pictures
    )
    history = fit_gan(generator, discriminator, LEAVES, settings, seed=1, checkpoint=saved, snapshots=snapshots)
    return [generator, discriminator], history, snapshots.as_array()


def train_gan_of_classes(epochs: int, saved: Checkpoint | None) -> Trained:
    """With all that the report's has not: classes, random changes of the pictures, a moving average."""
    settings = GAN.model_copy(update={"epochs": epochs, "averaging": 0.9, "discriminator_learning_rate": 0.02})
    generator, averaged = (
        build_generator(4, 32, filters=4, seed=1, classes=3, batch_normalization=True) for _ in range(2)
    )
    discriminator = build_discriminator(32, filters=4, seed=2, classes=3, augmentation=True)
    snapshots = SnapshotRecorder(
        lambda: averaged, LATENT, CLASSES, snapshot_epochs(settings), {} if saved is None else saved.pictures
    )
    history = fit_gan(
        generator, discriminator, LEAVES, settings, seed=1, averaged=averaged, checkpoint=saved, snapshots=snapshots
    )
    return [generator, discriminator, averaged], history, snapshots.as_array()


def train_reader(epochs: int, saved: Checkpoint | None) -> Trained:
    """With AdamW, an average of the weights, random variations, and a learning rate that changes at every step."""
    settings = Reader(
        network=ReaderNetwork(angles=120, radii=8, filters=(2, 2, 2), width=4),
        epochs=3,
        batch_size=8,
        learning_rate=0.01,
        weight_decay=0.02,
        averaging=0.9,
        auxiliary_weight=0.5,
    )
    times, count = CLOCKS.targets, len(CLOCKS.targets)
    posed = PosedClocks(
        np.repeat(CLOCKS.images, 3, axis=-1), times, np.tile(CENTRED, (count, 1)), times / 720, np.ones(count, bool)
    )
    model, history = train_network(posed, posed, settings, seed=1, checkpoint=saved)
    return [model], history, NOTHING_DRAWN


TRAININGS: dict[str, Callable[[int, Checkpoint | None], Trained]] = {
    "clock": train_clock,
    "reader": train_reader,
    "vae": train_vae,
    "gan": train_gan,
    "gan_of_classes": train_gan_of_classes,
}


@pytest.mark.parametrize(
    ("name", "after"),
    [
        pytest.param("clock", 1, marks=pytest.mark.slow),
        ("clock", 3),
        pytest.param("reader", 1, marks=pytest.mark.slow),
        ("vae", 2),
        pytest.param("gan", 2, marks=pytest.mark.slow),
        ("gan_of_classes", 2),
    ],
)
def test_a_killed_training_goes_on_and_ends_with_the_bits_of_an_undisturbed_one(
    name: str, after: int, tmp_path: Path
) -> None:
    train = TRAININGS[name]
    undisturbed, history, drawn = train(3, None)
    with pytest.raises(Killed):
        train(3, Dying(tmp_path / "state.npz", after=after))
    counting = Dying(tmp_path / "state.npz", after=100)
    check_same_bits(train(3, counting), (undisturbed, history, drawn))
    assert 100 - counting.left == 3 - after  # only what was missing


def check_same_bits(found: Trained, expected: Trained) -> None:
    for mine, theirs in zip(found[0], expected[0], strict=True):
        for a, b in zip(mine.get_weights(), theirs.get_weights(), strict=True):
            np.testing.assert_array_equal(a, b)
    pd.testing.assert_frame_equal(found[1], expected[1], check_exact=True)
    np.testing.assert_array_equal(found[2], expected[2])


@pytest.fixture
def _in_bfloat16() -> Iterator[None]:
    keras.config.set_dtype_policy("mixed_bfloat16")
    yield
    keras.config.set_dtype_policy("float32")


@pytest.mark.slow
@pytest.mark.usefixtures("_in_bfloat16")
@pytest.mark.parametrize("name", TRAININGS)
def test_in_mixed_bfloat16_a_second_training_and_one_that_was_killed_end_with_the_same_bits(
    name: str, tmp_path: Path
) -> None:
    train = TRAININGS[name]
    undisturbed = train(3, None)
    assert {layer.compute_dtype for layer in undisturbed[0][0].layers} >= {"bfloat16"}
    check_same_bits(train(3, None), undisturbed)
    with pytest.raises(Killed):
        train(3, Dying(tmp_path / "state.npz", after=1))
    check_same_bits(train(3, Dying(tmp_path / "state.npz", after=100)), undisturbed)


def place(folder: Path, *, brightness: int = 0, epochs: int = 3) -> Path:
    return checkpoint.of_training(
        "clock", arrays={"images": CLOCKS.images + brightness}, settings={"epochs": epochs}, folder=folder
    ).path


def test_other_data_settings_or_processors_have_another_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = place(tmp_path)
    assert place(tmp_path) == first
    assert len({first, place(tmp_path, brightness=1), place(tmp_path, epochs=4)}) == 3
    monkeypatch.setattr(backend, "environment", lambda: {"processor": "another one"})
    assert place(tmp_path) != first


def test_other_code_has_another_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    script = tmp_path / "stage.py"
    script.write_text("RATE = 1")
    monkeypatch.setattr(sys.modules["__main__"], "__file__", str(script), raising=False)
    first = place(tmp_path)
    script.write_text("RATE = 1  # a comment")
    assert place(tmp_path) == first
    script.write_text("RATE = 2")
    assert place(tmp_path) != first
    monkeypatch.setattr(digests, "of_code", lambda folder, names: f"other code in {len(names)} files")
    assert place(tmp_path) != first


def test_code_that_decides_no_number_is_not_in_the_digest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    digested: list[str] = []
    monkeypatch.setattr(sys.modules["__main__"], "__file__", None, raising=False)  # pytest's own, under python -m
    monkeypatch.setattr(digests, "of_code", lambda folder, names: digested.extend(names))
    place(tmp_path)
    assert {"__init__.py", "training/fit.py", "training/backend.py", "clocks/reader/network.py"} <= set(digested)
    without = ("runtime/", "settings/", "storage/", "training/durations", "training/checkpoint", "training/run")
    assert not [name for name in digested if name.startswith(without)]
    assert digested == sorted(set(digested))


@pytest.fixture
def move(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Compute from now on on this processor, with these other differences, and take states of others or not."""
    environment = backend.environment()

    def move(processor: str, *, any_of_them: bool, **changes: Any) -> None:
        moved = {**environment, "processor": processor, **changes}
        monkeypatch.setattr(backend, "environment", lambda: moved)
        monkeypatch.setenv(variables.ANY_PROCESSOR, "1" if any_of_them else "0")

    return move


def go_on(folder: Path, *, epochs: int) -> Checkpoint:
    """Go on with a training, as far as a state is found, up to this epoch; its only number counts the epochs."""
    state = checkpoint.of_training("clock", arrays={}, settings={}, folder=folder)
    count = keras.Variable(0.0)
    history = state.restore([count])
    for epoch in range(len(history.get("loss", ())), epochs):
        count.assign_add(1)
        history.setdefault("loss", []).append(epoch)
        state.save([count], history, images=10)
    assert float(count) == epochs
    return state


def computed(state: Checkpoint) -> list[tuple[str, int]]:
    return [(part.processor["processor"], part.epochs) for part in state.parts]


def test_a_state_moves_to_another_processor_if_the_user_says_so(tmp_path: Path, move: Callable[..., None]) -> None:
    move("a", any_of_them=False)
    alone = go_on(tmp_path, epochs=2)
    move("b", any_of_them=False)
    assert computed(go_on(tmp_path, epochs=1)) == [("b", 1)]
    move("b", any_of_them=True)
    assert computed(go_on(tmp_path, epochs=3)) == [("a", 2), ("b", 1)]  # not its own, which is behind
    both = go_on(tmp_path, epochs=4)
    assert computed(both) == [("a", 2), ("b", 1), ("b", 1)]
    move("a", any_of_them=True)
    back = go_on(tmp_path, epochs=5)
    assert computed(back) == [*computed(both), ("a", 1)]
    assert back.path == both.path
    move("a", any_of_them=False)
    assert go_on(tmp_path, epochs=2).path == alone.path  # of "a" alone, as if nothing had been moved
    move("c", any_of_them=True)
    checkpoint.remove_others("clock", go_on(tmp_path, epochs=5))  # which it only restores
    assert list(tmp_path.iterdir()) == [both.path]


@pytest.mark.parametrize(
    "change",
    [
        {"backend": "another"},
        {"accelerator": "another"},
        {"switches": "XLA_FLAGS=another"},
        {"python": "3.0"},
        {"versions": {"keras": "4.0"}},
    ],
    ids=str,
)
def test_a_state_moves_to_no_machine_that_differs_in_more(
    change: dict[str, Any], tmp_path: Path, move: Callable[..., None]
) -> None:
    move("a", any_of_them=True)
    go_on(tmp_path, epochs=2)
    move("b", any_of_them=True, **change)
    assert computed(go_on(tmp_path, epochs=2)) == [("b", 2)]


def test_a_state_of_other_data_or_settings_moves_nowhere(tmp_path: Path, move: Callable[..., None]) -> None:
    move("a", any_of_them=True)
    go_on(tmp_path, epochs=2)
    move("b", any_of_them=True)
    for change in ({"arrays": {"images": np.zeros(1)}}, {"settings": {"seed": 2}}):
        state = checkpoint.of_training("clock", **{"arrays": {}, "settings": {}, "folder": tmp_path, **change})
        assert not state.kept.exists()


def test_a_damaged_state_of_another_processor_is_named(tmp_path: Path, move: Callable[..., None]) -> None:
    move("a", any_of_them=True)
    path = go_on(tmp_path, epochs=2).path
    path.write_bytes(b"PK\x03\x04")
    move("b", any_of_them=True)
    with pytest.raises(InputError, match=rf"{path.name}: checkpoint: expected what this program wrote"):
        go_on(tmp_path, epochs=2)


def test_only_the_states_of_the_same_training_are_removed(tmp_path: Path) -> None:
    digest, other = "0123456789abcdef-01234567", "fedcba9876543210-76543210"
    stays = [f"clock-{digest}.npz", f"clock_2-{other}.npz", f"a_clock-{other}.npz", f"clock-{other}.json"]
    goes = [f"clock-{other}.npz", f".clock-{other}.partial.npz", f".clock-{digest}.partial.npz"]
    for name in (*stays, *goes):
        (tmp_path / name).touch()
    kept = Checkpoint(tmp_path / f"clock-{digest}.npz")
    for _ in range(2):  # the second time there is nothing left to do
        checkpoint.remove_others("clock", kept)
        assert sorted(path.name for path in tmp_path.iterdir()) == sorted(stays)


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"\x80\x04K\x01."])
def test_a_damaged_state_is_named(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "state.npz").write_bytes(content)
    with pytest.raises(InputError, match=r"state\.npz: checkpoint: expected what this program wrote"):
        train_clock(1, Checkpoint(tmp_path / "state.npz"))


def test_the_state_of_another_network_is_refused(tmp_path: Path) -> None:
    saved = Checkpoint(tmp_path / "state.npz")
    train_vae(1, saved)
    with pytest.raises(InputError, match="expected what this program wrote"):
        train_clock(1, saved)
