"""What a worker process does all its life: questions come in on stdin, answers go out on stdout, and it ends when its parent does."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from typing import TypeVar

import msgspec

from cooldown_kit.guard.enforce import inherit
from cooldown_kit.pipe_messages import receive, send

Question = TypeVar("Question", bound=msgspec.Struct)


def answer_all(kind: type[Question], answer: Callable[[Question], msgspec.Struct]) -> None:
    """Answer each question of that ``kind`` until stdin ends. What is printed meanwhile goes to stderr."""
    inherit()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's to answer
    questions, answers = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # nothing that prints may get between the answers
    while (data := receive(questions)) is not None:
        send(answers, answer(msgspec.msgpack.decode(data, type=kind)))
