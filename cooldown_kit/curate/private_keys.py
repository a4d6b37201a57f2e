"""Finds private keys in PEM, OpenSSH, PGP, SSH2 and PuTTY armour, whole or torn: in plain text, in diffs, in string literals.

A key in a diff has a sign before each line, in JSON it has ``\\n`` for line ends, in source code it may be many quoted strings. A hunk may
show only its first or its last lines. So the body is read as runs of base64 between whatever may stand between such runs, and
a marker without any run of base64 beside it (documentation that names the marker) is no key.
"""

from __future__ import annotations

import re2

KEYWORDS = (b"-----begin ", b"---- begin ", b"-----end ", b"---- end ", b"private-lines:", b"private-mac:")

_LABEL = r"[A-Z0-9 ]{0,30}PRIVATE KEY(?: BLOCK)?"
_SEPARATOR = r"""(?:[\s"'`,;+>#*|()\[\]-]|\\+[nrt"'/]|\\\r?\n|//|\\ No newline at end of file|\{|\})"""
_HEADER = r"""(?:(?:Proc-Type|DEK-Info|Version|Comment|Hash|Charset|MessageID|Subject|X-[\w-]{1,40}):[^\n\\"]{0,200})"""
_BEGIN = re2.compile(
    rf"-----BEGIN {_LABEL}-----|---- BEGIN SSH2 (?:ENCRYPTED )?PRIVATE KEY ----|Private-Lines: ?\d+".encode()
)
_END = re2.compile(
    rf"-----END {_LABEL}-----|---- END SSH2 (?:ENCRYPTED )?PRIVATE KEY ----|Private-(?:MAC|Hash): ?[0-9a-f]{{0,64}}".encode()
)
_BODY = re2.compile(rf"(?:{_SEPARATOR}|{_HEADER}|[A-Za-z0-9+/=]+)*?(?:{_END.pattern.decode()})".encode())
_LONG_RUN = re2.compile(rb"[A-Za-z0-9+/=]{24}")
_TORN_BODY = re2.compile(
    (
        rf"(?:{_SEPARATOR}{{1,80}}(?:{_HEADER}|[A-Za-z0-9+/=]{{24,}}))+"
        r"(?:(?:\r?\n[ +-]?[ \t]*|\\r\\n|\\n)[A-Za-z0-9+/=]{1,70}(?:[\r\n]|\\[rn]|$))?"
    ).encode()
)
_TORN_END = re2.compile(
    rf"(?:[A-Za-z0-9+/=]{{24,}}{_SEPARATOR}{{1,80}})+(?:[A-Za-z0-9+/=]{{1,70}}{_SEPARATOR}{{1,80}})?\z".encode()
)
_LONGEST = 64 << 10
"""Bytes of armour that are read: an RSA key of 16,384 bits takes 13 KB, a PGP key ring rarely more than this."""


def private_key_span(data: bytes, position: int) -> tuple[int, int] | None:
    """The bytes of a private key that begins or (torn) ends with the armour marker at ``position``; ``None`` where there is no key."""
    if begin := _BEGIN.match(data, position):
        return _from_begin(data, position, begin.end())
    if end := _END.match(data, position):
        start = max(0, position - _LONGEST)
        before = _TORN_END.search(data[start:position])
        return (start + before.start(), end.end()) if before else None
    return None


def _from_begin(data: bytes, start: int, body: int) -> tuple[int, int] | None:
    # A sign "-" in front of a run cannot hide a second BEGIN: five hyphens are five separators, "BEGIN" is a run,
    # so a doubled BEGIN is swallowed by the first one's END, and both keys go.
    whole = _BODY.match(data, body, min(len(data), body + _LONGEST))
    if whole and _LONG_RUN.search(data, body, whole.end()):
        return start, whole.end()
    torn = _TORN_BODY.match(data, body, min(len(data), body + _LONGEST))
    if torn is None or not _LONG_RUN.search(data, body, torn.end()):
        return None
    end = torn.end()
    while data[end - 1 : end] in (b"\n", b"\r"):  # the line end belongs to the text that goes on
        end -= 1
    return start, end
