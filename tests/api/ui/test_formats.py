"""Numbers and texts as people read them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from cooldown_api.ui import formats


@pytest.mark.parametrize(
    ("function", "value", "text"),
    [
        (formats.short, 20_400_000, "20.4M"),
        (formats.short, 999_999, "1M"),
        (formats.short, 12, "12"),
        (formats.short, 0.5, "0.5"),
        (formats.size, 0, "0 B"),
        (formats.size, 1536, "1.5 KiB"),
        (formats.size, 1_020_000, "996 KiB"),
        (formats.size, 85_520_809_984, "79.6 GiB"),
        (formats.duration, 0.2, "0_s"),
        (formats.duration, 200, "3_min 20_s"),
        (formats.duration, 3660, "1_h 01_min"),
        (formats.duration, 93_600, "1_d 2_h"),
        (formats.number, 0.0002, "2e−4"),
        (formats.number, 2.34567, "2.346"),
        (formats.number, 0, "0"),
        (formats.signed, -0.05, "−0.0500"),
        (formats.percent, 0.805, "80%"),
        (formats.count, None, "–"),
    ],
)
def test_numbers(function, value, text):
    """``_`` stands for a space at which no line breaks."""
    assert function(value) == text.replace("_", "\N{NO-BREAK SPACE}")


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (2, "now"),
        (59, "59 s ago"),
        (61, "1 min ago"),
        (7300, "2 h ago"),
        (200_000, "2 d ago"),
        (-7300, "in 2 h"),
    ],
)
def test_times(seconds, text):
    now = datetime(2026, 11, 26, tzinfo=UTC)
    assert formats.ago(now - timedelta(seconds=seconds), now) == text


def test_signs_that_hide_or_turn_text_are_shown():
    assert formats.visible("a\u202eb\x00c\nd") == "a\\u202eb\\u0000c d"
    assert formats.block("a\n\tb\u2066") == "a\n\tb\\u2066"


def test_a_line_of_a_log_is_what_a_terminal_would_show_at_last():
    assert formats.log_line("\x1b[1;32mdone\x1b[0m\r\n") == "done"
    assert formats.log_line("  1%|\r 50%|\r100%|") == "100%|"
    assert formats.log_line("\x1b]0;title\x07text\x1b]8;;http://x\x1b\\link") == "textlink"
