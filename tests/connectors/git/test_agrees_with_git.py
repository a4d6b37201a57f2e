"""The check of ``benchmarks/agrees_with_git.py``, on this project's own history and on one with everything that is hard."""

from __future__ import annotations

import importlib.util
import subprocess
from pathlib import Path

import pytest
from msgspec.structs import replace

from cooldown_kit.records import Commit

PROJECT = Path(__file__).resolve().parents[3]


@pytest.fixture(scope="module")
def check():
    """The benchmark as a module."""
    place = PROJECT / "benchmarks" / "agrees_with_git.py"
    spec = importlib.util.spec_from_file_location("agrees_with_git", place)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def asked(*arguments):
    done = subprocess.run(["git", "-C", PROJECT, *arguments], capture_output=True, text=True, check=False)
    return done.stdout.strip() if done.returncode == 0 else None


def test_this_projects_own_history_is_gits_line_by_line(check):
    if not (PROJECT / ".git").exists() or asked("rev-parse", "HEAD") is None:
        pytest.skip("this copy of the project has no history")
    if asked("rev-parse", "--is-shallow-repository") != "false":
        pytest.skip("this copy of the project is a shallow clone")
    seen, wrong = check.compare(PROJECT, asked("rev-parse", "HEAD"))
    assert wrong == []
    assert seen["commits"] + seen["skipped: merge"] + seen["skipped: no_changes"] == int(
        asked("rev-list", "--count", "HEAD")
    )


@pytest.fixture(scope="module")
def varied(make_repository_at, tmp_path_factory):
    """Forty commits with renames, modes, links, deletions, other encodings, ends without newline, two roots and merges."""
    r = make_repository_at(tmp_path_factory.mktemp("varied") / "payments")
    for number in range(40):
        r.write(f"src/{number % 7}.py", "".join(f"line {i * number} of it\n" for i in range(60)))
        r.write("notes.txt", "".join(f"{i}\n" for i in range(number)) + "no newline")
        if number % 5 == 1:
            (r.path / "src" / f"{number % 7}.py").rename(r.path / "src" / f"moved {number} é.py")
        if number % 6 == 2:
            (r.path / "notes.txt").unlink()
        if number % 8 == 3:
            r.write(f"latin{number}", b"caf\xe9\r\n" * number)
            r.write("binary", b"\0" * number)
            r.write("run.sh", f"{number}\n")
            (r.path / "run.sh").chmod(0o755 if number % 16 == 3 else 0o644)
        if number % 9 == 4:
            (r.path / "link").unlink(missing_ok=True)
            (r.path / "link").symlink_to(f"src/{number}")
        if number % 10 == 5:
            (r.path / "link").unlink(missing_ok=True)
            r.write("link", "a file\n")
        if number % 12 == 6:
            r.git("checkout", "-q", "-b", f"side{number}")
        r.commit(f"Commit {number}\n\nwith a body of its own\n")
        if number % 12 == 10:
            r.git("checkout", "-q", "main")
            r.tick()
            r.git("merge", "-q", "--no-ff", "-m", "Merge a side", f"side{number - 4}")
    r.git("checkout", "-q", "--orphan", "other")
    r.git("rm", "-rfq", ".")
    r.write("elsewhere.md", "# Another root\n")
    r.commit("Another root")
    r.git("checkout", "-q", "main")
    r.tick()
    r.git("merge", "-q", "--allow-unrelated-histories", "-m", "Merge another root", "other")
    return r


def test_a_history_with_everything_is_gits_line_by_line(varied, check):
    seen, wrong = check.compare(varied.path)
    assert wrong == []
    assert seen["commits"] == 41
    assert seen["skipped: merge"] == 4
    for what in ("contents before", "contents after", "contents deleted", "hunks"):
        assert seen[what] > 5, seen
    assert {"left out: not_utf8", "left out: binary"} <= set(seen)


def test_pydriller_says_the_same_where_both_speak(varied, check):
    pytest.importorskip("pydriller")
    seen, wrong = check.compare_with_pydriller(varied.path, 30)
    assert wrong == []
    assert seen["commits"] > 20
    for what in ("files", "contents before", "contents after"):
        assert seen[what] > 20, seen


@pytest.mark.parametrize(
    ("what", "told"),
    [("line", "is not blob"), ("message", "message"), ("mode", "rows"), ("commit", "is missing")],
)
def test_the_check_notices_what_is_wrong(varied, check, monkeypatch, what, told):
    """It would be worth nothing if it did not."""
    real = check.harvest

    def wrong_once(repository, store, **values):
        for item in real(repository, store, **values):
            if isinstance(item, Commit) and item.message.startswith("Commit 9\n"):
                first = next(change for change in item.changes if change.before is not None)
                at = item.changes.index(first)
                if what == "line":
                    item.changes[at] = replace(first, patch=first.patch.replace("\n+", "\n+x", 1))
                elif what == "mode":
                    item.changes[at] = replace(first, new_mode="100755")
                elif what == "message":
                    item = replace(item, message="Another")
                else:
                    continue
            yield item

    monkeypatch.setattr(check, "harvest", wrong_once)
    _, wrong = check.compare(varied.path)
    assert len(wrong) == 1
    assert told in wrong[0]
