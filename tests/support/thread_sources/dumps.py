"""Makes StackExchange dumps: tables of rows, as the public ones are written."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from xml.sax.saxutils import quoteattr

Row = Mapping[str, object]
TIME = "2020-01-02T03:04:05.678"


def question(number: int, **fields: object) -> Row:
    plain = {
        "Id": number,
        "PostTypeId": 1,
        "CreationDate": TIME,
        "Score": 3,
        "Body": f"<p>Question {number}</p>",
    }
    return {**plain, "Title": f"Title {number}", "Tags": "<python><xml>", "OwnerUserId": 1, **fields}


def answer(number: int, of: int, **fields: object) -> Row:
    plain = {"Id": number, "PostTypeId": 2, "ParentId": of, "CreationDate": TIME, "Score": 1}
    return {**plain, "Body": f"<p>Answer {number}</p>", "OwnerUserId": 2, **fields}


def comment(number: int, of: int, **fields: object) -> Row:
    return {
        "Id": number,
        "PostId": of,
        "Score": 0,
        "Text": f"Remark {number}",
        "CreationDate": TIME,
        "UserId": 1,
        **fields,
    }


def user(number: int, name: str) -> Row:
    return {"Id": number, "DisplayName": name, "CreationDate": TIME}


def xml(root: str, rows: Iterable[Row]) -> str:
    lines = (
        "  <row " + " ".join(f"{name}={_attribute(value)}" for name, value in row.items()) + " />\n"
        for row in rows
    )
    return f'\ufeff<?xml version="1.0" encoding="utf-8"?>\n<{root}>\n{"".join(lines)}</{root}>\n'


def _attribute(value: object) -> str:
    return quoteattr(str(value), {"\n": "&#xA;", "\r": "&#xD;", "\t": "&#x9;", '"': "&quot;"})


def write_dump(folder: Path, **tables: Iterable[Row]) -> Path:
    """``write_dump(folder, Posts=[…], Comments=[…])``."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, rows in tables.items():
        (folder / f"{name}.xml").write_text(xml(name.lower(), rows), encoding="utf-8")
    return folder


def garble(path: Path) -> None:
    """Change the contents and nothing that can be seen from outside: whoever reads the file will notice."""
    status = path.stat()
    path.write_bytes(b"?" * status.st_size)
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
