"""Where mails of an mbox start and end."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest
from cooldown_connectors.threads import seven_zip
from cooldown_connectors.threads.mbox import BrokenFileError, cut
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from thread_sources.mails import POSTMARK, mail, mbox

LINES = st.lists(
    st.sampled_from(
        [
            b"text",
            b"",
            b">From me",
            b">>From us",
            b"From the start",
            b"From ann  Fri Mar  1 10:00:00 2019",
            b" From x",
            b"\xff\xfe",
            b"a\r",
            b"-- ",
        ]
    ),
    max_size=12,
)


def bodies(path: Path, start: int = 0, limit: int = 1 << 20) -> list[bytes | None]:
    return [part.data for part in cut(path, start, limit)]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(LINES, min_size=1, max_size=5), st.booleans())
def test_every_mail_comes_back_to_the_letter(tmp_path: Path, texts: list[list[bytes]], packed: bool) -> None:
    mails = [mail(n, b"\n".join([*lines, b"end\n"])) for n, lines in enumerate(texts)]
    path = tmp_path / ("list.mbox.gz" if packed else "list.mbox")
    path.write_bytes(gzip.compress(mbox(mails)) if packed else mbox(mails))
    assert [data.removesuffix(b"\n") for data in bodies(path) if data is not None] == mails


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(LINES, min_size=2, max_size=5), st.data())
def test_reading_goes_on_at_any_mail(tmp_path: Path, texts: list[list[bytes]], data: st.DataObject) -> None:
    path = tmp_path / "list.mbox"
    path.write_bytes(mbox(mail(n, b"\n".join([*lines, b"end\n"])) for n, lines in enumerate(texts)))
    parts = list(cut(path, 0, 1 << 20))
    first = data.draw(st.integers(0, len(parts) - 1))
    assert list(cut(path, parts[first].start, 1 << 20)) == parts[first:]
    assert [part.start for part in parts[1:]] == [part.end for part in parts[:-1]]


@pytest.mark.parametrize(
    "postmark",
    [
        b"From ann@acme.example  Fri Mar  1 10:00:00 2019",
        b"From ann at acme.example  Fri Mar  1 10:00:00 2019",
        b"From - Fri Mar 01 10:00:00 2019",
        b"From 3b1c0a95e7d0d10f18a0d4f2a1d4a3a1e0c9f6ad Mon Sep 17 00:00:00 2001",
        b"From ann@acme.example Fri Mar  1 10:00:00 +0100 2019",
        b"From ann@acme.example Fri Mar  1 10:00 2019 remote from there",
        b"From ann@acme.example  Fri Mar  1 10:00:00 2019\r",
    ],
)
def test_postmarks_of_all_programs_are_known(tmp_path: Path, postmark: bytes) -> None:
    path = tmp_path / "list.mbox"
    path.write_bytes(b"From x\nA: b\n\none\n\n" + postmark + b"\nA: b\n\ntwo\n")
    assert bodies(path) == [b"A: b\n\none\n\n", b"A: b\n\ntwo\n"]


@pytest.mark.parametrize(
    "line", [b"From 2010 on we use it", b"From here: at 10:30 in 2019 we meet", b"From "]
)
def test_a_sentence_starts_no_mail(tmp_path: Path, line: bytes) -> None:
    path = tmp_path / "list.mbox"
    path.write_bytes(POSTMARK + b"A: b\n\none\n\n" + line + b"\ntwo\n")
    assert len(bodies(path)) == 1


def test_a_mail_that_is_too_large_is_never_held_whole(tmp_path: Path) -> None:
    path = tmp_path / "list.mbox"
    path.write_bytes(mbox([mail(1), mail(2, b"x" * 5000 + b"\n"), mail(3)]))
    first, second, third = bodies(path, limit=1000)
    assert (first is None, second, third is None) == (False, None, False)


def test_what_stands_before_the_first_mail_is_a_part_of_its_own(tmp_path: Path) -> None:
    path = tmp_path / "list.mbox"
    path.write_bytes(b"preamble\n\n" + mbox([mail(1)]))
    first, second = cut(path, 0, 1000)
    assert (first.postmark, first.data) == (b"", b"preamble\n\n")
    assert second.postmark == POSTMARK


@pytest.mark.parametrize(
    "data",
    [
        b"\x1f\x8b broken",
        gzip.compress(b"From x\n" * 1000, mtime=0)[:-9],
        gzip.compress(b"x", mtime=0)[:5],
    ],
    ids=["no gzip", "cut short", "cut in its header"],
)
def test_a_broken_gzip_is_named(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "list.mbox.gz"
    path.write_bytes(data)
    with pytest.raises(BrokenFileError) as caught:
        bodies(path)
    assert caught.value.reason == "unreadable"


def test_a_bomb_is_not_unpacked_to_its_end(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(seven_zip, "RATIO_FROM", 1 << 20)
    path = tmp_path / "list.mbox.gz"
    path.write_bytes(gzip.compress(POSTMARK + b"a\n" * (8 << 20)))
    with pytest.raises(BrokenFileError) as caught:
        bodies(path)
    assert caught.value.reason == "bomb"
