import os
import socket
import stat
import threading

import pytest
from cooldown_connectors.http.archive import Recording, Replay, archived
from cooldown_connectors.http.errors import ArchiveEnds, NotFound, Refused, TooHeavy
from cooldown_connectors.http.questions import Answer, Question
from hypothesis import given
from hypothesis import strategies as st

from cooldown_kit.errors import InputError, StorageError

from ...support.loopback_server import Said
from .conftest import SECRET


def get(path, **values):
    return Question("GET", f"https://git.acme.example{path}", **values)


class Scripted:
    """Gives the next answer, or raises the next error."""

    def __init__(self, *outcomes):
        self.left = list(outcomes)

    def ask(self, question):
        outcome = self.left.pop(0)
        if isinstance(outcome, Exception):
            raise outcome
        return outcome


def answer(body=b"[1]", status=200, **headers):
    import json

    return Answer(status, headers, body, json.loads(body) if body else None)


def outcomes(asking, questions):
    got = []
    for question in questions:
        try:
            got.append(asking.ask(question))
        except (NotFound, Refused, TooHeavy) as error:
            got.append((type(error), error.what, error.where, error.remedy, getattr(error, "status", None)))
    return got


QUESTIONS = [
    get("/a?page=1"),
    get("/a?page=2"),
    get("/a?page=1"),
    get("/gone"),
    get("/secret"),
    get("/heavy", halvable=True),
    get("/same", etag='"x"'),
    Question("POST", "https://git.acme.example/graphql", b'{"query": "{a}"}', graphql=True),
    Question("POST", "https://git.acme.example/graphql", b'{"query": "{b}"}', graphql=True),
    get("/a?page=1", headers={"accept": "text/plain"}),
]
OUTCOMES = [
    answer(b"[1]", link='<x>; rel="next"'),
    answer(b"[2]"),
    answer(b"[3]"),
    NotFound("it is not there", where="GET /gone", remedy="check", status=410),
    Refused("refused", status=403),
    TooHeavy("too much"),
    answer(b"", 304),
    answer(b'{"data": {"a": 1}}'),
    answer(b'{"data": {"b": 1}}'),
    answer(b'"text"'),
]


def recorded(folder, questions=QUESTIONS, given=OUTCOMES):
    recording = Recording(Scripted(*given), folder)
    got = outcomes(recording, questions)
    recording.close()
    return got


def test_a_replay_gives_the_same_answers_and_errors(tmp_path):
    live = recorded(tmp_path / "archive")
    (path,) = archived(tmp_path / "archive")
    replay = Replay(path)
    assert len(replay) == len(OUTCOMES)
    assert outcomes(replay, QUESTIONS) == live


def test_a_question_gets_its_nth_answer_the_nth_time_whatever_is_asked_between(tmp_path):
    recorded(tmp_path)
    replay = Replay(archived(tmp_path)[0])
    first = get("/a?page=1")
    assert replay.ask(first).data == [1]
    assert replay.ask(get("/a?page=2")).data == [2]
    assert replay.ask(first).data == [3]
    with pytest.raises(ArchiveEnds):
        replay.ask(first)


def test_what_was_never_asked_ends_the_replay_or_asks_for_less(tmp_path):
    recorded(tmp_path)
    replay = Replay(archived(tmp_path)[0])
    with pytest.raises(TooHeavy):
        replay.ask(get("/a?page=1&per_page=100", halvable=True))
    with pytest.raises(ArchiveEnds, match="the archived harvest ends here"):
        replay.ask(get("/a?page=3"))


def test_a_replay_opens_no_socket(tmp_path, monkeypatch):
    live = recorded(tmp_path)

    def refuse(*arguments, **values):
        raise AssertionError("a socket")

    monkeypatch.setattr(socket, "socket", refuse)
    monkeypatch.setattr(socket, "create_connection", refuse)
    assert outcomes(Replay(archived(tmp_path)[0]), QUESTIONS) == live


@pytest.mark.parametrize("lost", [1, 3, 19, 20, 25, 60])
def test_a_tail_that_a_kill_cut_off_is_no_answer(tmp_path, lost):
    recorded(tmp_path)
    path = archived(tmp_path)[0]
    whole = path.stat().st_size
    os.truncate(path, whole - lost)
    replay = Replay(path)
    assert 0 < len(replay) < len(OUTCOMES)
    assert replay.ask(QUESTIONS[0]).data == [1]


