"""Makes mails and mailboxes."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

START = datetime(2019, 3, 1, 10, 0, tzinfo=UTC)
POSTMARK = b"From ann@acme.example  Fri Mar  1 10:00:00 2019\n"


def mail(
    number: int,
    body: str | bytes = "",
    *,
    answers: Iterable[int] = (),
    subject: str | None = None,
    at: datetime | None = None,
    headers: dict[str, str] | None = None,
) -> bytes:
    """A mail with id ``<number@acme.example>``, an hour later than the one before; ``headers`` replace or add (empty removes)."""
    above = [f"<{other}@acme.example>" for other in answers]
    values = {
        "From": "Ann Smith <ann@acme.example>",
        "Date": format_datetime(at or START + timedelta(hours=number)),
        "Subject": subject if subject is not None else f"Subject {number}",
        "Message-ID": f"<{number}@acme.example>",
        "In-Reply-To": above[-1] if above else "",
        "References": " ".join(above),
        **(headers or {}),
    }
    head = "".join(f"{name}: {value}\n" for name, value in values.items() if value)
    text = body if isinstance(body, bytes) else (body or f"Text {number}\n").encode()
    return head.encode("utf-8", "surrogateescape") + b"\n" + text


def mbox(mails: Iterable[bytes], escape: bytes = rb"^(>*From )") -> bytes:
    """An mboxrd of them."""
    return b"".join(
        POSTMARK
        + re.sub(escape, rb">\1", data, flags=re.MULTILINE)
        + (b"\n" if data.endswith(b"\n") else b"\n\n")
        for data in mails
    )
