"""What of a mail is text to be read: plain text before HTML, inline patches whole, attachments counted."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from email.message import Message
from typing import Final

from cooldown_connectors.threads.mail_headers import SLOW_CODECS

_ENCRYPTED: Final = ("application/pkcs7-mime", "application/x-pkcs7-mime", "application/pgp-encrypted")
_SIGNATURES: Final = (
    "application/pgp-signature",
    "application/pkcs7-signature",
    "application/x-pkcs7-signature",
    "application/pgp-keys",
)
_PATCH_TYPES: Final = ("text/x-patch", "text/x-diff", "application/x-patch", "application/x-diff")
_PATCH_NAMES: Final = (".patch", ".diff")
_ARMOUR: Final = "-----BEGIN PGP MESSAGE-----"
_SIGNED: Final = re.compile(
    r"^-----BEGIN PGP SIGNED MESSAGE-----\n(?:[A-Za-z-]+: .*\n)*\n(.*?)^-----BEGIN PGP SIGNATURE-----\n.*?^-----END PGP SIGNATURE-----\n?",
    re.DOTALL | re.MULTILINE,
)
_DASHED: Final = re.compile(r"^- (?=-|From )", re.MULTILINE)
_MAX_DEPTH: Final = 20


class NoTextError(ValueError):
    """A mail without a text that can be taken. ``reason``: ``encrypted``, ``undecodable``, ``binary``, ``bad_html``, ``bad_mail``, ``no_text``."""

    def __init__(self, reason: str, detail: str = "") -> None:
        super().__init__(detail)
        self.reason, self.detail = reason, detail


@dataclass
class Body:
    """The text, and how many parts of which type were left."""

    text: str = ""
    attachments: Counter[str] = field(default_factory=Counter)


def body_of(message: Message, encoding: str) -> Body:
    """Raises :class:`NoTextError`."""
    body = Body()
    pieces = [piece for piece in _pieces(message, encoding, body, 0) if piece.strip()]
    text = "\n".join(piece if piece.endswith("\n") else piece + "\n" for piece in pieces)
    text = _SIGNED.sub(lambda match: _DASHED.sub("", match[1]), text)
    if text.lstrip().startswith(_ARMOUR):
        raise NoTextError("encrypted", "it is an armoured PGP message")
    if "\0" in text:
        raise NoTextError("binary", "there is a NUL in its text")
    body.text = text.strip("\n").rstrip()
    if not body.text.strip():
        kinds = ", ".join(f"{count} {kind}" for kind, count in sorted(body.attachments.items()))
        raise NoTextError("no_text", kinds[:200])
    return body


def _pieces(part: Message, encoding: str, body: Body, depth: int) -> list[str]:
    if depth > _MAX_DEPTH:
        raise NoTextError("bad_mail", f"its parts are nested more than {_MAX_DEPTH} deep")
    kind = part.get_content_type()
    if kind == "multipart/encrypted" or kind in _ENCRYPTED:
        raise NoTextError("encrypted", kind)
    if kind.startswith("multipart/") and part.is_multipart():
        children = [child for child in part.get_payload() if isinstance(child, Message)]
        if kind == "multipart/alternative":
            return _best(children, encoding, body, depth)
        return [piece for child in children for piece in _pieces(child, encoding, body, depth + 1)]
    # A multipart mail whose parts cannot be told apart is one text.
    if kind in _SIGNATURES:
        return []
    attached = part.get_content_disposition() == "attachment"
    patch = not part.is_multipart() and (kind in _PATCH_TYPES or _file_name(part).endswith(_PATCH_NAMES))
    if patch or ((kind == "text/plain" or kind.startswith("multipart/")) and not attached):
        return [_decoded(part, encoding)]
    if kind == "text/html" and not attached:
        return [_from_html(_decoded(part, encoding))]
    body.attachments[kind[:80]] += 1
    return []


def _best(children: list[Message], encoding: str, body: Body, depth: int) -> list[str]:
    """Of several forms of the same text the plain one; what hangs on the others is counted."""
    plain = [child for child in children if child.get_content_type() == "text/plain"]
    rest = [child for child in children if child.get_content_type() != "text/plain"]
    for child in [*plain, *rest]:
        tried = Body()
        try:
            pieces = _pieces(child, encoding, tried, depth + 1)
        except NoTextError:
            if child is children[-1] or len(children) == 1:
                raise
            continue
        if any(piece.strip() for piece in pieces):
            body.attachments += tried.attachments
            return pieces
    return []


def _file_name(part: Message) -> str:
    try:
        return (part.get_filename() or "").lower()
    except (ValueError, LookupError, TypeError):  # odd encodings of the parameter
        return ""


def _decoded(part: Message, encoding: str) -> str:
    try:
        declared = part.get_content_charset()
    except (ValueError, LookupError, TypeError):
        declared = None
    del part["Content-Type"]  # else the library decodes with whatever codec it names, too
    payload = part.get_payload(decode=True)
    data = payload if isinstance(payload, bytes) else b""
    for name in (declared, "utf-8", encoding):
        if not name or name.lower() in SLOW_CODECS:
            continue
        try:
            text = data.decode(name)
            text.encode()  # some codecs let half a surrogate pair through
        except (LookupError, UnicodeError, ValueError):
            continue
        return text.replace("\r\n", "\n")
    raise NoTextError("undecodable", f"neither {(declared or 'us-ascii')[:40]!r} nor utf-8 nor {encoding}")


def _from_html(html: str) -> str:
    from cooldown_connectors.text.html import UnreadableHtmlError, to_markdown

    try:
        return to_markdown(html)[1]
    except UnreadableHtmlError as error:
        raise NoTextError("bad_html", str(error)) from error