@given(cut=st.integers(min_value=0, max_value=2000))
def test_an_archive_cut_anywhere_gives_whole_answers_and_then_ends(tmp_path_factory, cut):
    folder = tmp_path_factory.mktemp("archive")
    live = recorded(folder)
    path = archived(folder)[0]
    os.truncate(path, min(cut, path.stat().st_size))
    replay = Replay(path)
    assert outcomes(replay, QUESTIONS[: len(replay)]) == live[: len(replay)]


def test_a_tail_of_zeros_that_a_power_cut_left_is_no_answer(tmp_path):
    recorded(tmp_path)
    path = archived(tmp_path)[0]
    content = path.read_bytes()
    path.write_bytes(content[:-30] + b"\x00" * 30)
    assert len(Replay(path)) == len(OUTCOMES) - 1


def test_damage_in_the_middle_is_told_with_the_place(tmp_path):
    recorded(tmp_path)
    path = archived(tmp_path)[0]
    content = bytearray(path.read_bytes())
    content[40] ^= 0xFF
    path.write_bytes(content)
    with pytest.raises(InputError, match="byte 0 is damaged") as caught:
        Replay(path).ask(QUESTIONS[0])
    assert str(path) in caught.value.where


def test_each_harvest_has_a_file_of_its_own_that_only_its_owner_reads(tmp_path):
    folder = tmp_path / "archive"
    for _ in range(3):
        recorded(folder, QUESTIONS[:1], OUTCOMES[:1])
    assert [path.name for path in archived(folder)] == ["0001.archive", "0002.archive", "0003.archive"]
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert {stat.S_IMODE(path.stat().st_mode) for path in archived(folder)} == {0o600}


def test_a_harvest_that_asked_nothing_leaves_no_file(tmp_path):
    recorded(tmp_path, [], [])
    assert archived(tmp_path) == []
    assert archived(tmp_path / "nowhere") == []


def test_the_order_of_harvests_is_kept_beyond_four_digits(tmp_path):
    for name in ("9999.archive", "10000.archive", "0002.archive", "notes.txt"):
        (tmp_path / name).touch()
    assert [path.stem for path in archived(tmp_path)] == ["0002", "9999", "10000"]


def test_an_answer_is_in_the_file_before_it_is_used(tmp_path):
    recording = Recording(Scripted(*OUTCOMES), tmp_path)
    recording.ask(QUESTIONS[0])
    assert Replay(recording.path).ask(QUESTIONS[0]).data == [1]
    recording.sync()
    recording.close()


def test_a_disk_that_fills_up_leaves_whole_answers_and_says_what_to_do(tmp_path, monkeypatch):
    recording = Recording(Scripted(*OUTCOMES), tmp_path)
    recording.ask(QUESTIONS[0])
    write = os.write

    def full(file, content):
        monkeypatch.setattr(os, "write", failing)
        return write(file, content[:7])

    def failing(file, content):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "write", full)
    with pytest.raises(StorageError, match="No space left") as caught:
        recording.ask(QUESTIONS[1])
    assert "archive: false" in caught.value.remedy
    monkeypatch.setattr(os, "write", write)
    recording.ask(QUESTIONS[2])
    recording.close()
    replay = Replay(recording.path)
    assert len(replay) == 2
    assert [replay.ask(QUESTIONS[0]).data, replay.ask(QUESTIONS[2]).data] == [[1], [3]]


def test_threads_write_one_archive(tmp_path):
    class Echo:
        def ask(self, question):
            return answer(b'"%s"' % question.target.encode())

    recording = Recording(Echo(), tmp_path)
    questions = [[get(f"/{thread}/{number}") for number in range(50)] for thread in range(4)]
    threads = [threading.Thread(target=lambda own=own: [recording.ask(q) for q in own]) for own in questions]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    recording.close()
    replay = Replay(recording.path)
    assert len(replay) == 200
    assert all(replay.ask(q).data == q.target for own in questions for q in own)


def test_no_token_reaches_the_archive(server, made, tmp_path):
    server.answer = lambda asked: Said({"echo": asked.token}, headers={"etag": f'"{SECRET}"'})
    recording = Recording(made(SECRET, token_headers=lambda token: {"private-token": token}), tmp_path)
    recording.ask(Question("GET", f"{server.url}/x", etag='"old"'))
    server.script(Said({"message": f"{SECRET} may not"}, 403))
    with pytest.raises(Refused):
        recording.ask(Question("GET", f"{server.url}/y"))
    recording.close()
    entries = Replay(recording.path)
    told = [entries._entry(place) for places in entries._places.values() for place in places]
    assert len(told) == 2
    assert SECRET not in repr(told)
    assert SECRET.encode() not in recording.path.read_bytes()
    assert "private-token" not in repr(told)
