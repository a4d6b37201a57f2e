"""Tells a literal credential from a placeholder, an identifier or prose, for the rules that have no fixed token format."""

from __future__ import annotations

import base64
import binascii
import math
import re
from collections import Counter

MARK = re.compile(r"<secret:[a-z0-9-]+>")
"""What a cleaned text holds in place of a secret."""

_WORDS = (
    "x+|y+|z+|0+|[*]+|[.]+|-+|_+|…+|null|none|nil|true|false|undefined|unset|empty|string|str|todo|tbd|n/?a"
    "|pass|pwd|passwd|password|passphrase|passcode|secret|token|key|api[-_]?key|credentials?|user|username|me"
    "|change[-_ ]?(?:me|it|this)|redacted|removed|hidden|masked|default|foo|bar|baz|foobar"
)
_PLACEHOLDER = re.compile(
    rf"(?:{_WORDS}|(?:your|my|the|a|some|test|dummy|sample|fake|insert|enter|replace)(?:[-_ ]?(?:{_WORDS}))+"
    r"|<[^>]*>|\$\{?[A-Za-z_][\w.:-]*\}?|\{+[^{}]*\}+|\[[^\[\]]*\]|%[A-Za-z_]\w*%|%\(?\w*\)?[sdr]|@\w+@|:\w+)",
    re.IGNORECASE,
)
_PLACEHOLDER_PART = re.compile(
    r"x{4}|\*{3}|\.{3}|…|example|placeholder|change[-_]?me|your[-_]|redacted|dummy|\$\{|\$\(|\{\{|\}\}|%\(|%s",
    re.IGNORECASE,
)
_REFERENCE = re.compile(
    r"[A-Za-z_]\w*(?:(?:\.|::|->|/)[A-Za-z_]\w*)+"  # settings.db2.password, app/secret1
    r"|[A-Za-z]+(?:[-_:. ][A-Za-z]+)+[-_]?\d{0,2}"  # new-password-field2
    r"|(?:https?|file|s3|gs|env|arn|urn|vault|ref):.*|[~.]{0,2}/[\w./-]*|[\w./-]+\.[a-z]{1,4}"
)
_TYPE = re.compile(
    r"(?:u?int|float|double|char|str|bytes?|[iuf]|utf|base|sha|md|vec|hmac|rsa|aes|oauth)[-_]?\d{1,4}(?:_t|le|be|sum|crypt|array|[-_]\w{1,8})?",
    re.IGNORECASE,
)
_WORDY = re.compile(r"(?:_|[A-Z]?[a-z]{3,}|[A-Z]{2,}|\d{1,3})+")
"""An identifier such as ``OmniToken2WavModel``: random text of some length never has only runs like these."""
_EXPRESSION = re.compile(r"\[[^\]]*\][+*?{]|\(\?[:=!<P]|\\[dwsSbWD]|\.\*")
_STRONG = frozenset("!@#$^&*+=?~%")
_LABELS = (
    "id", "ids", "name", "names", "type", "types", "url", "uri", "path", "file", "filename", "field", "label", "hint", "length",
    "len", "size", "count", "regex", "pattern", "endpoint", "column", "header", "param", "prompt", "policy", "format", "class",
    "index", "kind", "expiry", "expires", "ttl", "algorithm", "version", "arn", "map", "list", "encoding", "placeholder",
    "time", "date", "at", "expiration", "generation",
)  # fmt: skip
_OTHER_TOKENS = frozenset(
    {"next", "previous", "prev", "page", "pagination", "continuation", "continue", "cursor", "change", "request", "idempotency", "forward",
     "backward", "update", "public", "resume", "sync"}
)  # fmt: skip
"""What stands before "token" where it opens nothing: ``nextPageToken``, ``publicKeyToken``."""


def entropy(value: str) -> float:
    """Shannon entropy of the characters, in bits per character."""
    counts = Counter(value)
    return -sum(n / len(value) * math.log2(n / len(value)) for n in counts.values()) if value else 0.0


def is_placeholder(value: str) -> bool:
    """True for what people write where a credential would stand: ``changeme``, ``${TOKEN}``, ``<your key>``, ``****``."""
    return (
        len(set(value)) < 3
        or _PLACEHOLDER.fullmatch(value) is not None
        or _PLACEHOLDER_PART.search(value) is not None
    )


def literal(value: str, lead: str) -> bool:
    """Anything that is not a placeholder: for places that hold nothing but a credential, such as a URL's password."""
    del lead
    return _PLACEHOLDER.fullmatch(value) is None and _PLACEHOLDER_PART.search(value) is None


