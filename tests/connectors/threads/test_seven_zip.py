"""Archives of dumps, also those that nobody should open."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path

import py7zr
import pytest
from cooldown_connectors.threads import seven_zip
from cooldown_connectors.threads.seven_zip import BadArchiveError, members

from thread_sources.dumps import answer, comment, question, user, write_dump, xml

SITE = "unix.stackexchange.com"
TABLES = {
    "Posts": [question(1), answer(2, 1), question(3), answer(4, 3)],
    "Comments": [comment(1, 2)],
    "Users": [user(1, "Ann"), user(2, "Bob")],
    "Votes": [{"Id": 1, "PostId": 1}],
    "Badges": [{"Id": 1, "UserId": 1}],
}


def pack(path: Path, **texts: str | bytes) -> Path:
    with py7zr.SevenZipFile(path, "w") as archive:
        for name, text in texts.items():
            archive.writestr(text, f"{name}.xml")
    return path


def texts() -> dict[str, str]:
    return {name: xml(name.lower(), rows) for name, rows in TABLES.items()}


def test_an_archive_gives_what_its_folder_gives(harvest, tmp_path) -> None:
    write_dump(tmp_path / SITE, **TABLES)
    plain = harvest(SITE)
    (tmp_path / "packed").mkdir()
    pack(tmp_path / "packed" / f"{SITE}.7z", **texts())
    packed = harvest("packed")
    assert packed.threads == plain.threads
    assert len(packed.threads) == 2
    assert packed.reasons == {f"{SITE}.7z/Votes.xml": "not_needed", f"{SITE}.7z/Badges.xml": "not_needed"}


def test_a_site_in_several_archives_is_one_site(harvest, tmp_path) -> None:
    for name, text in texts().items():
        pack(tmp_path / f"stackoverflow.com-{name}.7z", **{name: text})
    result = harvest("*.7z")
    assert result.ids == ["stackoverflow.com/1", "stackoverflow.com/3"]
    assert len(result.threads[0].posts) == 3
    assert result.threads[0].posts[0].author is not None


def test_an_archive_of_several_blocks_is_read_in_one_thread(harvest, tmp_path) -> None:
    path = tmp_path / f"{SITE}.7z"
    for index, (name, text) in enumerate(texts().items()):
        with py7zr.SevenZipFile(path, "a" if index else "w") as archive:
            archive.writestr(text, f"{name}.xml")
    assert len(harvest(path.name).threads) == 2


@pytest.mark.parametrize("name", ["../../Posts.xml", "/tmp/Posts.xml", "a/../../../Posts.xml"])
def test_no_name_in_an_archive_leads_anywhere(harvest, tmp_path, name, monkeypatch) -> None:
    path = tmp_path / "inner" / f"{SITE}.7z"
    path.parent.mkdir()
    with monkeypatch.context() as patched:
        patched.setattr("py7zr.py7zr.check_archive_path", lambda name: True)
        patched.setattr(py7zr.SevenZipFile, "_sanitize_archive_arcname", lambda self, name: name)
        with py7zr.SevenZipFile(path, "w") as archive:
            archive.writestr(texts()["Posts"], name)
    before = {item for item in tmp_path.rglob("*") if "store" not in item.parts}
    result = harvest(f"inner/{path.name}")
    assert {item for item in tmp_path.rglob("*") if "store" not in item.parts} == before
    assert result.threads or "bad_archive" in result.reasons.values()


def test_a_bomb_is_told_before_it_goes_off(harvest, tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(seven_zip, "RATIO_FROM", 1 << 20)
    text = xml("posts", [question(1, Body="<p>" + "x" * (4 << 20) + "</p>"), answer(2, 1)])
    path = pack(tmp_path / f"{SITE}.7z", Posts=text)
    assert path.stat().st_size < 20_000
    result = harvest(path.name)
    assert not result.threads
    assert result.reasons == {path.name: "bomb"}


def test_a_long_list_of_members_is_not_unpacked(tmp_path) -> None:
    header = struct.pack("<QQI", 0, 1 << 40, 0)
    path = tmp_path / "list.7z"
    path.write_bytes(b"7z\xbc\xaf\x27\x1c\0\x04" + struct.pack("<I", zlib.crc32(header)) + header)
    with pytest.raises(BadArchiveError) as caught:
        members(path)
    assert caught.value.reason == "bomb"


def test_a_member_that_is_there_twice_is_refused(harvest, tmp_path) -> None:
    path = tmp_path / f"{SITE}.7z"
    with py7zr.SevenZipFile(path, "w") as archive:
        archive.writestr(texts()["Posts"], "Posts.xml")
        archive.writestr(texts()["Posts"], "Posts.xml")
    assert harvest(path.name).reasons == {path.name: "bad_archive"}


def test_a_table_that_is_there_twice_is_read_once(harvest, tmp_path) -> None:
    path = tmp_path / f"{SITE}.7z"
    with py7zr.SevenZipFile(path, "w") as archive:
        archive.writestr(texts()["Posts"], "a/Posts.xml")
        archive.writestr(texts()["Posts"], "b/Posts.xml")
    result = harvest(path.name)
    assert len(result.threads) == 2
    assert result.reasons == {f"{path.name}/b/Posts.xml": "bad_archive"}


def test_an_archive_with_a_password_says_so(harvest, tmp_path) -> None:
    path = tmp_path / f"{SITE}.7z"
    with py7zr.SevenZipFile(path, "w", password="secret") as archive:
        archive.writestr(texts()["Posts"], "Posts.xml")
    assert harvest(path.name).reasons == {path.name: "encrypted"}


def test_broken_archives_are_named_whatever_is_broken(harvest, tmp_path) -> None:
    whole = pack(tmp_path / "whole.7z", **texts()).read_bytes()
    (tmp_path / "bad").mkdir()
    for place in range(0, len(whole), 17):
        data = bytearray(whole)
        data[place] ^= 0xFF
        path = tmp_path / "bad" / f"{place}.7z"
        path.write_bytes(data)
    (tmp_path / "bad" / "cut.7z").write_bytes(whole[: len(whole) // 2])
    (tmp_path / "bad" / "empty.7z").write_bytes(b"")
    result = harvest("bad")
    named = {
        what.split("/")[0]
        for what, reason in result.reasons.items()
        if reason in ("bad_archive", "bomb", "unreadable", "bad_xml", "encrypted")
    }
    good = {f"{thread.place}.7z" for thread in result.threads}
    assert {path.name for path in (tmp_path / "bad").iterdir()} <= named | good


def test_without_the_library_the_remedy_is_said(check, tmp_path, monkeypatch) -> None:
    pack(tmp_path / f"{SITE}.7z", **texts())
    check(f"{SITE}.7z")
    monkeypatch.setattr(seven_zip, "installed", lambda: False)
    with pytest.raises(Exception, match=r"cooldown-kit\[dumps\]"):
        check(f"{SITE}.7z")
