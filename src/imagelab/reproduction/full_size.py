"""Whether a number of ours comes from a run at the report's size: by the settings that decide it."""

from collections.abc import Iterator, Mapping
from typing import Any

from imagelab.reproduction import published, rules
from imagelab.settings.params import Params
from imagelab.settings.section import Section

_DIGITS, _LEAVES = "demo.test_digits", "demo.leaves_per_class"


def deciding(path: str, settings: Params) -> tuple[str, ...]:
    """Return the keys of all settings that decide a fact, those that make stand-ins included.

    Args:
        path: of the fact in ``published.yaml``.
        settings: of our run; they say where its data come from.
    """
    found = published.of_longest_beginning(rules.load().decided_by, path)
    if found.data is None:
        return tuple(found.settings)
    source = getattr(settings.fetch, found.data)
    if source == "render":
        return (*found.settings, "render")
    if source == "demo":
        return (*found.settings, _LEAVES if found.data == "leaves" else _DIGITS)
    if source == "official" and found.data == "clocks":
        return (*found.settings, "render.image_size")  # which of the two sizes is downloaded
    return tuple(found.settings)


def values(settings: Params, key: str) -> dict[str, Any]:
    """Return the values of a setting, or of all settings of a section, by their keys.

    A variant of the MLP that the settings do not have has none.
    """
    found: Any = settings
    for name in key.split("."):
        if isinstance(found, Mapping) and name not in found:
            return {}
        found = found[name] if isinstance(found, Mapping) else getattr(found, name)
    return dict(_flat(found, key))


def differing(path: str, settings: Params, paper: Params) -> tuple[str, ...]:
    """Return the settings that decide a fact and differ from those of the report's profile; none at its size.

    Args:
        path: of the fact in ``published.yaml``.
        settings: of our run.
        paper: of the report's profile.
    """
    longer = rules.load().longer.get(path, {})
    keys = deciding(path, settings)
    ours = {name: value for key in keys for name, value in values(settings, key).items()}
    expected = {name: value for key in keys for name, value in values(paper, key).items()} | longer
    return tuple(
        name
        for name in dict.fromkeys([*expected, *ours])
        if name not in rules.load().may_differ and ours.get(name) != expected.get(name)
    )


def _flat(value: Any, key: str) -> Iterator[tuple[str, Any]]:
    content = value.model_dump(mode="json") if isinstance(value, Section) else value
    if not isinstance(content, Mapping):
        yield key, content
        return
    for name, part in content.items():
        yield from _flat(part, f"{key}.{name}")
