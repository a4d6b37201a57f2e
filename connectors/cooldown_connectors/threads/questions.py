"""The index of a site → its questions with their answers, as threads."""

from __future__ import annotations

from collections.abc import Iterator

from cooldown_connectors.threads.converters import Converters
from cooldown_connectors.threads.options import ThreadsOptions
from cooldown_connectors.threads.posts import PostIndex
from cooldown_connectors.threads.question import Question
from cooldown_kit.records import Skipped, Thread

_BATCH_BYTES = 256 << 10
"""Text that a worker gets at once: a few hundred posts."""
_BATCH_QUESTIONS = 256
_WORTH_WORKERS = 1000
"""Questions below which starting processes takes longer than it saves."""


def threads(
    index: PostIndex, place: str, options: ThreadsOptions, workers: int = 1
) -> Iterator[Thread | Skipped]:
    """Questions and articles in order of id; then what belongs to nothing that is there. The same with any number of ``workers``."""
    yield from index.file.passed_over()
    worth = workers > 1 and index.count_roots() >= _WORTH_WORKERS
    with Converters(workers if worth else 0) as converters:
        for questions, converted in converters.convert(_batches(index, place, options)):
            texts = list(zip(converted.texts, converted.why, strict=True))
            for question in questions:
                count = len(question.html())
                yield from question.read(texts[:count])
                texts = texts[count:]
    for number, question_id in index.without_question():
        yield Skipped(what=f"{place}/a/{number}", reason="no_question", detail=f"it answers {question_id}")
    if options.remarks:
        for number, post in index.without_post():
            yield Skipped(what=f"{place}/c/{number}", reason="no_post", detail=f"it stands under {post}")


def _batches(
    index: PostIndex, place: str, options: ThreadsOptions
) -> Iterator[tuple[list[Question], list[str]]]:
    """Questions, and the texts of all of them that have to be converted, in their order."""
    questions: list[Question] = []
    texts: list[str] = []
    size = 0
    for root in index.roots():
        question = Question(index, place, options, root)
        questions.append(question)
        texts += question.html()
        size += sum(map(len, question.html()))
        if size >= _BATCH_BYTES or len(questions) >= _BATCH_QUESTIONS:
            yield questions, texts
            questions, texts, size = [], [], 0
    if questions:
        yield questions, texts
