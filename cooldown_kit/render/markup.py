"""Special tokens of layouts, by the names of StarCoder (arXiv 2305.06161), StarCoder2 (arXiv 2402.19173) and SmolLM2.

A layout uses them only where the recipe turns them on and the tokenizer has all that the layout needs: half of a layout's
tokens would mark nothing. StarCoder names files with other tokens than StarCoder2 and SmolLM2 do, and SmolLM2 has
none for commits.
"""

from __future__ import annotations

from collections.abc import Mapping

from cooldown_kit.documents import Segment

TOKENS: Mapping[str, tuple[Mapping[str, str], ...]] = {
    "before_after": ({"before": "<commit_before>", "message": "<commit_msg>", "after": "<commit_after>"},),
    "file": (
        {"repository": "<repo_name>", "file": "<file_sep>"},
        {"repository": "<reponame>", "file": "<filename>"},
    ),
    "repository": (
        {"repository": "<repo_name>", "file": "<file_sep>"},
        {"repository": "<reponame>", "file": "<filename>"},
    ),
    "script": ({"script": "<jupyter_script>"},),
    "cells": (
        {
            "start": "<jupyter_start>",
            "text": "<jupyter_text>",
            "code": "<jupyter_code>",
            "output": "<jupyter_output>",
            "empty": "<empty_output>",
        },
    ),
    "chat": ({"start": "<|im_start|>", "end": "<|im_end|>"},),
    "thread": ({"start": "<issue_start>", "comment": "<issue_comment>", "closed": "<issue_closed>"},),
    "story": (
        {
            "event": "<pr>",
            "status": "<pr_status>",
            "merged": "<pr_is_merged>",
            "repository": "<repo_name>",
            "base": "<pr_base>",
            "file": "<pr_file>",
            "code": "<pr_base_code>",
            "diff": "<pr_diff>",
            "hunk": "<pr_diff_hunk>",
            "comment": "<pr_comment>",
            "id": "<pr_event_id>",
            "review": "<pr_review>",
            "state": "<pr_review_state>",
            "review_comment": "<pr_review_comment>",
            "of_review": "<pr_in_reply_to_review_id>",
            "of_comment": "<pr_in_reply_to_comment_id>",
            "line": "<pr_diff_hunk_comment_line>",
        },
    ),
}
"""Layout → what it marks → token, one mapping for each family of tokenizers, the newer first."""


def marks(layout: str, tokens: frozenset[str]) -> Mapping[str, str] | None:
    """What the layout marks → the token for it; ``None`` where ``tokens`` lack any, or there are none for the layout."""
    for names in TOKENS.get(layout, ()):
        if tokens.issuperset(names.values()):
            return names
    return None


class Body:
    """The segments of a document, put together piece by piece. Neighbouring texts that are alike become one segment."""

    def __init__(self) -> None:
        self._segments: list[Segment] = []

    def text(self, text: str, *, trained: bool = True) -> Body:
        """Append ordinary text. A literal ``<file_sep>`` in it stays letters."""
        if not text:
            return self
        if self._segments and not self._segments[-1].token and self._segments[-1].trained == trained:
            text = self._segments.pop().text + text
        self._segments.append(Segment(text, trained=trained))
        return self

    def token(self, name: str, *, trained: bool = True) -> Body:
        """Append one special token of the tokenizer."""
        self._segments.append(Segment(name, trained=trained, token=True))
        return self

    @property
    def segments(self) -> list[Segment]:
        return list(self._segments)

    @property
    def characters(self) -> int:
        """As :attr:`Document.text` counts them, with the names of special tokens."""
        return sum(len(segment.text) for segment in self._segments)
