"""Local paths: where they lead in the end decides, however they are written."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from cooldown_connectors.text.places import locate

from cooldown_kit.guard import NotAllowed, Policy, allow_model, allow_path, paths
from cooldown_kit.guard.paths import links_outside, real, refusal


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """``data``, with honest files, links in and out; ``outside`` beside it, and ``data-secret``, whose name begins like the root's."""
    root, out = tmp_path / "data", tmp_path / "outside"
    for folder in (root / "books", out, tmp_path / "data-secret"):
        folder.mkdir(parents=True)
    for file in (root / "books/a.md", root / "[odd].md", out / "s.md", tmp_path / "data-secret/s.md"):
        file.write_text("text")
    (root / "in").symlink_to("books")
    (root / "absolute").symlink_to(root / "books")
    (root / "out").symlink_to("../outside")
    (root / "out.md").symlink_to(out / "s.md")
    (root / "twice").symlink_to("out")
    (root / "parent").symlink_to("..")
    (root / "disk").symlink_to("/")
    (root / "process").symlink_to("/proc/self/root")
    (root / "round").symlink_to("round")
    (root / "broken").symlink_to("../outside/nothing")
    return root


@pytest.mark.parametrize(
    "path",
    ["..", "../outside/s.md", "books/../../outside", "./../outside", "books/./.././../outside", "../data-secret/s.md", "out", "out/s.md",
     "out.md", "twice", "parent", "parent/outside", "disk", "disk/etc/passwd", "in/../../outside", "out/../data-secret", "process",
     "process/etc", "round", "round/x", "broken", "/", "/etc/passwd", "//etc/passwd", "///etc//passwd", "/proc/self/root",
     "/proc/self/root{root}", "/proc/self/cwd", "/proc/1/environ", "/proc/self/environ", "/dev/stdin", "/dev/fd/0", "/sys", "{root}/../outside",
     "{root}-secret", "~", "~/x", "~root/x", "~nobody", "$HOME", "${{HOME}}/x", "$(pwd)", "*/../../outside/*", "**/../../outside", "../*", "/*",
     "/etc/*", "/*/passwd", "out/*", "parent/*", "disk/**", "../outs?de", "[.][.]/outside/../..", "books\x00", "books\n", "\x00/etc/passwd",
     "books/\x1b[2J", "package:os/x", "package:json", "package:no_such_package/x", "package:json/../x", "package:__main__/x", "package:../x"],
    ids=ascii,
)  # fmt: skip
def test_what_leads_out_is_refused(root: Path, path: str) -> None:
    assert refusal(path.format(root=root), root, Policy(roots=(root,))) is not None


@pytest.mark.parametrize(
    "path",
    [".", "books", "books/", "books/a.md", "./books//a.md", "books/../books", "in", "in/a.md", "absolute/a.md", "*", "**/*.md", "books/*.md", "in/*",
     "new/not/there.md", "[odd].md", "../data/books", "parent/data/books", "{root}", "{root}/books/*", "/{root}/books", "a..b", "...", "ü/ñ.md"],
)  # fmt: skip
def test_what_stays_inside_is_allowed(root: Path, path: str) -> None:
    assert refusal(path.format(root=root), root, Policy(roots=(root,))) is None


def test_without_roots_no_path_is_allowed(root: Path) -> None:
    assert refusal("books", root, Policy()) is not None


def test_a_root_that_is_a_link_is_what_it_leads_to(root: Path, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(root)
    policy = Policy(roots=(tmp_path / "link",))
    assert refusal("books", root, policy) is None
    assert refusal("../outside", tmp_path / "link", policy) is not None


def test_a_package_is_allowed_where_its_folder_is(tmp_path: Path) -> None:
    import json

    policy = Policy(roots=(Path(json.__file__).parent,))
    assert refusal("package:json/decoder.py", tmp_path, policy) is None
    assert refusal("package:email/header.py", tmp_path, policy) is not None


def test_a_refusal_does_not_say_what_lies_outside(root: Path) -> None:
    policy = Policy(roots=(root,))
    assert refusal("../outside/s.md", root, policy) == refusal("../outside/none", root, policy)
    assert "outside/" not in (refusal("out.md", root, policy) or "")


def test_real_paths_are_those_of_the_system_but_for_the_kernels_folders(root: Path) -> None:
    for name in ("in/a.md", "absolute", "out/../data", "books/../in", "parent/data"):
        assert str(real(root / name)) == os.path.realpath(root / name)


def test_links_in_a_folder_that_is_read_whole_may_not_lead_out(root: Path, held) -> None:
    policy = held(roots=(root,))
    assert links_outside(root / "books", policy) is None
    (root / "books" / "inner").symlink_to("a.md")
    allow_model(root / "books", "model")
    (root / "books" / "model.safetensors").symlink_to("../../outside/s.md")
    with pytest.raises(NotAllowed, match=r"a link \(model.safetensors\)"):
        allow_model(root / "books", "model")


def test_the_roots_and_the_secrets_are_kept_apart(tmp_path: Path) -> None:
    for secrets, root in (
        (tmp_path / "a/b", tmp_path / "a"),
        (tmp_path / "a", tmp_path / "a/b"),
        (tmp_path, tmp_path),
    ):
        with pytest.raises(ValueError, match="overlap"):
            Policy(roots=(root,), secrets_dir=secrets)
    Policy(roots=(tmp_path / "data",), secrets_dir=tmp_path / "data-secret")


def test_a_link_that_was_changed_after_the_check_is_found_when_it_is_read(root: Path, held) -> None:
    policy = held(roots=(root,))
    assert refusal("in", root, policy) is None
    (root / "in").unlink()
    (root / "in").symlink_to("../outside")
    with pytest.raises(NotAllowed):
        locate("in", root)
    with pytest.raises(NotAllowed):
        allow_path(root / "in", "path")


@pytest.mark.parametrize(
    "path", ["out", "out.md", "out/*", "../outside", "../outside/nothing", "../*", "package:json/*"]
)
def test_the_text_connector_looks_at_nothing_outside(root: Path, held, path: str) -> None:
    held(roots=(root,))
    with pytest.raises(NotAllowed) as caught:
        locate(path, root)
    assert "did you mean" not in str(caught.value)


def test_links_out_of_a_glob_are_not_followed(root: Path, held) -> None:
    held(roots=(root,))
    found = [item for item in locate("**/*.md", root).files() if hasattr(item, "path")]
    assert {os.path.realpath(item.path) for item in found} == {
        str(root / "books/a.md"),
        str(root / "[odd].md"),
    }


def test_a_folder_as_large_as_a_disk_is_not_walked_through(
    root: Path, held, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(paths, "_MOST_ENTRIES", 3)
    policy = held(roots=(root,))
    for number in range(3):
        (root / "books" / str(number)).touch()
    assert "more than 3" in (links_outside(root / "books", policy) or "")


def test_names_that_no_system_takes_are_names_that_are_not_there(root: Path) -> None:
    assert refusal("x" * 5000, root, Policy(roots=(root,))) is None
    assert refusal("../" + "x" * 5000, root, Policy(roots=(root,))) is not None
