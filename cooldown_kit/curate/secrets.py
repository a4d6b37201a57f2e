"""Replaces credentials in records before anything is rendered from them.

One Aho-Corasick pass finds the keywords of all rules in a text; only where one stands is its rule's RE2 pattern tried. Everything runs in
this process, reads nothing but the text, and no marker in a text (``gitleaks:allow``, ``pragma: allowlist secret``)
switches anything off.
"""

from __future__ import annotations

import hashlib
import hmac
from collections import Counter
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import msgspec

from cooldown_kit.curate.patches import replace_in_patch
from cooldown_kit.curate.private_keys import KEYWORDS, private_key_span
from cooldown_kit.curate.secret_rules import RULES, Rule
from cooldown_kit.curate.secret_values import MARK, random_looking

_PATCH_FIELDS = frozenset({"patch", "hunk"})
_OPAQUE_FIELDS = frozenset(
    {
        "take",
        "revision",
        "parents",
        "blob",
        "old_blob",
        "new_blob",
        "mode",
        "old_mode",
        "new_mode",
        "status",
        "left_out",
        "changed_in",
        "merged_in",
        "base",
        "head",
        "reverts",
        "reverted_by",
        "fixed_by",
        "review",
        "record",
        "forge",
        "state",
        "side",
        "hunk_from",
        "how",
        "unanswered",
        "relation",
        "hidden",
        "reply_to",
        "ref",
        "remarks",
    }
)
"""Object names and words of our own: they hold nothing that anybody typed."""
_SHORTEST = 8
"""Texts of fewer characters hold no secret, and values of fewer bytes are not looked for elsewhere."""
_ROUNDS = 8
"""A replacement may uncover another finding; each round only shortens what is left, and two are the most we have seen."""

_Any = TypeVar("_Any")


class Finding(NamedTuple):
    """Bytes ``start`` to ``end`` of a UTF-8 text are a secret of that rule."""

    start: int
    end: int
    rule: str


class _Log(msgspec.Struct, frozen=True):
    record: str
    field: str
    rule: str
    hmac: str


class _Known:
    """The values that were found in one record, to be found in its other fields too."""

    def __init__(self, values: dict[bytes, str]) -> None:
        self._values = values

    def find(self, data: bytes) -> list[Finding]:
        """Every place where one of the values stands as a whole, in order and apart."""
        found: list[Finding] = []
        for value, rule in self._values.items():
            start = data.find(value)
            while start >= 0:
                end = start + len(value)
                if not (data[start - 1 : start].isalnum() or data[end : end + 1].isalnum()):
                    found.append(Finding(start, end, rule))
                start = data.find(value, end)
        apart: list[Finding] = []
        for finding in sorted(found):
            if not apart or finding.start >= apart[-1].end:
                apart.append(finding)
        return apart


class _Scanner:
    """The rules, compiled: keyword automaton, and which patterns each keyword calls for."""

    def __init__(self, rules: tuple[Rule, ...]) -> None:
        import ahocorasick_rs
        import re2

        by_keyword: dict[bytes, list[tuple[Rule, int, Any]]] = {}
        for rank, rule in enumerate(rules):
            pattern = re2.compile(rule.pattern.encode())
            for keyword in rule.keywords:
                by_keyword.setdefault(keyword.encode(), []).append((rule, rank, pattern))
        self._ranks = {rule.id: rank for rank, rule in reversed(list(enumerate(rules)))}
        self._wanted = list(by_keyword.values())
        self._keys_from = len(by_keyword)
        self._automaton = ahocorasick_rs.BytesAhoCorasick([*by_keyword, *KEYWORDS])

    def find(self, data: bytes) -> list[Finding]:
        """All secrets in a text, in order and apart: findings that overlap are one, named by the first rule of the table."""
        found: list[Finding] = []
        keys_until = 0
        for index, position, _ in self._automaton.find_matches_as_indexes(data.lower(), overlapping=True):
            if index >= self._keys_from:
                if position >= keys_until and (span := private_key_span(data, position)):
                    found.append(Finding(*span, "private-key"))
                    keys_until = span[1]
                continue
            for rule, _, pattern in self._wanted[index]:
                if rule.word and not _begins_word(data, position):
                    continue
                span = _match(rule, pattern, data, position)
                if span is not None:
                    found.append(Finding(*span, rule.id))
        return self._merged(found) if len(found) > 1 else found

    def _merged(self, found: list[Finding]) -> list[Finding]:
        found.sort()
        merged = [found[0]]
        for finding in found[1:]:
            last = merged[-1]
            if finding.start < last.end:
                rule = min(last.rule, finding.rule, key=self._ranks.__getitem__)
                merged[-1] = Finding(last.start, max(last.end, finding.end), rule)
            else:
                merged.append(finding)
        return merged


def _match(rule: Rule, pattern: Any, data: bytes, position: int) -> tuple[int, int] | None:
    if rule.before:
        match = pattern.search(data, max(0, position - rule.before), min(len(data), position + 512))
    else:
        match = pattern.match(data, position)
    if match is None:
        return None
    group = next(g for g in range(1, pattern.groups + 1) if match.start(g) >= 0)
    start, end = match.span(group)
    value = data[start:end].decode(errors="surrogateescape")
    if MARK.fullmatch(value):
        return None
    if rule.accept is not None:
        lead = data[_name_start(data, match.start()) : start].decode(errors="surrogateescape")
        if not rule.accept(value, lead):
            return None
    return start, end


