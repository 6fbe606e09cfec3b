"""Where a command may write."""

from pathlib import Path

from imagelab.runtime.errors import InputError


def check_is_apart(out: Path, inputs: Path, *, option: str, command: str) -> None:
    """Refuse an output that would replace an input, or lie inside a folder that is read.

    Args:
        out: the file or folder to write.
        inputs: a file or folder that the command reads.
        option: that names the output, for the message.
        command: its name, for the message.

    Raises:
        InputError: if the output is the input, or inside it.
    """
    place, read = out.resolve(), inputs.resolve()
    if place == read or read in place.parents:
        expected = f"another place than {inputs}, which is read"
        raise InputError(option, where=command, expected=expected, received=out)
