"""Conversations turn by turn: as Markdown, or with StarCoder's tokens for issues (arXiv 2305.06161), which SmolLM2 has as well.

::

    user_1: The report of the day drifts by a cent.

    user_2 (accepted answer): Round half to even.

A conversation that has no room loses turns of its middle; a line says how many.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from cooldown_kit.records import Comment, Person
from cooldown_kit.render.layouts import Layouts
from cooldown_kit.render.markup import Body, marks

_BLOCK = re.compile(r"(?:[#>|]|[-*+] |\d{1,9}[.)] |`{3}|~{3}| {4}|\t)")
"""How a text begins that is a block of Markdown, and must stand on lines of its own."""


class Turn(NamedTuple):
    who: str
    text: str
    note: str = ""
    """What is said of the turn: ``accepted answer, 12 votes``."""

    @property
    def spoken(self) -> str:
        """The turn headed by who speaks."""
        return f"{self.who}{f' ({self.note})' if self.note else ''}:{self.below}"

    @property
    def below(self) -> str:
        """The text as it stands behind a colon: on the same line, or below it where it is a block."""
        if not self.text:
            return ""
        return f"\n\n{self.text}" if _BLOCK.match(self.text) else f" {self.text}"


def name_of(person: Person | None) -> str:
    """By what somebody is called: the pseudonym, or the login where there are none; ``unknown`` for an account that was deleted."""
    return (person.login or " ".join(person.name.split()) or "unknown") if person else "unknown"


def turn_of(comment: Comment, *notes: str) -> Turn:
    """A comment as a turn, marked where it is the accepted answer."""
    said = [*(["accepted answer"] if comment.accepted else []), *notes]
    return Turn(name_of(comment.author), comment.text, ", ".join(said))


def ends(sizes: Sequence[int], room: int) -> tuple[int, int]:
    """How many turns of the beginning and of the end have ``room`` characters together: all, or as much from either side.

    The first and the last turn always stay; what is said in between is left out from its middle on."""
    count = len(sizes)
    if sum(sizes) <= room or count <= 2:
        return count, 0
    head = tail = 1
    left = room - sizes[0] - sizes[-1]
    while head + tail < count:
        from_head = head <= tail
        size = sizes[head] if from_head else sizes[count - 1 - tail]
        if size > left:
            break
        left -= size
        head, tail = (head + 1, tail) if from_head else (head, tail + 1)
    return head, tail


def not_shown(turns: int, pushes: int = 0) -> str:
    """The line that stands where a conversation is cut."""
    parts = [_count(turns, "turn")] if turns or not pushes else []
    return f"[{' and '.join([*parts, *([_count(pushes, 'push')] if pushes else [])])} not shown]"


def _count(number: int, word: str) -> str:
    return f"{number:,} {word}{'' if number == 1 else 'es' if word.endswith('sh') else 's'}"


def conversation(
    title: str,
    facts: Sequence[str],
    turns: Sequence[Turn],
    outcome: str,
    layouts: Layouts,
    number: int | None = None,
) -> Body:
    """A title, facts of a line each, the turns, and how it ended. With StarCoder's tokens number and facts are left out: it has none."""
    tokens, room = marks("thread", layouts.tokens), layouts.options.conversation_characters
    head, tail = ends([len(turn.spoken) for turn in turns], room)
    hidden = len(turns) - head - tail
    shown = [*turns[:head], *turns[len(turns) - tail :]] if hidden else turns
    if tokens is None:
        heading = f"# {title}" + (f" (#{number})" if number is not None else "")
        told = [turn.spoken for turn in shown]
        if hidden:
            told.insert(head, not_shown(hidden))
        return Body().text("\n\n".join(filter(None, [heading, *facts, *told, outcome])) + "\n")
    body = Body().token(tokens["start"]).text(f"Title: {title}\n")
    for place, turn in enumerate(shown):
        if place:
            body.token(tokens["comment"])
        if hidden and place == head:
            body.text(f"{not_shown(hidden)}\n")
        body.text(turn.spoken)
    return body.token(tokens["closed"]) if outcome else body
