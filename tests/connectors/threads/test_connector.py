"""The connector as the pipeline uses it."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace

import pytest
from cooldown_connectors.threads import ThreadsConnector, ThreadsOptions
from pydantic import ValidationError

from cooldown_kit import connector as connectors
from cooldown_kit.connector import Take
from cooldown_kit.errors import InputError, Stopped, StorageError
from cooldown_kit.events import Progress
from cooldown_kit.store import entries
from cooldown_kit.workspace import locked
from thread_sources.dumps import answer, garble, question, write_dump
from thread_sources.mails import mail, mbox

SITE = "unix.stackexchange.com"
POSTS = [question(1), answer(2, 1)]


def options(path: str = "x", **values: object) -> ThreadsOptions:
    return ThreadsOptions(connector="threads", path=path, **values)


def test_it_is_found_by_its_name() -> None:
    assert isinstance(connectors.find("threads"), ThreadsConnector)


def test_each_index_says_what_it_is_of_and_is_claimed_by_its_source(harvest, context, tmp_path) -> None:
    write_dump(tmp_path / SITE, Posts=POSTS)
    (tmp_path / "list.mbox").write_bytes(mbox([mail(1)]))
    for path in (SITE, "list.mbox"):
        assert harvest(path).threads
    kept, unknown = entries(context.store)
    assert unknown == []
    assert {one.what for one in kept} == {
        f"index of the threads of {SITE} in {SITE}",
        "index of the mails in list.mbox",
    }
    for one in kept:
        path = one.what.rpartition(" in ")[2]
        assert [*ThreadsConnector().kept(options(path), context)] == [one.path]
    (tmp_path / "list.mbox").unlink()
    with pytest.raises(InputError):
        [*ThreadsConnector().kept(options("list.mbox"), context)]


def test_a_wait_for_another_run_is_told_and_can_be_stopped(harvest, context, tmp_path) -> None:
    write_dump(tmp_path / SITE, Posts=POSTS)
    harvest(SITE)
    told = []

    def stop(event) -> None:
        told.append(event)
        raise Stopped("the run was stopped")

    (kept,), _ = entries(context.store)
    stopped = replace(context, emit=stop)
    with locked(kept.lock, what="the test"), pytest.raises(Stopped):
        list(ThreadsConnector().harvest(options(SITE), stopped))
    assert kept.what in told[0].text


@pytest.mark.parametrize("family", ["text", "code"])
def test_there_is_one_take_of_the_family_asked_for(family) -> None:
    assert ThreadsConnector().takes(options(family=family)) == (Take("threads", family),)


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ({"tags": ["a"], "exclude_tags": ["A"]}, "exclude_tags"),
        ({"since": "2020-01-01", "until": "2020-01-01"}, "not after"),
        ({"encoding": "hex"}, "not a text encoding"),
        ({"min_messages": 0}, "greater than or equal"),
        ({"format": "slack"}, "stackexchange"),
        ({"min_anwers": 3}, "min_anwers"),
    ],
)
def test_options_that_make_no_sense_are_refused(values, says) -> None:
    with pytest.raises(ValidationError, match=says):
        options(**values)


@pytest.mark.parametrize(
    ("path", "values", "says"),
    [
        ("unix.stackexchange.co", {}, ["no 'unix.stackexchange.co'", SITE]),
        ("empty", {}, ["the folder is empty"]),
        ("*.mbox", {}, ["no file matches"]),
        ("code", {}, ["no file can be read", "1 unknown_format", "Posts.xml"]),
        (SITE, {"format": "mbox"}, ["no file can be read"]),
        ("half", {}, ["no Posts.xml", "half"]),
        ("bad.7z", {}, ["cannot be opened", "no 7z archive"]),
        ("two", {"place": "one"}, ["`place` names one site, and 2"]),
        (SITE, {"tags": ["pyhton"]}, ["no tag 'pyhton'", "did you mean 'python'"]),
        (SITE, {"exclude_tags": ["zzz"]}, ["no tag 'zzz'", "Tags.xml"]),
    ],
)
def test_check_says_what_is_wrong_where_and_what_to_do(check, tmp_path, path, values, says) -> None:
    tags = [{"Id": 1, "TagName": "python"}, {"Id": 2, "TagName": "xml"}]
    write_dump(tmp_path / SITE, Posts=POSTS, Tags=tags)
    write_dump(tmp_path / "half", Comments=[])
    write_dump(tmp_path / "two" / "a", Posts=POSTS)
    write_dump(tmp_path / "two" / "b", Posts=POSTS)
    (tmp_path / "empty").mkdir()
    (tmp_path / "code").mkdir()
    (tmp_path / "code" / "main.py").write_text("x")
    (tmp_path / "bad.7z").write_bytes(b"no archive")
    with pytest.raises(InputError) as caught:
        check(path, **values)
    assert all(word in str(caught.value) for word in says), caught.value
    assert caught.value.remedy
    assert caught.value.where


def test_check_accepts_what_can_be_read(check, tmp_path) -> None:
    write_dump(tmp_path / SITE, Posts=POSTS, Tags=[{"Id": 1, "TagName": "python"}])
    (tmp_path / "list.mbox").write_bytes(mbox([mail(1)]))
    check(SITE, tags=["python"])
    check("list.mbox")
    check("**/*.mbox")


def test_fingerprint_changes_with_the_files_and_reads_no_contents(context, tmp_path) -> None:
    write_dump(tmp_path / SITE, Posts=POSTS)
    first = ThreadsConnector().fingerprint(options(SITE), context)
    garble(tmp_path / SITE / "Posts.xml")
    assert ThreadsConnector().fingerprint(options(SITE), context) == first
    os.utime(tmp_path / SITE / "Posts.xml", ns=(1, 1))
    second = ThreadsConnector().fingerprint(options(SITE), context)
    assert second != first
    (tmp_path / SITE / "Users.xml").write_text("<users/>")
    assert ThreadsConnector().fingerprint(options(SITE), context) != second


def test_fingerprint_of_many_files_is_small(context, tmp_path) -> None:
    (tmp_path / "mails").mkdir()
    for number in range(100):
        (tmp_path / "mails" / f"{number}.eml").write_bytes(mail(number))
    first = ThreadsConnector().fingerprint(options("mails"), context)
    assert first["count"] == 100
    assert len(str(first)) < 400


def test_progress_ends_at_the_number_of_threads(harvest, tmp_path) -> None:
    write_dump(tmp_path / SITE, Posts=POSTS)
    last = harvest(SITE).events[-1]
    assert isinstance(last, Progress)
    assert (last.done, last.total, last.unit) == (1, 1, "threads")


def test_everything_in_one_folder_is_read(harvest, tmp_path) -> None:
    write_dump(tmp_path / "all" / SITE, Posts=POSTS)
    (tmp_path / "all" / "list.mbox").write_bytes(mbox([mail(1)]))
    assert harvest("all").ids == [f"{SITE}/1", "all/1@acme.example"]


def test_an_index_that_is_no_database_is_said_with_its_place(harvest, tmp_path, context) -> None:
    write_dump(tmp_path / SITE, Posts=POSTS)
    harvest(SITE)
    (index,) = context.store.rglob("*.sqlite")
    index.write_bytes(b"no database" * 1000)
    with pytest.raises(StorageError, match="remove the folder"):
        harvest(SITE)


def test_loading_the_connector_imports_nothing_heavy() -> None:
    code = "import sys, cooldown_connectors.threads; sys.exit(len({'bs4', 'markdownify', 'py7zr', 'pyarrow'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_sources_and_sites_beside_each_other_keep_their_indexes(harvest, tmp_path, context) -> None:
    for name in ("a", "b"):
        write_dump(tmp_path / "all" / name, Posts=POSTS)
        (tmp_path / f"{name}.mbox").write_bytes(mbox([mail(1)]))
    for path in ("all", "a.mbox", "b.mbox"):
        harvest(path)
    assert len(list(context.store.rglob("*.sqlite"))) == 4
