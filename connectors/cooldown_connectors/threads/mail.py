"""Bytes of one mail → what a thread needs of it."""

from __future__ import annotations

import hashlib
from datetime import datetime
from email.errors import MessageError
from email.message import Message
from email.parser import BytesParser
from email.policy import compat32
from typing import Final

import msgspec

from cooldown_connectors.threads.mail_headers import (
    archived_at,
    author,
    header,
    list_name,
    message_id,
    references,
    sent_at,
    subject_key,
)
from cooldown_connectors.threads.mail_text import NoTextError, body_of
from cooldown_connectors.threads.options import ThreadsOptions
from cooldown_kit.records import Person

_MAX_PARTS: Final = 500
"""Boundaries that a mail may declare: the parser goes through each line once for each that is open."""


class Mail(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One mail with a text."""

    id: str
    """Its message id, or one made of its contents."""
    references: list[str]
    """Ids of what it answers, the nearest first."""
    subject: str
    key: str
    """What subjects of one conversation have in common."""
    reply: bool
    """Its subject is marked as a reply."""
    author: Person | None
    sent_at: datetime
    text: str
    attachments: dict[str, int] = {}
    list_name: str = ""
    url: str | None = None

    @property
    def identity(self) -> bytes:
        """The same for copies of one mail, whatever lists added to their texts."""
        sender = "" if self.author is None else self.author.email or self.author.name
        what = "\0".join((self.id, self.sent_at.isoformat(), sender, self.key))
        return hashlib.blake2b(what.encode(), digest_size=16).digest()


class NotTakenError(ValueError):
    """Why a mail is not taken; ``id`` is its message id where it has one."""

    def __init__(self, reason: str, detail: str, id: str | None) -> None:
        super().__init__(detail)
        self.reason, self.detail, self.id = reason, detail, id


def read_mail(data: bytes, postmark: bytes, options: ThreadsOptions) -> Mail:
    """Raises :class:`NotTakenError`: ``bad_mail``, ``no_date``, ``too_large``, and the reasons of :class:`NoTextError`."""
    if data.count(b"boundary=") > _MAX_PARTS:
        raise NotTakenError("bad_mail", f"it has more than {_MAX_PARTS} kinds of parts", None)
    number: str | None = None
    try:
        message = BytesParser(policy=compat32).parsebytes(data)
        number = message_id(message)
        if not message.keys():
            raise NotTakenError("bad_mail", "it has no headers", None)
        return _read(message, data, postmark, number, options)
    except NoTextError as error:
        raise NotTakenError(error.reason, error.detail, number) from error
    except NotTakenError:
        raise
    # The parser of the standard library raises many things for what nobody foresaw; one mail never ends a harvest.
    except (
        MessageError,
        ValueError,
        LookupError,
        TypeError,
        AttributeError,
        RecursionError,
        AssertionError,
    ) as error:
        raise NotTakenError("bad_mail", f"{type(error).__name__}: {error}"[:200], number) from error


def _read(
    message: Message, data: bytes, postmark: bytes, number: str | None, options: ThreadsOptions
) -> Mail:
    sent = sent_at(message, postmark)
    if sent is None:
        raise NotTakenError("no_date", header(message, "Date", options.encoding)[:100], number)
    body = body_of(message, options.encoding)
    size = len(body.text.encode())
    if size > options.max_text_size:
        raise NotTakenError(
            "too_large", f"{size:,} bytes; max_text_size is {options.max_text_size:,}", number
        )
    subject = header(message, "Subject", options.encoding)
    key, reply = subject_key(subject)
    return Mail(
        id=number or f"{hashlib.blake2b(data, digest_size=12).hexdigest()}@no-message-id",
        references=[above for above in references(message) if above != number],
        subject=subject,
        key=key,
        reply=reply,
        author=author(message, options.encoding),
        sent_at=sent,
        text=body.text,
        attachments=dict(body.attachments),
        list_name=list_name(message, options.encoding),
        url=archived_at(message, options.encoding),
    )
