"""Lines and progress bars in what a stage writes."""

import codecs
import re

_CONTROL = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")  # colours, movements of the cursor


class Text:
    """Takes the bytes that a stage writes, as they arrive.

    A progress bar writes its states over each other, separated by carriage returns. So of a line only what follows its
    last carriage return is kept.

    Attributes:
        state: the beginning of a line, such as a progress bar that runs; empty if there is none.
    """

    def __init__(self) -> None:
        self.state = ""
        self._decode = codecs.getincrementaldecoder("utf-8")(errors="backslashreplace").decode
        self._rest = ""  # the last line so far

    def add(self, content: bytes, *, final: bool = False) -> list[str]:
        """Return the lines that are now complete; with ``final`` also the last one, though it has no end."""
        *lines, self._rest = (self._rest + self._decode(content, final)).replace("\r\n", "\n").split("\n")
        if final:
            lines.append(self._rest)
            self._rest = ""
        self._rest = self._rest[self._rest.rfind("\r", 0, -1) + 1 :]  # a bar may write the carriage return last
        self.state = _visible(self._rest)
        return [shown for line in lines if (shown := _visible(line))]


def _visible(line: str) -> str:
    """What stays of a line on a terminal, without colours."""
    return _CONTROL.sub("", line.rstrip("\r").rpartition("\r")[2]).rstrip()
