from collections.abc import Iterator
from typing import Any

import pytest

from imagelab.reproduction import published, rules
from imagelab.reproduction.facts import all_facts
from imagelab.settings import params
from imagelab.settings.classification import SETTINGS
from tests.conftest import REPOSITORY, read_yaml

FACTS: dict[str, Any] = read_yaml(REPOSITORY / "src" / "imagelab" / "reproduction" / "published.yaml")
PAPER = params.load(REPOSITORY / "params" / "paper.yaml")
FULL_GRID = params.load(REPOSITORY / "params" / "full_grid.yaml")
CLOCK = PAPER.clock

SETTINGS_OF_THE_REPORT: dict[str, object] = {
    "keras_mnist_examples.batch_size": PAPER.keras_example.batch_size,
    "keras_mnist_examples.mlp.epochs": PAPER.keras_example.mlp.epochs,
    "keras_mnist_examples.cnn.epochs": PAPER.keras_example.cnn.epochs,
    "fashion_mnist.search_values": {name: list(values) for name, values in FULL_GRID.search.cnn.grid[0]},
    "clocks.data.images": 720 * PAPER.render.images_per_time,
    "clocks.data.shape": [PAPER.render.image_size] * 2,
    "clocks.data.per_minute_of_the_half_day": PAPER.render.images_per_time,
    "clocks.data.train_fraction": PAPER.split_clocks.train_fraction,
    "clocks.classification.learning_rate": CLOCK.classification.learning_rate,
    "clocks.classification.batch_size": CLOCK.batch_size,
    "clocks.classification.epochs": (CLOCK.classification.epochs or CLOCK.epochs),
    "clocks.regression.learning_rate": CLOCK.regression.learning_rate,
    "clocks.multi_head.learning_rate": CLOCK.multi_head.learning_rate,
    "clocks.multi_head.batch_size": CLOCK.batch_size,
    "clocks.multi_head.epochs": (CLOCK.multi_head.epochs or CLOCK.epochs),
    "clocks.multi_head.test.images": round(
        720 * PAPER.render.images_per_time * (1 - PAPER.split_clocks.train_fraction)
    ),
    "leaves.data.max_classes_per_crop": PAPER.prepare_leaves.most_classes_per_crop - 1,  # 5 does not give 34 classes
    "leaves.data.images_per_class": PAPER.prepare_leaves.most_images_per_class,
    "leaves.data.images": 34 * PAPER.prepare_leaves.most_images_per_class,
    "leaves.data.source_size": 8 * PAPER.prepare_leaves.image_size,  # every eighth pixel
    "leaves.data.size": PAPER.prepare_leaves.image_size,
    "leaves.vae.latent_dimensions": list(PAPER.vae.latent_dimensions.model_dump().values()),
    "leaves.vae.epochs": PAPER.vae.epochs,
    "leaves.vae.encoder_filters": PAPER.vae.filters,
    "leaves.gan.latent_dimension": PAPER.gan.latent_dimension,
    "leaves.gan.epochs": PAPER.gan.epochs,
    "leaves.gan.discriminator_filters": PAPER.gan.filters,
}
"""What the profiles of the report set, by the fact that it has to equal."""


def fact(path: str) -> Any:
    found: Any = FACTS
    for key in path.split("."):
        found = found[key]
    return found


@pytest.mark.parametrize("path", SETTINGS_OF_THE_REPORT)
def test_the_profiles_of_the_report_set_what_it_states(path: str) -> None:
    ours, stated = SETTINGS_OF_THE_REPORT[path], fact(path)
    if isinstance(ours, dict):  # table 1: sets of values
        assert {name: sorted(values) for name, values in ours.items()} == {k: sorted(v) for k, v in stated.items()}
    else:
        assert ours == stated


def leaves_of(content: Any, path: str = "") -> Iterator[str]:
    """The places of all single values; a list of numbers has a place for each."""
    if not isinstance(content, dict | list):
        yield path
        return
    for key, value in content.items() if isinstance(content, dict) else enumerate(content):
        yield from leaves_of(value, f"{path}.{key}" if path else str(key))


SETTINGS_OF_A_RUN = ("hidden", "dropout", "l1_on_first", "uncertain", *SETTINGS)
"""What tells which run a number is about. The MLP's are compared with the profile below."""
ABOUT_ITS_MACHINE = {
    "clocks.classification.steps_per_execution",
    "clocks.classification.training_hours",
    "clocks.multi_head.training_hours",
}


def is_setting(path: str) -> bool:
    parts = path.split(".")
    of_a_run = parts[0] in ("fashion_mnist", "cifar10") and any(name in parts for name in SETTINGS_OF_A_RUN)
    return of_a_run or any(f"{path}.".startswith(f"{name}.") for name in SETTINGS_OF_THE_REPORT)


