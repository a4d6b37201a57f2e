import json
from urllib.parse import quote

from cooldown_connectors.http.redaction import PLACE, Redaction
from hypothesis import given
from hypothesis import strategies as st

TOKENS = st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), min_size=8, max_size=80)


@given(TOKENS, st.text(), st.text())
def test_a_known_token_is_taken_out_however_it_is_written(token, before, after):
    redaction = Redaction()
    redaction.know(token)
    for written in (token, quote(token, safe=""), json.dumps(token)[1:-1]):
        text = redaction.text(f"{before}{written}{after}")
        if written not in f"{before}{PLACE}{after}":
            assert written not in text


@given(st.lists(TOKENS, min_size=1, max_size=4), st.binary())
def test_what_holds_no_token_stays_as_it_is(tokens, content):
    redaction = Redaction()
    for token in tokens:
        redaction.know(token)
    if (
        not any(token.encode() in content for token in tokens)
        and b"%" not in content
        and b"\\" not in content
    ):
        assert redaction.bytes(content) == content


def test_of_two_tokens_the_longer_one_is_taken_out_whole():
    redaction = Redaction()
    for token in ("t0ken-value", "t0ken-value-longer"):
        redaction.know(token)
    assert redaction.text("a t0ken-value-longer b t0ken-value c") == f"a {PLACE} b {PLACE} c"


def test_json_stays_json_without_the_token():
    redaction = Redaction()
    redaction.know('to"ken/value')
    body = json.dumps({"a": 'x to"ken/value y'}).encode()
    assert json.loads(redaction.bytes(body)) == {"a": f"x {PLACE} y"}
    assert "ken" not in repr(redaction).replace("tokens", "")
