"""Syntax trees by tree-sitter. Files that a parser would work on for long are told beforehand, as far as one can tell."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from itertools import accumulate
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tree_sitter import Language, Node, Parser, Query

MAX_BYTES = 1 << 20
"""Larger files are bundles, generated code or data; they are not parsed (``too_large_to_parse``)."""
_STEPS = 2000
_STEPS_PER_BYTE = 0.1
"""How often the parser may report progress: twice as often as it does at most on sound files of any of the languages.

A count and not a clock, so that the same file has the same imports on a slow machine."""
_BLOCK = 1 << 16
_MAX_OPEN = 500
_STEPS_OF_BRACKETS = {**dict.fromkeys(b"([{", 1), **dict.fromkeys(b")]}", -1)}
_NO_BRACKETS = bytes(set(range(256)) - set(_STEPS_OF_BRACKETS))


class NotParsed(Exception):
    """Why there is no tree: a snake_case word, ``too_large_to_parse`` or ``too_hard_to_parse``."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True)
class Grammar:
    """Where a grammar is: its module, and the function in it that gives the language."""

    module: str
    function: str = "language"


@dataclass(frozen=True)
class Syntax:
    """The syntax tree of one file. Where the file is broken the tree holds error nodes and is sound around them."""

    source: bytes
    root: Node
    grammar: Grammar

    def text(self, node: Node) -> str:
        """The source of a node."""
        return self.source[node.start_byte : node.end_byte].decode(errors="replace")

    def captures(self, query: str) -> dict[str, list[Node]]:
        """Capture name → its nodes in the order of the file."""
        from tree_sitter import QueryCursor

        found = QueryCursor(_query(self.grammar, query)).captures(self.root)
        # tree-sitter gives them in the order of a set of pointers
        return {name: sorted(nodes, key=lambda node: node.start_byte) for name, nodes in found.items()}

    def matches(self, query: str) -> Iterator[dict[str, list[Node]]]:
        """The captures of each match."""
        from tree_sitter import QueryCursor

        for _, captures in QueryCursor(_query(self.grammar, query)).matches(self.root):
            yield captures


def parse(source: bytes, grammar: Grammar) -> Syntax:
    """Parse one file. Raises :class:`NotParsed` where it is too large, or takes too many steps."""
    if len(source) > MAX_BYTES:
        raise NotParsed("too_large_to_parse")
    if _is_hard(source):
        raise NotParsed("too_hard_to_parse")
    left = _STEPS + int(len(source) * _STEPS_PER_BYTE)

    def stop(_offset: int, _error: bool) -> bool:
        nonlocal left
        left -= 1
        return left < 0

    parser = _parser(grammar)
    try:
        # The parser reports progress only where it reads the source in blocks.
        tree = parser.parse(lambda offset, _: source[offset : offset + _BLOCK], progress_callback=stop)
    except ValueError:  # stopped
        parser.reset()
        raise NotParsed("too_hard_to_parse") from None
    return Syntax(source, tree.root_node, grammar)


def _is_hard(source: bytes) -> bool:
    """Whether there are very many brackets or comments that never close: error recovery then takes time that grows with the square.

    Strings and comments are not told from code; sound files come nowhere near the limit either way.
    """
    opened = accumulate(map(_STEPS_OF_BRACKETS.__getitem__, source.translate(None, _NO_BRACKETS)))
    return max(opened, default=0) > _MAX_OPEN or source.count(b"/*", source.rfind(b"*/") + 1) > _MAX_OPEN


@cache
def _language(grammar: Grammar) -> Language:
    from tree_sitter import Language

    return Language(getattr(import_module(grammar.module), grammar.function)())


@cache
def _parser(grammar: Grammar) -> Parser:
    from tree_sitter import Parser

    return Parser(_language(grammar))


@cache
def _query(grammar: Grammar, query: str) -> Query:
    from tree_sitter import Query

    return Query(_language(grammar), query)