def varied(value: str, lead: str) -> bool:
    """Letters and digits, and at least 3 bits per character: what a token of a fixed format is, and ``hf_xxxx…`` is not."""
    del lead
    has_both = any(c.isdigit() for c in value) and any(c.isalpha() for c in value)
    return has_both and entropy(value) >= 3 and not is_placeholder(value)


def random_looking(value: str, lead: str) -> bool:
    """The same where the format is open: random rather than words, a path or an expression."""
    return varied(value, lead) and not _not_literal(value) and _WORDY.fullmatch(value.strip(".-/=")) is None


def basic_credentials(value: str, lead: str) -> bool:
    """Base64 of ``user:password``, as HTTP Basic authentication and Docker's ``auth`` have it."""
    del lead
    text = _decoded(value)
    return text is not None and ":" in text.strip(":") and text.isprintable()


def encoded_private_key(value: str, lead: str) -> bool:
    """Base64 of a PEM private key (and not of a certificate)."""
    del lead
    return "PRIVATE KEY" in (_decoded(value[:80]) or "")


def assigned_password(value: str, lead: str) -> bool:
    """Whether a value assigned to something called a password is a literal one. ``lead`` is the text before it, from the name on."""
    value = MARK.sub("", value)
    if len(value) < 6 or _names_something_else(lead) or is_placeholder(value) or _not_literal(value):
        return False
    if not any(c.isalpha() for c in value) or any(c.isspace() for c in value):
        return False
    has_digit, has_sign = any(c.isdigit() for c in value), any(c in _STRONG for c in value)
    if lead[-1:] in ("'", '"', "`"):
        return (has_digit or has_sign) and not _TYPE.fullmatch(value)
    return (has_digit or has_sign) and _written_bare(value, lead)


def bare_password(value: str, lead: str) -> bool:
    """The same where no expression can stand: ``db.password=…`` alone on a line, as in properties files; ``--password …``."""
    return assigned_password(value, re.split(r"\W", lead.rstrip("= "))[-1] + '="')


def assigned_secret(value: str, lead: str) -> bool:
    """The same for secrets, tokens and keys, which are random rather than chosen: 12 characters or more, 3 bits each."""
    value = MARK.sub("", value)
    if (
        len(value) < 12
        or _names_something_else(lead)
        or not random_looking(value, lead)
        or any(c.isspace() for c in value)
    ):
        return False
    if lead[-1:] in ("'", '"', "`"):
        return True
    return not lead.endswith(":") and _written_bare(value, lead)  # arn:aws:secretsmanager:…:secret:name


def _written_bare(value: str, lead: str) -> bool:
    """Without quotes a value may as well be code: only what configuration files look like, or what no identifier looks like."""
    key, operator = re.match(r"[\w-]*", lead)[0], lead.rstrip()[-1:]  # type: ignore[index]
    if len(value) < 8 or _TYPE.fullmatch(value):
        return False
    if operator == "=" and not lead[-1].isspace() and key.isupper():  # DB_PASSWORD=…, as in .env files
        return True
    if (
        operator == ":" and lead[-1].isspace() and not value[0].isupper() and "." not in value
    ):  # password: …, as in YAML
        return True
    if value.isidentifier():
        return _changes(value) >= 5
    return value.isascii() and re.search(r"[*&|=?:]{2}|[a-z_]\.[a-z_]|^[-*&!]|[+*=?]$", value) is None


def _names_something_else(lead: str) -> bool:
    """``password_field``, ``tokenType`` and ``secret-name`` are names for other things than credentials."""
    key: str = re.match(r"[\w-]*", lead)[0]  # type: ignore[index]
    words = re.sub(r"([a-z])([A-Z])", r"\1_\2", key).lower().replace("-", "_").strip("_").split("_")
    return (
        words[-1] in _LABELS
        or not _OTHER_TOKENS.isdisjoint(words)
        or re.search(r"secretar|tokeni[sz]", key.lower()) is not None
    )


def _not_literal(value: str) -> bool:
    """``settings.db2.password``, ``new-password-field``, ``./keys/a1.pem``: made of words, unlike ``k3Vq.9xW2pL``; and ``[a-z0-9]+``."""
    if _EXPRESSION.search(value):
        return True
    return _REFERENCE.fullmatch(value) is not None and all(
        _changes(word) <= 2 and len(word) <= 24 for word in re.split(r"[^A-Za-z0-9]+", value)
    )


def _changes(value: str) -> int:
    """How often a letter stands beside a digit: rarely in an identifier, often in random text."""
    return len(re.findall(r"(?=[A-Za-z]\d|\d[A-Za-z])", value))


def _decoded(value: str) -> str | None:
    body = value.rstrip("=")
    try:
        return base64.b64decode(
            body + "=" * (-len(body) % 4), altchars=b"-_" if set(body) & set("-_") else None
        ).decode()
    except (binascii.Error, UnicodeDecodeError):
        return None