def _name_start(data: bytes, position: int) -> int:
    """Where the identifier begins whose keyword stands at ``position``: ``DB_`` of ``DB_PASSWORD`` belongs to it."""
    start = position
    while start > max(0, position - 32) and (data[start - 1 : start].isalnum() or data[start - 1] == 0x5F):
        start -= 1
    escaped = start > 0 and data[start - 1] == 0x5C  # the "n" of a literal \n is none of the name's
    return min(start + 1, position) if escaped else start


def _begins_word(data: bytes, position: int) -> bool:
    """Whether a token may begin here: not within a word, though right after an escape such as ``\\n``, ``%3D``, ``\\x1b`` or ``\\u0027``."""
    if position == 0 or not data[position - 1 : position].isalnum():
        return True
    before = data[max(0, position - 6) : position]
    return (
        before[-2:-1] == b"\\"
        or before[-3:-2] == b"%"
        or before[-4:-2] == b"\\x"
        or before[-6:-4] == b"\\u"
        or (before[-1:] == b"m" and b"\x1b[" in before)  # the end of a terminal colour
    )


@cache
def _scanner() -> _Scanner:
    return _Scanner(RULES)


class SecretCleaner:
    """Cleans every text field of records, and counts and logs what it found.

    ``hash_key`` keys the HMAC by which the log tells equal secrets from different ones without holding any.
    """

    def __init__(self, hash_key: bytes) -> None:
        self._hash_key = hash_key
        self._finder: _Scanner | _Known = _scanner()
        self._values: dict[bytes, str] = {}
        self._log: list[_Log] = []
        self._pending: list[tuple[str, str, str]] = []
        self.findings: Counter[str] = Counter()
        """How many secrets were replaced, by rule."""

    def clean(self, record: _Any) -> _Any:
        """The record with ``<secret:rule>`` in place of each secret; the same object where there is none.

        A value that one field gives away goes from all: a hunk may show a password without the line that calls it one."""
        self._values.clear()
        cleaned: _Any = self._value(record, "", in_patch=False)
        if self._values:
            self._finder = _Known(dict(self._values))
            try:
                cleaned = self._value(cleaned, "", in_patch=False)
            finally:
                self._finder = _scanner()
        if self._pending:
            name = str(getattr(cleaned, "id", ""))
            self._log += [_Log(name, field, rule, digest) for field, rule, digest in self._pending]
            self.findings.update(rule for _, rule, _ in self._pending)
            self._pending = []
        return cleaned

    def clean_text(self, text: str, field: str = "text", *, in_patch: bool = False) -> str:
        """One text without its secrets. With ``in_patch`` it is the hunks of a unified diff, and stays that."""
        if len(text) < _SHORTEST:
            return text
        data = text.encode("utf-8", "surrogatepass")
        changed = False
        for _ in range(_ROUNDS):
            found = self._find(data, in_patch)
            if not found:
                break
            changed = True
            for finding in found:
                self._note(data[finding.start : finding.end], finding.rule, field)
            data = _replaced(data, found, in_patch)
        return data.decode("utf-8", "surrogatepass") if changed else text

    def write_log(self, path: Path) -> None:
        """One JSON line a finding: record, field, rule and HMAC of the value. Never the value."""
        encoder = msgspec.json.Encoder()
        with path.open("wb") as file:
            file.writelines(encoder.encode(line) + b"\n" for line in self._log)

    def _note(self, value: bytes, rule: str, field: str) -> None:
        digest = hmac.new(self._hash_key, value, hashlib.sha256).hexdigest()[:32]
        self._pending.append((field, rule, digest))
        is_line = len(value) >= _SHORTEST and b"\n" not in value
        if is_line and random_looking(value.decode("utf-8", "replace"), ""):
            self._values.setdefault(value, rule)  # unlike "postgres", which is also the name of a database

    def _find(self, data: bytes, in_patch: bool) -> list[Finding]:
        found = self._finder.find(data)
        if not in_patch:
            return found
        pieces = []
        for finding in found:  # nothing reaches over the header of the next hunk, which must stay
            header = data.find(b"\n@@ ", finding.start, finding.end)
            pieces.append(finding if header < 0 else finding._replace(end=header))
        return pieces

    def _value(self, value: Any, field: str, *, in_patch: bool) -> Any:
        if isinstance(value, str):
            return self.clean_text(value, field, in_patch=in_patch)
        if isinstance(value, list | tuple):
            items = [self._value(item, f"{field}[{i}]", in_patch=in_patch) for i, item in enumerate(value)]
            return value if all(map(_same, items, value)) else type(value)(items)
        if isinstance(value, dict):
            new = {k: self._value(v, f"{field}[{k!r}]", in_patch=in_patch) for k, v in value.items()}
            return value if all(map(_same, new.values(), value.values())) else new
        if isinstance(value, msgspec.Struct):
            return self._struct(value, field)
        return value

    def _struct(self, value: msgspec.Struct, field: str) -> msgspec.Struct:
        changes = {}
        for name in value.__struct_fields__:
            if name in _OPAQUE_FIELDS:
                continue
            old = getattr(value, name)
            new = self._value(old, f"{field}.{name}" if field else name, in_patch=name in _PATCH_FIELDS)
            if new is not old:
                changes[name] = new
        return msgspec.structs.replace(value, **changes) if changes else value


def _same(a: object, b: object) -> bool:
    return a is b


def _replaced(data: bytes, found: list[Finding], in_patch: bool) -> bytes:
    spans = [(f.start, f.end, b"<secret:%s>" % f.rule.encode()) for f in found]
    if in_patch:
        return replace_in_patch(data, spans)
    parts, position = [], 0
    for start, end, mark in spans:
        parts += [data[position:start], mark]
        position = end
    return b"".join([*parts, data[position:]])
