"""Files of mails as the connector finds them."""

from __future__ import annotations

import gzip

import pytest

from thread_sources.mails import mail, mbox


def test_mbox_gzip_maildir_and_single_mails_are_told_apart(harvest, tmp_path) -> None:
    folder = tmp_path / "all"
    for name in ("box/cur", "box/new", "box/tmp"):
        (folder / name).mkdir(parents=True)
    (folder / "a.mbox").write_bytes(mbox([mail(1)]))
    (folder / "2019-March.txt.gz").write_bytes(gzip.compress(mbox([mail(2)])))
    (folder / "inbox").write_bytes(mbox([mail(3)]))
    (folder / "one.eml").write_bytes(mail(4, ">From me\n"))
    (folder / "box/cur/1.M1:2,S").write_bytes(mail(5))
    (folder / "box/new/2.M2").write_bytes(mail(6))
    (folder / "box/tmp/3.M3").write_bytes(mail(7))
    (folder / "notes.txt").write_bytes(b"no mail")
    (folder / "logo.png").write_bytes(b"\x89PNG")
    result = harvest("all")
    assert [thread.posts[0].id for thread in result.threads] == [f"{n}@acme.example" for n in range(1, 7)]
    assert result.threads[3].posts[0].text == ">From me"
    assert result.reasons == {
        "box/tmp/3.M3": "not_delivered",
        "notes.txt": "unknown_format",
        "logo.png": "unknown_format",
    }


def test_threads_go_through_the_months_of_an_archive(harvest, tmp_path) -> None:
    (tmp_path / "dev").mkdir()
    (tmp_path / "dev/2019-March.txt.gz").write_bytes(gzip.compress(mbox([mail(1)])))
    (tmp_path / "dev/2019-April.txt.gz").write_bytes(gzip.compress(mbox([mail(2, answers=[1])])))
    (thread,) = harvest("dev").threads
    assert (thread.id, thread.kind, len(thread.posts)) == ("dev/1@acme.example", "mail", 2)


def test_what_is_not_taken_is_named_by_its_place(harvest, tmp_path) -> None:
    multipart = {"Content-Type": "multipart/mixed; boundary=b"}
    attached = "--b\n\nSee\n--b\nContent-Type: image/png\n\nx\n--b--\n"
    box = [
        mail(1),
        mail(1),
        mail(2, b"\x81\n"),
        mail(3, "-----BEGIN PGP MESSAGE-----\nx\n"),
        mail(4, attached, headers=multipart),
        mail(5, b"x" * 5000 + b"\n"),
        b"\n\nno headers\n",
        mail(6, " \n"),
    ]
    (tmp_path / "list.mbox").write_bytes(b"preamble\n\n" + mbox(box))
    result = harvest("list.mbox", max_mail_size=4000)
    assert result.reasons == {
        "list.mbox#1": "not_mbox",
        "list.mbox#3": "duplicate",
        "list.mbox#4": "undecodable",
        "list.mbox#5": "encrypted",
        "list.mbox#6": "attachments",
        "list.mbox#7": "too_large",
        "list.mbox#8": "bad_mail",
        "list.mbox#9": "no_text",
    }
    assert [thread.place for thread in result.threads] == ["list", "list"]


@pytest.mark.parametrize("data", [b"\x1f\x8b broken", gzip.compress(mbox([mail(2)]))[:-12]])
def test_a_broken_archive_costs_only_itself(harvest, tmp_path, data) -> None:
    (tmp_path / "dev").mkdir()
    (tmp_path / "dev/a.mbox.gz").write_bytes(data)
    (tmp_path / "dev/b.mbox").write_bytes(mbox([mail(1)]))
    result = harvest("dev")
    assert "1@acme.example" in [thread.posts[0].id for thread in result.threads]
    assert result.reasons["a.mbox.gz"] == "unreadable"


def test_a_file_named_itself_is_one_mail_where_the_format_is_said(harvest, tmp_path) -> None:
    (tmp_path / "saved").write_bytes(mail(1))
    assert harvest("saved").reasons == {"saved": "unknown_format"}
    assert len(harvest("saved", format="mbox").threads) == 1
