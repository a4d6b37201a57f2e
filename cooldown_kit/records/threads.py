"""Conversations away from any forge."""

from __future__ import annotations

from typing import Literal

import msgspec

from cooldown_kit.records.comments import Comment


class Thread(msgspec.Struct, frozen=True, kw_only=True, tag_field="record", tag="thread", omit_defaults=True):
    """A conversation away from any forge: a question with its answers, or a thread of a mailing list."""

    id: str
    """Stable: ``{place}/{number}`` or ``{place}/{message id}``."""
    take: str
    kind: Literal["question", "article", "mail"]
    """``article``: a text of a site of questions with nothing but remarks."""
    place: str
    """The site or the list: ``unix.stackexchange.com``, ``git@vger``."""
    title: str
    posts: list[Comment]
    """The question or the first message, then everything else, oldest first; ``reply_to`` says what answers what. An answer to a question
    replies to the question, a remark (a comment of StackExchange) to what it stands under."""
    remarks: list[str] = []
    """Ids of the posts that are remarks, not answers."""
    tags: list[str] = []
    closed: str | None = None
    """Why a question was closed."""
    licence: str | None = None
    url: str | None = None
