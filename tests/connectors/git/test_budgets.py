"""What is too large is left out and counted, and never read."""

from __future__ import annotations

import dataclasses
import sys
import zlib

import psutil
import pytest
from cooldown_connectors.git import diff_stream
from cooldown_connectors.git.hardened import GitFailed

LIMIT = 1 << 20


def spoil(repository, blob):
    """Damage a loose object behind its header: its size can still be told, but whoever reads it fails."""
    place = repository.path / ".git" / "objects" / blob[:2] / blob[2:]
    whole = place.read_bytes()
    assert len(whole) > 4000
    place.chmod(0o644)
    place.write_bytes(whole[:200] + b"\xff" * (len(whole) - 200))


def large(seed, size=3 << 20):
    """Text that does not compress away."""
    return b"".join(b"%08x\n" % zlib.crc32(b"%d %d" % (seed, i)) for i in range(size // 9))


@pytest.mark.parametrize("way", ["added", "changed", "renamed", "grown", "shrunk", "deleted", "merged"])
def test_a_large_blob_is_never_read(repository, harvest, way):
    r = repository
    r.write("small.py", "a\n")
    r.write("big.sql", "small\n" if way in ("added", "grown") else large(1))
    r.commit()
    r.write("small.py", "b\n")
    if way == "merged":
        r.git("checkout", "-q", "-b", "side")
    if way == "deleted":
        (r.path / "big.sql").unlink()
    elif way == "renamed":
        (r.path / "big.sql").unlink()
        r.write("new.sql", large(1)[:-9000] + large(2, 9000))
    else:
        r.write("big.sql", "small\n" if way == "shrunk" else large(2))
    r.commit("Second")
    if way == "merged":
        r.git("checkout", "-q", "main")
        r.tick()
        r.git("merge", "-q", "--no-ff", "-m", "Merge", "side")
    for row in r.text("rev-list", "--objects", "--all").splitlines():
        blob, _, path = row.partition(" ")
        if path.endswith(".sql") and int(r.text("cat-file", "-s", blob)) > LIMIT:
            spoil(r, blob)
    got = harvest(r, max_file_size=LIMIT, merges=True)
    last = got.commits[-1]
    assert [c.patch for c in last.changes if c.path == "small.py"] == ["@@ -1 +1 @@\n-a\n+b\n"]
    assert {c.left_out for c in last.changes if c.path != "small.py"} == {"too_large"}
    assert [c.path for c in last.changes] == sorted(c.path for c in last.changes)
    assert set(got.reasons) <= {"too_large"}


def test_a_damaged_object_costs_one_commit_and_one_file_not_the_harvest(repository, harvest):
    for number in range(4):
        repository.write(f"f{number}.txt", large(number, 20_000))
        repository.commit(f"{number}")
    spoil(repository, repository.text("rev-parse", "HEAD:f1.txt"))
    got = harvest(repository)
    assert [c.message for c in got.commits] == ["0", "2", "3"]
    assert [f.path for f in got.files] == ["f0.txt", "f2.txt", "f3.txt"]
    assert got.reasons == {"unreadable": 2}


def test_a_patch_a_commit_and_a_message_that_are_too_large_are_counted(repository, harvest):
    repository.write("a", large(1, 20_000))
    repository.write("b", "b\n")
    repository.commit("patch")
    for number in range(5):
        repository.write(f"c{number}", large(number, 30_000))
    repository.commit("commit")
    repository.write("b", "c\n")
    repository.commit("message " * 20_000)
    repository.write("b", "d\n")
    repository.commit("good")
    got = harvest(repository, take="commits", max_patch_size=10_000, max_commit_size=100_000)
    assert [c.message for c in got.commits] == ["patch", "good"]
    assert {c.path: c.left_out for c in got.commits[0].changes} == {"a": "too_large", "b": None}
    assert got.reasons == {"too_large": 2}


def test_a_commit_of_very_many_files_is_counted(repository, harvest):
    for number in range(400):
        repository.write(f"d/{number}", f"{number}\n")
    repository.commit("many")
    repository.write("one", "1\n")
    repository.commit("one")
    got = harvest(repository)
    assert [c.message for c in got.commits] == ["one"]
    assert got.reasons == {"too_many_files": 1}
    assert len(got.files) == 401
    assert all(f.changed_in for f in got.files)


def test_memory_does_not_grow_with_the_history(repository, context, options):
    """Four thousand commits of 20 kB each: some 80 MB of diff pass through."""
    from cooldown_connectors.git import GitConnector

    stream = [b"blob\nmark :1\ndata 0\n\n"]
    for number in range(1, 4001):
        body = b"%d\n" % number + b"0123456789" * 2000 + b"\n"
        stream.append(
            b"commit refs/heads/main\ncommitter B <b@x> %d +0000\ndata 1\nx\n" % (1_600_000_000 + number)
        )
        stream.append(b"M 644 inline f\ndata %d\n%s\n" % (len(body), body))
        stream.append(b"M 644 inline g%d\ndata 6\nhello\n\n" % (number % 7))
    repository.git("fast-import", "--quiet", stdin=b"".join(stream))
    del stream
    process = psutil.Process()
    seen, before, most = 0, 0, 0
    for _ in GitConnector().harvest(options(path=str(repository.path), take="commits"), context):
        seen += 1
        if seen % 500 == 0:
            now = process.memory_info().rss
            before = before or now
            most = max(most, now)
    assert seen == 4000
    assert most - before < 30 << 20


def _history(repository, count):
    stream = [
        b"commit refs/heads/main\ncommitter B <b@x> %d +0000\ndata 1\nx\nM 644 inline f%d\ndata 10\n%09d\n\n"
        % (1_600_000_000 + number, number, number)
        for number in range(count)
    ]
    repository.git("fast-import", "--quiet", stdin=b"".join(stream))


def test_a_commit_that_takes_git_too_long_is_skipped_and_the_rest_goes_on(
    repository, harvest, context, monkeypatch
):
    _history(repository, 5)
    slow = repository.text("rev-list", "--reverse", "HEAD").split()[2]
    real = diff_stream._between

    def waits(stream, marker, limits):
        """As if git computed for ever where it comes to that commit."""
        for number, text in enumerate(real(stream, marker, limits)):
            if waiting and number == 2:
                waiting.clear()
                raise GitFailed("diff-tree", None, "fatal: timed out")
            yield text

    waiting = [slow]
    monkeypatch.setattr(diff_stream, "_between", waits)
    got = harvest(repository, take="commits", within=dataclasses.replace(context, workers=1))
    assert got.skipped == {slow: "too_slow"}
    assert len(got.commits) == 4


def test_the_clock_of_a_commit_runs_only_while_git_works(repository, harvest):
    _history(repository, 5)
    got = harvest(repository, take="commits", max_commit_seconds=1e-9)
    assert got.reasons == {"too_slow": 5}
    assert len(harvest(repository, take="commits").commits) == 5


@pytest.mark.skipif(
    not sys.platform.startswith("linux"), reason="only Linux holds a process to a limit from outside"
)
def test_a_commit_that_needs_too_much_memory_is_skipped_and_the_rest_goes_on(repository, harvest):
    repository.write("small", "a\n")
    repository.commit("Small")
    repository.write("huge", "".join(f"{number}\n" for number in range(4_000_000)))
    huge = repository.commit("Huge")
    repository.write("small", "b\n")
    repository.commit("Small again")
    limits = dict.fromkeys(("max_file_size", "max_patch_size", "max_commit_size"), 1 << 30)
    got = harvest(repository, take="commits", max_memory=64 << 20, **limits)
    assert got.skipped == {huge: "too_much_memory"}
    assert [commit.message for commit in got.commits] == ["Small", "Small again"]


def test_a_repository_gives_its_newest_commits_until_the_budget_is_full(repository, harvest):
    _history(repository, 1200)
    sizes = [
        sum(len(c.patch) for c in commit.changes) for commit in harvest(repository, take="commits").commits
    ]
    budget = sum(sizes[-700:])
    got = harvest(repository, take="commits", max_repository_size=budget)
    assert len(got.commits) == 700
    assert got.commits == harvest(repository, take="commits").commits[-700:]
    assert got.reasons == {"repository_budget": 500}


def test_the_budget_of_a_repository_does_not_depend_on_what_was_read_before(repository, harvest, context):
    _history(repository, 1200)
    fresh = dataclasses.replace(context, store=context.store / "fresh")
    harvest(repository, take="commits")
    for budget in (0, 100, 5000):
        values = {"take": "commits", "max_repository_size": budget}
        assert harvest(repository, **values).items == harvest(repository, within=fresh, **values).items


def test_a_budget_of_time_ends_early_and_the_next_harvest_goes_on(repository, harvest, fingerprint, context):
    _history(repository, 1200)
    one = dataclasses.replace(context, workers=1)
    values = {"take": "commits", "max_repository_seconds": 1e-9}
    prints = [fingerprint(path=str(repository.path))]
    taken = []
    for _ in range(10):
        got = harvest(repository, within=one, **values)
        taken.append(len(got.commits))
        prints.append(fingerprint(path=str(repository.path)))
        if not got.reasons:
            break
        assert got.reasons == {"time_budget": 1200 - taken[-1]}
    assert taken == sorted(taken)
    assert len(taken) > 1
    assert taken[-1] == 1200
    assert len({str(one) for one in prints}) == len(taken), (
        "an unfinished harvest is not taken for the last word"
    )
    assert got.items == harvest(repository, take="commits").items
