"""Batches: few processes for many requests, order, broken repositories, and what stays on disk."""

from __future__ import annotations

import subprocess

import pytest
from cooldown_connectors.forge.code import CodeReader, Told, reader
from cooldown_connectors.git import hardened
from cooldown_connectors.git.hardened import GitFailed

from .conftest import forge_options, local_code, push, request, thread


def _many(repository, count):
    """Requests of two pushes on a main that goes on; every third is rebased. Written by one process."""
    out, mark, told = [], 0, []

    def commit(parent, files):
        nonlocal mark
        mark += 1
        out.append(
            f"commit refs/heads/made\nmark :{mark}\ncommitter A <a@b> {1_700_000_000 + mark} +0000\ndata 1\nx\n"
        )
        out.append(f"from :{parent}\n" if parent else "")
        for path, text in files.items():
            out.append(f"M 100644 inline {path}\ndata {len(text)}\n{text}\n")
        return mark

    lines = [f"line {number}\n" for number in range(60)]
    tip = commit(0, {f"f{number}": "".join(lines) for number in range(20)})
    for number in range(1, count + 1):
        path = f"f{number % 20}"
        first = commit(tip, {path: "".join([*lines[:10], f"{number}\n", *lines[11:]])})
        base = tip
        tip = commit(tip, {"main": f"{number}\n"})
        parent = tip if number % 3 == 0 else first
        second = commit(parent, {path: "".join([*lines[:10], f"{number} better\n", *lines[11:]])})
        told.append((number, base if parent == first else tip, first, second))
    out.append(f"reset refs/heads/main\nfrom :{tip}\n")
    marks = repository.path / "marks"
    repository.git(
        "fast-import", "--quiet", "--force", f"--export-marks={marks}", stdin="".join(out).encode()
    )
    ids = {int(m[1:]): i for m, i in (row.split() for row in marks.read_text().splitlines())}
    return [
        Told(
            request(number, base=ids[tip], head=ids[second]),
            [push(ids[first], 1), push(ids[second], 3)],
            [],
            [thread("t", 2, path=f"f{number % 20}", head=ids[first], line=11)],
        )
        for number, _, first, second in told
    ]


@pytest.fixture
def processes(monkeypatch):
    """Every process of git that is started."""
    started = []
    popen = subprocess.Popen

    def count(command, *arguments, **options):
        started.append(command)
        return popen(command, *arguments, **options)

    monkeypatch.setattr(hardened.subprocess, "Popen", count)
    return started


def test_a_hundred_requests_need_hardly_more_processes_than_ten(repository, context, processes):
    told = _many(repository, 100)
    needed = []
    for some in (told[:10], told):
        code = local_code(repository, context)
        processes.clear()
        known = list(CodeReader(code, forge_options(), frozenset(), context.emit).tell(some))
        assert [one.number for one in known] == [one.request.number for one in some]
        assert all(one.threads["t"].answer.how == "changed" for one in known)
        needed.append(len(processes))
    assert needed[1] < needed[0] + 15
    assert needed[1] < 50


def test_batches_leave_no_trace_in_what_is_told(repository, context, monkeypatch):
    told = _many(repository, 24)

    def all_known():
        code = local_code(repository, context)
        return list(CodeReader(code, forge_options(), frozenset({"before"}), context.emit).tell(told))

    whole = all_known()
    monkeypatch.setattr(reader, "_REQUESTS", 3)
    assert all_known() == whole
    monkeypatch.setattr(reader, "_REQUESTS", 1)
    assert all_known() == whole


def test_a_prepared_reader_reads_the_history_once(repository, context, processes):
    told = _many(repository, 24)
    code = local_code(repository, context)
    prepared = CodeReader(code, forge_options(), frozenset(), context.emit)
    prepared.prepare(iter(told))
    history = code.history([])
    processes.clear()
    for one in told:
        assert len(list(prepared.tell([one]))) == 1
        assert code.history([]) is history
    assert not [command for command in processes if "log" in command]


def test_nothing_is_left_in_the_workspace_but_what_was_read_of_the_history(repository, context):
    told = _many(repository, 9)
    list(CodeReader(local_code(repository, context), forge_options(), frozenset(), context.emit).tell(told))
    assert not list(context.store.rglob("scratch-*"))
    assert repository.text("for-each-ref", "--format=%(refname)").split() == [
        "refs/heads/made",
        "refs/heads/main",
    ]


def test_a_missing_object_costs_what_needs_it_and_nothing_else(repository, context, tell):
    told = _many(repository, 6)
    blob = repository.text("rev-parse", f"{told[1].request.head}:f2")
    (repository.path / ".git" / "objects" / blob[:2] / blob[2:]).unlink()
    known = tell(told)
    assert [change.left_out for change in known[1].changes] == ["missing"]
    assert all(one.changes[0].patch for at, one in enumerate(known) if at != 1)
    assert known[1].threads["t"].unanswered == "left_out"


@pytest.mark.parametrize("where", ["bring", "history"])
def test_a_repository_that_cannot_be_read_loses_no_talk(where, repository, context, events, monkeypatch):
    told = _many(repository, 4)
    code = local_code(repository, context)

    def broken(*arguments):
        raise GitFailed("log", 128, "fatal: everything is broken")

    monkeypatch.setattr(code, where, broken)
    known = list(CodeReader(code, forge_options(), frozenset(), context.emit).tell(told))
    assert [one.number for one in known] == [1, 2, 3, 4]
    assert {one.left_out for one in known} == {"unreadable"}
    assert all(len(one.rounds) == 2 and one.threads["t"].anchor.line == 11 for one in known)
    texts = [event.text for event in events if getattr(event, "level", "") == "warning"]
    assert len(texts) == 1
    assert "everything is broken" in texts[0]


def test_a_failure_in_the_midst_of_a_batch_costs_the_rest_of_it_its_code(repository, context, monkeypatch):
    told = _many(repository, 6)
    calls = []

    def known_of(plan, *arguments):
        calls.append(plan)
        if len(calls) == 3:
            raise GitFailed("cat-file", 128, "fatal: broken")
        return real(plan, *arguments)

    real = reader.known_of
    monkeypatch.setattr(reader, "known_of", known_of)
    code = local_code(repository, context)
    known = list(CodeReader(code, forge_options(), frozenset(), context.emit).tell(told))
    assert [one.left_out for one in known] == [None, None, *["unreadable"] * 4]


def test_files_beside_the_changed_ones_are_read_for_the_request_as_a_whole(repository, tell):
    repository.write("src/a.py", "a\n")
    repository.write("src/b.py", "b\n")
    base = repository.commit("Begin")
    repository.git("checkout", "-q", "-b", "topic")
    repository.write("src/a.py", "A\n")
    head = repository.commit("Request")
    known = tell(Told(request(base=base, head=head), [push(head, 1)]), frozenset({"before", "untouched"}))
    assert [file.path for file in known.untouched] == ["src/b.py"]
    assert [change.before for change in known.changes] == ["a\n"]


def test_no_requests_are_no_work(repository, context):
    repository.commit("Begin")
    assert (
        list(CodeReader(local_code(repository, context), forge_options(), frozenset(), context.emit).tell([]))
        == []
    )
