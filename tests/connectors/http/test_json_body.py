import json

import pytest
from cooldown_connectors.http.json_body import parsed
from hypothesis import given
from hypothesis import strategies as st

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


@given(VALUES)
def test_all_json_is_read(value):
    assert parsed(json.dumps(value).encode()) == value
    assert parsed(json.dumps(value, ensure_ascii=False).encode()) == value


@given(VALUES, st.integers(1, 40))
def test_cut_json_is_never_taken_for_whole(value, lost):
    body = json.dumps([value]).encode()
    with pytest.raises(ValueError):
        parsed(body[: max(0, len(body) - lost)])


def test_halves_of_surrogate_pairs_and_bad_bytes_lose_nothing_around_them():
    assert parsed(rb'{"a": "x\ud83dy", "\udc00": 1}') == {"a": "x\ufffdy", "\ufffd": 1}
    assert parsed(b'["caf\xe9"]') == ["caf\ufffd"]
    assert parsed(rb'"\ud83d\ude00"') == "\U0001f600"


@pytest.mark.parametrize("body", [b"NaN", b"[Infinity]", b"", b"<html>", b"[" * 100_000])
def test_what_is_no_json_is_said_to_be_none(body):
    with pytest.raises(ValueError):
        parsed(body)
