"""A file of settings: YAML that is checked against typed sections, with one line about the first error."""

import json
from pathlib import Path
from typing import Any, NoReturn, TypeVar

from pydantic import BaseModel, ValidationError

from imagelab.runtime import yaml_reading
from imagelab.runtime.errors import InputError

_MOST_CHARACTERS = 120  # of a value in a message; a whole section has more

Settings = TypeVar("Settings", bound=BaseModel)


def read(path: Path, kind: type[Settings]) -> Settings:
    """Read a file and check every setting.

    Args:
        path: of the file.
        kind: the class of the whole file.

    Raises:
        InputError: for a missing or unreadable file, and for the first key that is unknown, missing, of the wrong type
            or out of range; the message names the key, what was expected and what was received.
    """
    content = yaml_reading.read(path, what="settings")
    try:
        # Through JSON, because only there strict mode accepts a list for a tuple.
        return kind.model_validate_json(json.dumps(content, default=_refuse))
    except ValidationError as error:
        raise _as_input_error(error, path) from None
    except (ValueError, TypeError, RecursionError) as error:  # no JSON has such a value
        raise InputError("settings", where=path, expected="plain YAML", received=error) from None


def _refuse(value: Any) -> NoReturn:
    """Refuse what JSON does not have, such as a date without quotes, or a set."""
    raise TypeError(f"a {type(value).__name__} ({value}); a text like it needs quotes")


def _as_input_error(error: ValidationError, path: Path) -> InputError:
    first = error.errors(include_url=False)[0]
    key = ".".join(str(part) for part in first["loc"]) or "the whole file"
    match first["type"]:
        case "extra_forbidden":
            return InputError(f"unknown key {key}", where=path, expected="no such key", received=_shown(first["input"]))
        case "missing":
            return InputError(f"missing key {key}", where=path, expected="a value", received="none")
        case "too_short":
            expected = f"{first['ctx']['min_length']} or more of them"
        case "too_long":
            expected = f"{first['ctx']['max_length']} of them"
        case "string_too_short":
            expected = "a name"
        case "wrong_key":  # raised by a validator of ``imagelab.settings``
            received = first["ctx"]["received"]
            return InputError(f"{key}.{first['ctx']['key']}", where=path, expected=first["msg"], received=received)
        case "json_invalid":  # half of a surrogate pair
            return InputError("settings", where=path, expected="plain YAML", received=first["ctx"]["error"])
        case _:
            expected = first["msg"].removeprefix("Input should be ").removeprefix("Value error, ")
    return InputError(key, where=path, expected=expected, received=_shown(first["input"]))


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= _MOST_CHARACTERS else f"{text[:_MOST_CHARACTERS]} ..."
