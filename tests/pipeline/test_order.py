"""Which stage starts next."""

from imagelab.pipeline.order import Order


def started(dependencies: dict[str, list[str]]) -> list[str]:
    """All stages in the order in which they start, if each is done when the next starts."""
    order, found = Order(dependencies), []
    while stage := order.take():
        found.append(stage)
        order.done(stage)
    return found


def test_the_longest_chain_of_waiting_stages_goes_first() -> None:
    graph = {"check": [], "alone": [], "short": [], "after_short": ["short"], "a": [], "b": ["a"], "c": ["b"]}
    assert started(graph) == ["check", "a", "short", "b", "alone", "after_short", "c"]


def test_of_two_chains_of_one_length_that_of_the_earlier_stage_goes_first() -> None:
    graph = {"check": [], "x": [], "y": [], "after_y": ["y"], "after_x": ["x"]}
    assert started(graph) == ["check", "x", "y", "after_y", "after_x"]


def test_the_first_stage_goes_before_longer_chains() -> None:
    assert started({"check": [], "a": [], "b": ["a"]})[0] == "check"


def test_a_stage_waits_for_all_that_it_depends_on() -> None:
    order = Order({"a": [], "b": [], "c": ["a", "b"]})
    assert [order.take(), order.take(), order.take()] == ["a", "b", None]
    order.done("b")
    assert order.take() is None
    order.done("a")
    assert order.take() == "c"
    assert order.take() is None


def test_without_stages_there_is_nothing_to_start() -> None:
    assert Order({}).take() is None
