from __future__ import annotations

import pytest
from cooldown_connectors.git.paths import path_bytes, path_text
from hypothesis import example, given
from hypothesis import strategies as st

tricky = st.lists(
    st.sampled_from([b"\\", b"x", b"ff", b"\xff", b"\xc3", b"\xa9", b"a", b"/", b"\n", b"2d"]), max_size=8
)


@given(st.one_of(st.binary(max_size=20), tricky.map(b"".join)))
@example(b"dev-sda\\x2droot.swap")
@example(b"\\\\x2d")
def test_every_path_comes_back_from_valid_unicode(path):
    text = path_text(path)
    text.encode("utf-8")
    assert path_bytes(text) == path


@pytest.mark.parametrize("path", ["src/a.py", "ünï/日本.txt", "two\nlines", "dir\\file", 'a"b', "tab\t"])
def test_a_utf8_path_stays_as_it_is(path):
    assert path_text(path.encode()) == path


def test_other_bytes_are_written_as_hexadecimal_escapes():
    assert path_text(b"caf\xe9.py") == r"caf\xe9.py"
    assert path_text(b"dev\\x2droot") == r"dev\\x2droot"
