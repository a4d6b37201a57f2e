import json

import pytest
from cooldown_connectors.http.said import clean, is_page, said
from hypothesis import given
from hypothesis import strategies as st


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ({"message": "Not Found", "documentation_url": "https://docs"}, "Not Found"),
        ({"error": "insufficient_scope", "error_description": "needs api"}, "needs api; insufficient_scope"),
        ({"message": {"base": ["is not there"]}}, ""),
        (
            {"type": "error", "error": {"message": "No such repository", "detail": "x"}},
            "No such repository; x",
        ),
        ({"errors": [{"message": "one"}, {"message": "two"}]}, "one; two"),
        (["a", "b"], "a; b"),
        (7, ""),
    ],
)
def test_each_forges_way_of_saying_it_is_understood(body, text):
    assert said(json.dumps(body).encode()) == text


def test_of_a_page_the_title_is_told():
    page = (
        b"\xef\xbb\xbf\n<!DOCTYPE html><html><head><title>502 Bad\n Gateway</title></head><body>secret plans"
    )
    assert said(page) == "502 Bad Gateway"
    assert is_page(page, "")
    assert is_page(b"", "text/html; charset=utf-8")
    assert not is_page(b'{"a": "<html>"}', "application/json")
    assert not is_page(b"[]", "")


def test_plain_text_is_told_as_one_line():
    assert said(b"Retry\r\n\tlater \x1b[31m now\x00") == "Retry later [31m now"


@given(st.binary(max_size=3000) | st.text().map(str.encode))
def test_whatever_a_stranger_sends_becomes_one_short_clean_line(body):
    line = said(body)
    assert len(line) <= 300
    assert line == clean(line)
    assert line.isprintable()


def test_a_body_nested_without_end_is_no_trouble():
    assert len(said(b"[" * 60_000)) <= 300
    assert len(said(b'{"error":' * 9000)) <= 300
