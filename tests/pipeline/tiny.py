"""Settings with which every stage runs in a second, the start of TensorFlow apart."""

from typing import Any

from imagelab.settings.classification import BEST_CLASSIFIED, FAMILIES
from tests.conftest import REPOSITORY, read_yaml
from tests.settings.test_params import merge

TINY: dict[str, Any] = {
    "demo": {"leaves_per_class": 8},
    "render": {"images_per_time": 1},
    "prepare": {"most_training_images": 200},
    "prepare_leaves": {"most_images_per_class": 8},
    "keras_example": {"mlp": {"epochs": 1}, "cnn": {"epochs": 1}},
    "search": {
        "cnn": {"network": {"filters": [2, 2, 2]}},
        "cnn_batch_norm": {"network": {"filters": [2, 2, 2]}},
    },
    "best_classifier": {name: {"filters": [4], "epochs": 1} for name in BEST_CLASSIFIED},
    "clock": {"epochs": 1, "batch_size": 64, "multi_head": {"epochs": 1, "minute_filters": 2}},
    "reader_clocks": {"report_images_per_time": 1, "localiser_pictures": 60, "test": 60},
    "localiser": {"epochs": 1},
    "reader": {"epochs": 1},
    "vae": {"filters": 2, "epochs": 1},
    "gan": {"filters": 2, "epochs": 1},
    "leaf_classifier": {"epochs": 1},
    "sample": {"images": 64, "snapshot_images": 32},
}


def tiny_settings(*, search_epochs: int = 1) -> dict[str, Any]:
    """The default profile, reduced; plain values, to be changed at will."""
    settings: dict[str, Any] = read_yaml(REPOSITORY / "params.yaml")
    merge(settings, TINY)
    for family in FAMILIES:
        for sub_grid in settings["search"][family]["grid"]:
            sub_grid["epochs"] = [search_epochs]
    settings["search"]["mlp"]["grid"][0]["variant"] = ["one_hidden", "l1_on_first"]
    settings["search"]["cnn"]["grid"][0]["batch_size"] = [64]
    return settings
