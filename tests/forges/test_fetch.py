"""Set-up takes only what is pinned and named, and says what is missing. No test here fetches anything."""

from __future__ import annotations

import io
import json
import tarfile
import zipfile
from pathlib import Path

import pytest

from forge_testing import fetch
from forge_testing.packages import FOLDER, PINS, PROJECT, STAMP, package_file


def tarball(path: Path, **files: str) -> Path:
    with tarfile.open(path, "w:gz") as tar:
        for name, content in files.items():
            member = tarfile.TarInfo(name.replace("__", "/"))
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content.encode()))
    return path


def test_only_the_files_that_are_named_are_unpacked(tmp_path):
    archive = tarball(
        tmp_path / "a-1.tar.gz", **{"a-1/keep/x.json": "1", "a-1/setup.py": "no", "a-1/keep/y.py": "no"}
    )
    fetch.unpack(archive, tmp_path / "out", ("keep/*.json",))
    assert [path.name for path in (tmp_path / "out").rglob("*") if path.is_file()] == ["x.json"]


def test_a_wheel_is_unpacked_as_it_lies(tmp_path):
    with zipfile.ZipFile(tmp_path / "a-1-py3-none-any.whl", "w") as wheel:
        wheel.writestr("a/b.py", "x = 1")
    fetch.unpack(tmp_path / "a-1-py3-none-any.whl", tmp_path / "out", ("a/*.py",))
    assert (tmp_path / "out/a/b.py").read_text() == "x = 1"


def test_a_pattern_that_matches_nothing_is_an_error(tmp_path):
    with pytest.raises(fetch.SetUpError, match=r"nothing in it matches gone\.json"):
        fetch.unpack(
            tarball(tmp_path / "a.tgz", **{"package/x.json": "1"}), tmp_path / "out", ("x.json", "gone.json")
        )


@pytest.mark.parametrize("name", ["../evil.json", "package/../../evil.json"])
def test_a_path_that_leads_out_is_refused(tmp_path, name):
    archive = tarball(tmp_path / "a.tgz", **{name: "1"})
    with pytest.raises((fetch.SetUpError, tarfile.FilterError)):
        fetch.unpack(archive, tmp_path / "out", ("*.json",))
    assert not (tmp_path / "evil.json").exists()


def test_links_are_left_out(tmp_path):
    with tarfile.open(tmp_path / "a.tgz", "w:gz") as tar:
        member = tarfile.TarInfo("package/x.json")
        member.type, member.linkname = tarfile.SYMTYPE, "/etc/hostname"
        tar.addfile(member)
    with pytest.raises(fetch.SetUpError, match="nothing in it matches"):
        fetch.unpack(tmp_path / "a.tgz", tmp_path / "out", ("x.json",))


def test_missing_npm_is_named_with_what_to_install(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(
        fetch.SetUpError, match=r"`node` is not installed; .* need Node\.js 20 or newer with npm"
    ):
        fetch.check_node()


def test_an_old_node_is_refused(monkeypatch, tmp_path):
    for name, text in (("node", "#!/bin/sh\necho v18.20.1\n"), ("npm", "#!/bin/sh\n")):
        (tmp_path / name).write_text(text)
        (tmp_path / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    with pytest.raises(fetch.SetUpError, match=r"v18\.20\.1 is too old"):
        fetch.check_node()


def test_another_tarball_than_the_pinned_one_is_refused(monkeypatch, tmp_path):
    def pack(command: list[str], folder: Path) -> str:
        tarball(folder / "other.tgz", **{"package/x.json": "1"})
        return "[]"

    monkeypatch.setattr(fetch, "run", pack)
    with pytest.raises(fetch.SetUpError, match="not the one that was pinned"):
        fetch.fetch_npm(tmp_path / "downloads", tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_command_that_fails_tells_why(tmp_path):
    with pytest.raises(
        fetch.SetUpError, match=r"`git frobnicate` failed:\s*git: 'frobnicate' is not a git command"
    ):
        fetch.run(["git", "frobnicate"], tmp_path)


def test_everything_is_pinned_by_hash_and_names_no_registry():
    for spec, pin in json.loads((PINS / "npm.json").read_text()).items():
        assert pin["integrity"].startswith("sha512-"), spec
        assert spec.rpartition("@")[2][0].isdigit(), spec
    lines = (PINS / "pypi.txt").read_text().splitlines()
    assert all("==" in line and "--hash=sha256:" in line for line in lines if not line.startswith("#"))
    lock = json.loads((PINS / "simulator" / "package-lock.json").read_text())
    for name, package in lock["packages"].items():
        assert "resolved" not in package, name
        assert not name or package["integrity"].startswith("sha512-"), name


def test_what_was_fetched_lies_in_a_folder_that_git_ignores():
    assert STAMP.exists()
    assert ".cache/" in (PROJECT / ".gitignore").read_text().splitlines()
    assert FOLDER.is_relative_to(PROJECT / ".cache")
    assert package_file("@octokit/openapi", "generated/api.github.com.json").stat().st_size > 10_000_000
