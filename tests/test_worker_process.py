"""A process that answers questions, and is replaced where it is lost."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from cooldown_kit.worker_process import WorkerProcess

WORKER = """
import os, sys, time
import msgspec
from cooldown_kit.worker_limits import limit_memory, limit_time
from cooldown_kit.worker_loop import answer_all

class Question(msgspec.Struct):
    text: str

class Answer(msgspec.Struct):
    text: str

def answer(question):
    if question.text == "print":
        print("a word of a library")
        os.system("echo a word of another program")
    elif question.text == "die":
        os._exit(3)
    elif question.text == "spin":
        limit_time(0)
        while True:
            pass
    elif question.text == "grow":
        try:
            limit_memory(1 << 30)
            b"x" * (2 << 30)
        except MemoryError:
            return Answer("too much")
    return Answer(question.text)

if __name__ == "__main__":
    answer_all(Question, answer)
"""


class Text(msgspec.Struct):
    """What goes in and comes out of the worker above."""

    text: str


@pytest.fixture
def worker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[WorkerProcess[Text]]:
    (tmp_path / "worker_of_a_test.py").write_text(WORKER)
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(tmp_path), os.environ.get("PYTHONPATH", "")]))
    with WorkerProcess("worker_of_a_test", Text) as worker:
        yield worker


def said(worker: WorkerProcess[Text], text: str) -> str | None:
    answer = worker.answer() if worker.ask(Text(text)) else None
    return None if answer is None else answer.text


def test_answers_come_in_the_order_of_the_questions(worker: WorkerProcess[Text]) -> None:
    assert all(worker.ask(Text(text)) for text in ("a", "ü\n", ""))
    assert [worker.answer() for _ in range(3)] == [Text("a"), Text("ü\n"), Text("")]


def test_what_a_worker_prints_gets_between_no_answers(
    worker: WorkerProcess[Text], capfd: pytest.CaptureFixture[str]
) -> None:
    assert [said(worker, text) for text in ("print", "b")] == ["print", "b"]
    assert "a word of another program" in capfd.readouterr().err


def test_a_lost_worker_says_how_it_ended_and_is_replaced_once_closed(worker: WorkerProcess[Text]) -> None:
    assert said(worker, "die") is None
    assert worker.wait() == 3
    assert said(worker, "a") is None
    worker.close()
    assert said(worker, "a") == "a"


def test_a_worker_ignores_the_interrupt_that_is_its_parents(worker: WorkerProcess[Text]) -> None:
    assert said(worker, "a") == "a"
    worker.start().send_signal(signal.SIGINT)
    assert said(worker, "b") == "b"


def test_closing_leaves_no_process_whatever_was_asked_of_it(worker: WorkerProcess[Text]) -> None:
    assert said(worker, "a") == "a"
    process = worker.start()
    process.kill()
    worker.ask(Text("x" * 1_000_000))
    worker.close()
    worker.close()
    assert process.returncode == -signal.SIGKILL
    assert process.stdin is not None
    assert process.stdin.closed


def test_it_ends_by_itself_when_nobody_asks_any_more(worker: WorkerProcess[Text]) -> None:
    pipe = worker.start().stdin
    assert pipe is not None
    pipe.close()
    assert worker.wait() == 0


def test_the_system_ends_a_worker_that_takes_more_time_than_it_may(worker: WorkerProcess[Text]) -> None:
    assert said(worker, "spin") is None
    assert worker.wait() == -signal.SIGXCPU


def test_a_worker_that_takes_more_memory_than_it_may_is_told(worker: WorkerProcess[Text]) -> None:
    assert said(worker, "grow") == "too much"
    assert said(worker, "a") == "a"
