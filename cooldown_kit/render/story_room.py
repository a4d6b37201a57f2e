"""How much of a story is told: turns of the conversation and diffs have room of their own."""

from __future__ import annotations

from collections.abc import Sequence

from cooldown_kit.render.conversation import ends, not_shown
from cooldown_kit.render.happenings import Happening, OnCode, Pushed, Reviewed, Said
from cooldown_kit.render.window import share_out


def within_room(found: Sequence[Happening], room: int) -> tuple[list[Happening], str, int]:
    """What is told, the line for what is not, and where that stands. Pushes need no room of the talk, but are left out
    with the talk around them."""
    sizes = [_talk(one) for one in found]
    head, tail = ends(sizes, room)
    dropped = found[head : len(found) - tail]
    if not dropped:
        return list(found), "", 0
    pushes = sum(isinstance(one, Pushed) for one in dropped)
    turns = sum(isinstance(one, Said | Reviewed | OnCode) for one in dropped)
    return [*found[:head], *found[len(found) - tail :]], not_shown(turns, pushes), head


def code_rooms(kept: Sequence[Happening], room: int) -> list[int]:
    """The characters that the diff of each happening may have; 0 for those that have none."""
    sizes = [
        sum(len(change.patch or "") + 200 for change in one.changes) if isinstance(one, Pushed) else 0
        for one in kept
    ]
    return share_out(room, sizes)


def _talk(happening: Happening) -> int:
    if isinstance(happening, Said | OnCode):
        return len(happening.comment.text)
    return len(happening.review.text) if isinstance(happening, Reviewed) else 0
