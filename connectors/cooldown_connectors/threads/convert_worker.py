"""A process that turns HTML into Markdown: texts come in on stdin, Markdown goes out on stdout, and it ends when its parent does.

``python -P -m cooldown_connectors.threads.convert_worker``. Converting takes nearly all of a harvest's time.
"""

from __future__ import annotations

import msgspec

from cooldown_connectors.text.html import UnreadableHtmlError
from cooldown_connectors.threads.body import markdown
from cooldown_kit.worker_loop import answer_all


class Texts(msgspec.Struct, frozen=True):
    """HTML of posts."""

    texts: list[str]


class Converted(msgspec.Struct, frozen=True):
    """Markdown of each of them, or ``None``, and why there is none."""

    texts: list[str | None]
    why: list[str]


def convert(texts: list[str]) -> Converted:
    """What the worker does, in this process."""
    found: list[str | None] = []
    why = []
    for text in texts:
        try:
            found.append(markdown(text, "html"))
            why.append("")
        except UnreadableHtmlError as error:
            found.append(None)
            why.append(str(error))
    return Converted(found, why)


def main() -> None:
    """Work until stdin ends."""
    answer_all(Texts, lambda question: convert(question.texts))


if __name__ == "__main__":
    main()
