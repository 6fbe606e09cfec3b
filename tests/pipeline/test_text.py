"""Lines and progress bars in the bytes of a stage."""

import io

from tqdm import tqdm

from imagelab.pipeline.text import Text


def test_lines_come_whole_whatever_the_pieces_are() -> None:
    content = "first\nzwölf 日\n\nlast".encode()
    for size in (1, 2, 3, 100):
        text, lines = Text(), []
        for begin in range(0, len(content), size):
            lines += text.add(content[begin : begin + size])
        assert lines == ["first", "zwölf 日"]
        assert text.state == "last"
        assert text.add(b"", final=True) == ["last"]
        assert text.state == ""


def test_of_a_progress_bar_its_last_state_is_a_line() -> None:
    stream, text, states, lines = io.StringIO(), Text(), [], []
    for _ in tqdm(range(4), desc="cnn", file=stream, mininterval=0, ascii=True):
        states.append(stream.getvalue().rpartition("\r")[2])
    for state in stream.getvalue().split("\r"):
        lines += text.add(f"\r{state}".encode())
        if state in states:
            assert text.state == state.rstrip()
    assert len(lines) == 1
    assert lines[0].startswith("cnn: 100%")


def test_a_bar_that_was_wiped_out_before_an_error_is_no_line() -> None:
    assert Text().add(b"\rcnn: 50%\r        \rerror: no room\n") == ["error: no room"]


def test_ends_of_lines_of_windows_and_colours_are_removed() -> None:
    text = Text()
    assert text.add(b"a\r") == []
    assert text.state == "a"
    assert text.add(b"\n\x1b[31mred\x1b[0m\n") == ["a", "red"]


def test_what_is_not_utf_8_is_escaped() -> None:
    assert Text().add(b"caf\xe9\n") == ["caf\\xe9"]


def test_a_long_bar_does_not_grow() -> None:
    text = Text()
    for number in range(1000):
        text.add(b"\r" + b"x" * 100 + str(number).encode())
    assert len(text._rest) < 200
