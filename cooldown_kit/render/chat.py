"""Examples of how a model is to answer: what it reads is not trained, what it is to write is.

With the tokens of ChatML (SmolLM2, Qwen and others have them), where the recipe turns special tokens on::

    <|im_start|>user
    What is due today?<|im_end|>
    <|im_start|>assistant
    Two invoices.<|im_end|>

Else as plain text, ``User: …`` and ``Assistant: …`` with an empty line between. Turns without a role follow each other with nothing added.
"""

from __future__ import annotations

from cooldown_kit.documents import Document
from cooldown_kit.records import ChatTurn, TextPage
from cooldown_kit.render.layouts import Layouts
from cooldown_kit.render.markup import Body, marks
from cooldown_kit.render.origin import NotRendered, Origin, content_hash
from cooldown_kit.render.signals import text_signals


def render_chat(record: TextPage, origin: Origin, layouts: Layouts) -> Document | NotRendered:
    """The document of a row with turns; ``nothing_trained`` where the model would only read."""
    if not any(turn.trained and turn.text.strip() for turn in record.turns):
        return NotRendered("nothing_trained")
    tokens = marks("chat", layouts.tokens)
    body = Body()
    for number, turn in enumerate(record.turns):
        if not turn.role:
            body.text(turn.text, trained=turn.trained)
        elif tokens is None:
            _plain(body, turn, first=number == 0)
        else:
            body.token(tokens["start"], trained=False).text(f"{turn.role}\n", trained=False)
            body.text(turn.text, trained=turn.trained).token(tokens["end"], trained=turn.trained)
            body.text("\n", trained=False)
    said = [part for turn in record.turns for part in (turn.role, turn.text)]
    return Document(
        id=f"{origin.source}:{record.id}",
        source=origin.source,
        take=record.take,
        kind="text",
        layout="chat",
        segments=body.segments,
        content_hash=content_hash(said),
        connector=origin.connector,
        path=record.path,
        url=record.url,
        repository=record.repository,
        revision=record.revision,
        title=record.title,
        time=record.time,
        signals={**text_signals(body.segments), "turns": float(len(record.turns))},
    )


def _plain(body: Body, turn: ChatTurn, *, first: bool) -> None:
    """The space before an answer is the answer's: a model that is asked with ``Assistant:`` begins with it."""
    body.text("" if first else "\n\n", trained=False).text(f"{turn.role.capitalize()}:", trained=False)
    body.text(f" {turn.text}", trained=turn.trained)
