"""Documents on a terminal: what is not trained is dim, special tokens stand out, and nothing in a text can steer the terminal."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import typer

from cooldown_kit.documents import Segment


def show(parts: Iterable[Segment], *, lines: int = 0, styled: bool) -> str:
    """The text of segments, its first ``lines`` lines (0: all) and how many more there are.

    With ``styled`` untrained text is dim, special tokens are reversed, and control characters are written out; without, it is the
    text and nothing else, for programs.
    """
    pieces = list(_lines(parts))
    count = sum(ends for _, ends in pieces) + bool(pieces and not pieces[-1][1])
    shown: list[str] = []
    done = 0
    for part, ends in pieces:
        if lines and done == lines:
            break
        shown.append((_styled(part) if styled else part.text) + ("\n" if ends else ""))
        done += ends
    text = "".join(shown).removesuffix("\n")
    left = count - lines if lines else 0
    return f"{text}\n… {left} more lines (--lines 0 shows all)" if left > 0 else text


LEGEND = "dim: read, not trained on; reversed: special token"


def _lines(parts: Iterable[Segment]) -> Iterator[tuple[Segment, bool]]:
    """The segments cut at line ends: each piece without its newline, and whether one follows."""
    for part in parts:
        *whole, rest = part.text.split("\n")
        for line in whole:
            yield Segment(line, part.trained, part.token), True
        if rest:
            yield Segment(rest, part.trained, part.token), False


def _styled(part: Segment) -> str:
    from cooldown_kit.report.wording import visible

    text = visible(part.text)
    if part.token:
        return typer.style(text, reverse=True, dim=None if part.trained else True)
    return text if part.trained else typer.style(text, dim=True)
