"""Folders are walked in order, inside their bounds, and come to an end."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from cooldown_connectors.text.walk import Found, walk

from cooldown_kit.records import Skipped


def listing(root: Path, **options: object) -> dict[str, str]:
    """Name → ``found`` or the reason."""
    return {
        item.name if isinstance(item, Found) else item.what: "found"
        if isinstance(item, Found)
        else item.reason
        for item in walk(root, lambda name: True, **options)
    }


def test_links_stay_inside_and_loops_end(tmp_path: Path, write) -> None:
    write("docs/sub/a.md")
    write("outside/secret.md")
    docs = tmp_path / "docs"
    links = {
        "sub/up": "..",
        "sub/self": "self",
        "sub/same.md": "a.md",
        "other": "sub",
        "out": "../outside",
        "out.md": "../outside/secret.md",
        "absolute.md": str(tmp_path / "outside/secret.md"),
        "broken.md": "nowhere",
        "a_loop": "b_loop",
        "b_loop": "a_loop",
    }
    for name, target in links.items():
        (docs / name).symlink_to(target)
    assert listing(docs) == {
        "a_loop": "symlink_loop",
        "absolute.md": "symlink_outside",
        "b_loop": "symlink_loop",
        "broken.md": "broken_symlink",
        "other": "symlink_folder",
        "out": "symlink_outside",
        "out.md": "symlink_outside",
        "sub/a.md": "found",
        "sub/same.md": "found",
        "sub/self": "symlink_loop",
        "sub/up": "symlink_loop",
    }


def test_a_root_that_is_a_link_itself_is_walked(tmp_path: Path, write) -> None:
    write("docs/a.md")
    (tmp_path / "link").symlink_to("docs")
    (tmp_path / "docs/b.md").symlink_to("a.md")
    assert listing(tmp_path / "link") == {"a.md": "found", "b.md": "found"}


def test_hidden_entries_are_passed_over_and_named(tmp_path: Path, write) -> None:
    for name in (".git/config", "a.md", "x/.hidden.md"):
        write(f"docs/{name}")
    assert listing(tmp_path / "docs") == {".git": "hidden", "a.md": "found", "x/.hidden.md": "hidden"}
    assert ".git/config" in listing(tmp_path / "docs", hidden=True)


def test_pipes_are_never_opened(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.md")
    assert listing(tmp_path) == {"pipe.md": "not_a_file"}


def test_very_deep_folders_do_not_exhaust_the_stack(tmp_path: Path) -> None:
    for depth in range(1, 1201):
        deepest = tmp_path.joinpath(*["d"] * depth)
        deepest.mkdir()
    (deepest / "a.md").write_text("x")
    try:
        assert list(listing(tmp_path).values()) == ["found"]
    finally:  # pytest's own way to remove a tree recurses
        (deepest / "a.md").unlink()
        os.removedirs(deepest)


def test_a_path_longer_than_the_system_opens_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for _ in range(25):
        Path("d" * 200).mkdir()
        os.chdir("d" * 200)
    assert list(listing(tmp_path).values()) == ["unreadable"]


def test_names_that_are_not_utf8_are_shown_and_read(tmp_path: Path) -> None:
    Path(os.fsdecode(bytes(tmp_path) + b"/caf\xe9.md")).write_text("x")
    (item,) = walk(tmp_path, lambda name: True)
    assert isinstance(item, Found)
    assert item.name == "caf\\xe9.md"
    assert item.path.read_text() == "x"


def test_a_folder_that_cannot_be_listed_is_named(tmp_path: Path) -> None:
    (item,) = walk(tmp_path / "gone", lambda name: True)
    assert item == Skipped(what=".", reason="unreadable", detail="No such file or directory")
