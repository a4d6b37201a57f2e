"""Numbers and sentences for people."""

from __future__ import annotations

import dataclasses
from typing import get_args

import msgspec
import pytest

from cooldown_kit.documents import Kind
from cooldown_kit.report import wording
from cooldown_kit.report.contents import ReportContents


@pytest.mark.parametrize(
    ("found", "wanted"),
    [
        (wording.count(1234567), "1,234,567"),
        (wording.short(134_515_008), "135M"),
        (wording.short(20_400), "20.4k"),
        (wording.short(999), "999"),
        (wording.signed(-0.0571), "−0.0571"),
        (wording.signed(0.02), "+0.0200"),
        (wording.signed(-0.00001), "0.0000"),
        (wording.change(-0.0702), "−7.0%"),
        (wording.change(0.00001), "0.0%"),
        (wording.duration(3.21), "3.2 s"),
        (wording.duration(59.7), "1 min 00 s"),
        (wording.duration(412.6), "6 min 53 s"),
        (wording.duration(7320), "2 h 02 min"),
        (wording.rate(2e-4), "2e-4"),
        (wording.rate(2.5e-5), "2.5e-5"),
        (wording.rate(0.0), "0"),
        (wording.reason("too_large"), "too large"),
    ],
)
def test_numbers_are_written_for_people(found: str, wanted: str) -> None:
    assert found == wanted


def test_reasons_come_with_the_most_frequent_first_and_without_zeros() -> None:
    assert wording.reasons({"b": 2, "too_long": 1200, "a": 2, "never": 0}) == [
        ("too long", "1,200"),
        ("a", "2"),
        ("b", "2"),
    ]


@pytest.mark.parametrize(
    ("verdicts", "sentence"),
    [
        (
            {"code": "improved", "commit": "worse", "text": "too few documents"},
            "The model predicts held-out code better than before, predicts held-out commits worse than before "
            "and was measured on too few held-out documents to judge text.",
        ),
        (
            {"code": "no difference shown", "all": "improved"},
            "The model shows no difference on held-out code.",
        ),
    ],
)
def test_headline_claims_no_more_than_the_intervals(
    contents: ReportContents, verdicts: dict[str, str], sentence: str
) -> None:
    row = contents.evidence.rows[0]
    rows = tuple(
        msgspec.structs.replace(row, kind=kind, verdict=verdict) for kind, verdict in verdicts.items()
    )
    assert wording.headline(dataclasses.replace(contents.evidence, rows=rows)) == sentence


def test_text_that_reads_differently_from_what_it_is_is_made_visible() -> None:
    assert wording.visible("a\u202eb\x1b[31m\tc\r\nd\re") == "a⟨U+202E⟩b⟨U+001B⟩[31m\tc\nd⟨U+000D⟩e"
    assert wording.visible("naïve 日本語 🎉") == "naïve 日本語 🎉"


def test_excerpts_say_how_much_is_missing() -> None:
    assert wording.excerpt("abcdef", 4) == ("abcd", 2)
    assert wording.excerpt("abc", 4) == ("abc", 0)


def test_every_kind_of_document_has_a_plural_that_people_use() -> None:
    assert {wording.kind(name) for name in get_args(Kind)} == {
        "commits",
        "code",
        "notebooks",
        "pull requests",
        "code reviews",
        "issues",
        "discussions",
        "threads",
        "releases",
        "text",
    }