def test_every_number_and_claim_has_exactly_one_entry_and_every_setting_is_that_of_the_profile() -> None:
    facts = all_facts()
    paths = [fact.path for fact in facts]
    assert len(set(paths)) == len(paths) == len({fact.id for fact in facts})
    places = {place for place in leaves_of(FACTS) if not place.startswith("sections.")}
    counted = {"clocks.data.shape": {"clocks.data.shape.0", "clocks.data.shape.1"}}  # width and height are one number
    judged = {place for path in paths for place in counted.get(path, {path})}
    assert judged <= places
    assert {place for place in places - judged if not is_setting(place)} == ABOUT_ITS_MACHINE


def test_a_number_that_no_fact_is_about_would_be_noticed() -> None:
    places = set(leaves_of({"clocks": {"regression": {"all_images": {"median": 3}}, "new": [1, {"b": 2}]}}))
    assert places == {"clocks.regression.all_images.median", "clocks.new.0", "clocks.new.1.b"}
    assert not any(is_setting(place) for place in places)


def test_every_fact_has_a_section_what_decides_it_and_a_rule() -> None:
    found = rules.load()
    for fact in all_facts():
        assert published.section(fact.path)[0].isdigit()
        decided = published.of_longest_beginning(found.decided_by, fact.path)
        assert (decided.data is None) == (fact.split == "none")
        assert (fact.kind in found.kinds) == (fact.kind != "claim")
        if fact.kind in ("accuracy", "slow_accuracy", "clock_share"):
            assert published.of_longest_beginning(found.pictures, fact.path) in (3600, 10_000, 14_400, 18_000)
    for table in (found.decided_by, found.pictures, found.printed_to, found.longer, FACTS["sections"]):
        for path in table:  # none is left over from a fact that is gone
            assert any(f"{fact.path}.".startswith(f"{path}.") for fact in all_facts()), path


def test_the_report_has_no_run_of_a_family_that_is_not_its_own() -> None:
    other = published.runs("residual")
    assert len(other) == 0
    assert list(other) == list(published.runs("cnn"))


def test_the_readings_that_the_report_prints_garbled_are_marked() -> None:
    runs = published.runs("cnn")
    marked = runs[runs[published.UNCERTAIN]]
    assert marked[["optimizer", "batch_size", "epochs", "run"]].to_numpy().tolist() == [
        ["adamax", 128, 20, 1],
        ["adam", 512, 10, 1],
        ["adam", 64, 20, 2],
        ["adamax", 128, 5, 1],
    ]
    for other in (published.runs("mlp"), published.runs("cnn_batch_norm"), published.transfer()):
        assert not other[published.UNCERTAIN].any()


def test_what_the_report_prints_of_single_networks_is_in_our_terms() -> None:
    measures = published.measures()
    assert measures["path"].is_unique
    table = measures.set_index(["model", "part", "measure"])["published"]
    assert table.index.is_unique
    assert table["keras_example_cnn", "test", "accuracy"] == 0.9925
    assert table["clock_classification", "all", "accuracy_of_720_times"] == pytest.approx(0.622, abs=5e-4)
    assert table["clock_classification", "last epoch", "test_accuracy"] == 0.2275
    assert table["clock_regression", "all", "common_sense_error_minutes"] == 97
    assert table["clock_multi_head", "test", "hour_accuracy"] == pytest.approx(0.929, abs=5e-4)
    assert table["clock_multi_head", "first epoch", "minute_mean_absolute_error"] == 16.8981
    assert table["leaves", "all", "images"] == 34 * 300
    assert table["clocks", "all", "images_per_hour"] == 1475
    assert published.clock_images() == (18_000, 150, 150)
    assert published.leaf_source_classes() == 38


def test_every_run_of_the_report_is_there_with_the_second_ones_numbered() -> None:
    runs = published.runs("cnn")
    assert len(runs) == 62
    assert len(published.runs("cnn_batch_norm")) == 12
    assert runs["run"].value_counts().to_dict() == {1: 59, 2: 3}
    assert runs[published.ACCURACY].between(0.1, 0.91).all()
    assert published.transfer()[published.ACCURACY].tolist() == [0.4854, 0.4563, 0.5249]


def test_the_networks_of_the_paper_profile_have_the_sizes_that_the_report_prints() -> None:
    variants = PAPER.search.mlp.variants
    assert set(variants) == set(published.runs("mlp")["variant"])
    assert FACTS["clocks"]["data"]["shape"] == [PAPER.render.image_size] * 2
    latent = list(PAPER.vae.latent_dimensions.model_dump().values())
    assert latent == FACTS["leaves"]["vae"]["latent_dimensions"]
    assert FACTS["leaves"]["gan"]["latent_dimension"] == PAPER.gan.latent_dimension
    assert FACTS["leaves"]["vae"]["encoder_filters"] == PAPER.vae.filters
    facts = FACTS["fashion_mnist"]["mlp"]
    for name, network in variants.items():
        assert bool(network.l1_on_first) == facts[name].get("l1_on_first", False)
        assert list(network.hidden) == facts[name]["hidden"]
        assert list(network.dropout) == (facts[name]["dropout"] or [0] * len(network.hidden))
