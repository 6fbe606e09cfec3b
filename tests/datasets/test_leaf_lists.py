import pytest

from imagelab.datasets import leaf_lists
from imagelab.runtime.errors import InputError


def test_a_list_is_read_as_text() -> None:
    content = "\ufefffile,note,group\n1.JPG,x,01\n2.JPG,,1\n3.JPG,,NA\n".encode()
    assert leaf_lists.read_list(content, where="x") == {"1.JPG": "01", "2.JPG": "1", "3.JPG": "NA"}


def test_blanks_around_a_value_in_a_list_do_not_count() -> None:
    content = b'file, group\n1.JPG , a\n "Pepper,_bell___healthy/ 2.JPG",\ta \n'
    assert leaf_lists.read_list(content, where="x") == {"1.JPG": "a", "Pepper,_bell___healthy/ 2.JPG": "a"}
    with pytest.raises(InputError, match=r"expected each file once, received 1\.JPG twice"):
        leaf_lists.read_list(b"file,group\n1.JPG,a\n1.JPG ,b\n", where="x")


@pytest.mark.parametrize("content", [b"", b"file,group\n\xff,1\n", b'file,group\n"1,1\n', b"file;group\n1;1\n"])
def test_what_is_no_list_is_refused(content: bytes) -> None:
    with pytest.raises(InputError, match="x: groups of leaves: expected"):
        leaf_lists.read_list(content, where="x")
