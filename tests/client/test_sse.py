"""Server-sent events from bytes in any pieces."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cooldown_kit.client.sse import EventParser, ServerEvent

STREAM = '\ufeff: hello\nid: 1\nevent: state\ndata: {"a":\ndata: "ä\u2028😀"}\n\nretry: 3\nid\ndata:x\n\ndata\n\nid: 3\n\ndata: last\n'
EVENTS = [ServerEvent('{"a":\n"ä\u2028😀"}', "state", "1"), ServerEvent("x", id=""), ServerEvent("")]


def parsed(pieces: list[bytes]) -> list[ServerEvent]:
    parser = EventParser()
    return [event for piece in pieces for event in parser.feed(piece)]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@given(st.data())
def test_any_pieces_give_the_same_events(end: str, data: st.DataObject) -> None:
    whole = STREAM.replace("\n", end).encode()
    cuts = sorted(data.draw(st.lists(st.integers(0, len(whole)), max_size=20)))
    pieces = [whole[a:b] for a, b in zip([0, *cuts], [*cuts, len(whole)], strict=True)]
    assert parsed(pieces) == EVENTS
    assert parsed([bytes([byte]) for byte in whole]) == EVENTS


def test_an_event_that_was_cut_is_not_given() -> None:
    assert parsed([b"data: whole\n\ndata: half"]) == [ServerEvent("whole")]
    assert parsed([b"data: half\n"]) == []
