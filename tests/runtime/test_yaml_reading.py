"""What the settings' reader makes of a text, beside what DVC's own makes of it."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml
from dvc.utils.serialize import loads_yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from imagelab.runtime import yaml_reading
from tests.conftest import REPOSITORY, write_yaml

PROFILES = [REPOSITORY / "params.yaml", *sorted((REPOSITORY / "params").glob("*.yaml"))]
one_file = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)


def ours(text: str, folder: Path) -> Any:
    path = folder / "settings.yaml"
    path.write_text(text, encoding="utf-8")
    return yaml_reading.load(path)


def typed(value: Any) -> Any:
    """A value that compares by type and order too; NaN equals itself."""
    if isinstance(value, dict):
        return dict, [(typed(key), typed(item)) for key, item in value.items()]
    if isinstance(value, list):
        return list, [typed(item) for item in value]
    return type(value), repr(value)


@pytest.mark.parametrize(
    "path", [*PROFILES, REPOSITORY / "src/imagelab/reproduction/published.yaml", REPOSITORY / "dvc.yaml"], ids=str
)
def test_every_file_of_the_project_reads_as_dvc_reads_it(path: Path) -> None:
    assert typed(yaml_reading.load(path)) == typed(loads_yaml(path.read_text()))


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1e-3", 0.001),
        ("1E5", 100000.0),
        ("1.", 1.0),
        (".5", 0.5),
        (".5e3", ".5e3"),  # as DVC has it
        ("1_000.5", 1000.5),
        ("-.inf", float("-inf")),
        ("010", 10),
        ("08", 8),
        ("0o10", 8),
        ("0x1F", 31),
        ("-0b11", -3),
        ("1_000", 1000),
        ("no", "no"),
        ("on", "on"),
        ("y", "y"),
        ("True", True),
        ("1:30", "1:30"),
        ("1:30.5", "1:30.5"),
        ("~", None),
        ("", None),
        ("nULL", "nULL"),
        ("2020-02-01", date(2020, 2, 1)),
        ("'1'", "1"),
        ("1,000", "1,000"),
    ],
    ids=str,
)
def test_what_a_value_is_decides_yaml_1_2(text: str, value: object, tmp_path: Path) -> None:
    read = ours(f"key: {text}", tmp_path)
    assert typed(read) == typed({"key": value}) == typed(loads_yaml(f"key: {text}"))


# Every kind of value that the schema accepts, in many spellings.
signs = st.sampled_from(["", "-", "+"])
integers = st.builds("{}{}".format, signs, st.from_regex(r"0b[01_]+|0o[0-7_]+|0x[0-9a-fA-F_]+|[0-9_]+", fullmatch=True))
exponents = st.from_regex(r"([eE][-+]?[0-9]+)?", fullmatch=True)
floats = st.builds("{}{}{}".format, signs, st.from_regex(r"[0-9_]*\.?[0-9_]*", fullmatch=True), exponents)
SPELLINGS = """
y Y yes Yes n no NO on Off true True TRUE tRUE false ~ null Null nULL .inf -.INF +.Inf .nan .NaN -.nan 1:30 190:20:30
1:30.5 2020-01-01 2020-1-1 0o8 0b2 0xg 1e 1e+ e1 - + . = << 1-2 adam mixed_bfloat16 ../data ~/data
"""
words = st.sampled_from(SPELLINGS.split())
# Without a colon at an end: between brackets DVC reads "[a:]" as a text, PyYAML as a map, which no setting is there.
plain = st.from_regex(r"(?! *:)[abefnoxINF0-9.:+_~<=/ éü-]{1,8}", fullmatch=True).filter(
    lambda text: not text.rstrip().endswith(":")
)
quoted = st.text(st.characters(exclude_categories=["Cs"]), max_size=8).map(
    lambda text: yaml.safe_dump(text, default_style='"', allow_unicode=False).strip()
)
# PyYAML refuses a key of no characters (": 1"), which no map of the settings has.
scalars = st.one_of(integers, floats, words, plain, quoted)
documents = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=3).map(lambda items: f"[{', '.join(items)}]")
        | st.dictionaries(scalars.filter(str.strip), inner, max_size=3).map(
            lambda items: "{" + ", ".join(f"{key}: {value}" for key, value in items.items()) + "}"
        )
    ),
    max_leaves=6,
)


def compare(text: str, folder: Path) -> None:
    """What DVC reads is read the same, and what it refuses is refused."""
    try:
        expected = loads_yaml(text)
    except Exception:  # ruamel.yaml's, and Python's where that does not look
        with pytest.raises((yaml.YAMLError, TypeError)):
            ours(text, folder)
        return
    assert typed(ours(text, folder)) == typed(expected)


@one_file
@given(scalars)
def test_every_scalar_reads_as_dvc_reads_it(tmp_path: Path, text: str) -> None:
    compare(f"key: {text}\n", tmp_path)


@one_file
@given(st.dictionaries(st.sampled_from("abcde"), documents, min_size=1))
def test_lists_and_maps_read_as_dvc_reads_them(tmp_path: Path, items: dict[str, str]) -> None:
    compare("".join(f"{key}: {text}\n" for key, text in items.items()), tmp_path)
    compare("all:\n" + "".join(f"  {key}:\n  - {text}\n" for key, text in items.items()), tmp_path)


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | words | plain,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4) | words, inner, max_size=3),
    max_leaves=8,
)


@one_file
@given(st.dictionaries(st.text(min_size=1, max_size=4), values, min_size=1))
def test_what_the_tests_write_comes_back_and_is_what_dvc_reads(tmp_path: Path, content: dict[str, Any]) -> None:
    path = write_yaml(content, tmp_path / "settings.yaml")
    assert typed(yaml_reading.load(path)) == typed(content)
    assert typed(loads_yaml(path.read_text(encoding="utf-8"))) == typed(content)


MERGED = """
base: &base {p: 1, q: 2}
one: &one {<<: *base, p: 3}
two: {<<: [*one, *base], r: 4}
three: *one
four: {<<: *one, q: 5}
"""


def test_maps_are_merged_as_dvc_merges_them(tmp_path: Path) -> None:
    read = ours(MERGED, tmp_path)
    assert typed(read) == typed(loads_yaml(MERGED))
    assert read["four"] == {"p": 3, "q": 5}


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("a: 1\nb: 2\na: 3\n", 3),
        ("a:\n  b: {c: 1, d: 2,\n  c: 3}\n", 3),
        ("a:\n- b: 1\n  c: 2\n- b: 1\n  b: 2\n", 5),
        ("a: {1: x, 0x1: y}\n", 1),
        ("a: {'x': 1, x: 2}\n", 1),
        ("a: &b {c: 1}\nd:\n  <<: *b\n  <<: {c: 2}\n", 4),
    ],
)
def test_a_key_that_stands_twice_is_refused_at_every_depth(text: str, line: int, tmp_path: Path) -> None:
    with pytest.raises(yaml.YAMLError, match="found duplicate key") as caught:
        ours(text, tmp_path)
    assert caught.value.problem_mark.line + 1 == line
    with pytest.raises(Exception, match="found duplicate"):
        loads_yaml(text)


@pytest.mark.parametrize("text", ["a: 1\x85b: 2", "a: x\u2028y", "%YAML 1.1\n---\na: no"], ids=ascii)
def test_what_the_two_versions_of_yaml_read_differently_is_refused(text: str, tmp_path: Path) -> None:
    with pytest.raises(yaml.YAMLError):
        ours(text, tmp_path)


@pytest.mark.parametrize(
    "text", ["a: 0x_", "a: 2020-13-45", "a: !!timestamp x", f"a: {'9' * 5000}"], ids=lambda text: text[:16]
)
def test_a_number_or_date_that_cannot_be_one_is_refused_with_its_line(text: str, tmp_path: Path) -> None:
    with pytest.raises(yaml.YAMLError, match="line 2"):
        ours(f"# comment\n{text}", tmp_path)
