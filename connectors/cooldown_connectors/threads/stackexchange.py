"""Tables of a StackExchange dump → the index of posts."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Final

import msgspec

from cooldown_connectors.threads.licences import by_date, identifier
from cooldown_connectors.threads.posts import MAX_ID, Kind, Post, PostIndex, Remark
from cooldown_connectors.threads.row_parser import BadXmlError, RowParser

Row = dict[str, str]
TABLES: Final = ("users", "posts", "comments", "postlinks", "posthistory")
"""Tables that are read, in that order where the order is free."""
OTHER_TABLES: Final = ("badges", "votes", "tags")
_KINDS: Final[dict[str, Kind]] = {"1": "question", "2": "answer"}
_TAGS: Final = re.compile(r"[^<>|]+")
_CLOSED: Final = "10"
"""PostHistoryTypeId of a closing."""
_DUPLICATE: Final = "3"
"""LinkTypeId of a question that is marked as a duplicate of another."""
_REASONS: Final = {
    "1": "duplicate",
    "2": "off_topic",
    "3": "subjective",
    "4": "not_a_real_question",
    "7": "too_localised",
    "10": "general_reference",
    "20": "noise",
    "101": "duplicate",
    "102": "off_topic",
    "103": "unclear",
    "104": "too_broad",
    "105": "opinion_based",
}
"""CloseReasonTypes of the schema: below 100 those that were used until 2013."""


class Table:
    """Takes the bytes of one table and adds its rows to the index; goes on where an earlier run was killed."""

    def __init__(self, index: PostIndex, name: str, table: str, place: str) -> None:
        """``name`` is the file, ``table`` one of :data:`TABLES`."""
        self._index, self._name, self._place = index, name, place
        self._add: Callable[[Row], str | None] = {
            "users": self._user,
            "posts": self._post,
            "comments": self._comment,
            "postlinks": self._link,
            "posthistory": self._history,
        }[table]
        self.start, self._rows, self.done = index.file.position(name)
        """The byte to go on from, and whether nothing is left."""
        self._parser = RowParser(self._row, self._broken, self.start)
        self._failed = False
        self._given = 0

    def write(self, chunk: bytes) -> None:
        """Bytes from the start of the file on: what is before :attr:`start` is passed over."""
        before = self._given
        self._given += len(chunk)
        if self.done or self._failed or self._given <= self.start:
            return
        try:
            self._parser.feed(chunk[max(0, self.start - before) :])
        except BadXmlError as error:
            self._failed = True
            self._index.file.pass_over(self._name, "bad_xml", f"the rest of the file: {error}")

    def skip_to_start(self) -> None:
        """The caller gives bytes from :attr:`start` on."""
        self._given = self.start

    def finish(self) -> None:
        if self.done:
            return
        if not self._failed:
            self._parser.finish()
        self._index.file.read_to(self._name, self._given, self._rows, done=True)

    def _row(self, position: int, row: Row) -> None:
        self._index.file.read_to(self._name, position, self._rows)
        self._rows += 1
        try:
            reason = self._add(row)
        except (KeyError, ValueError, OverflowError) as error:
            self._pass_over(row, "bad_row", f"{type(error).__name__}: {error}")
            return
        if reason is not None:
            self._pass_over(row, reason, "")

    def _pass_over(self, row: Row, reason: str, detail: str) -> None:
        what = f"{self._name}#{row.get('Id', f'row {self._rows}')[:40]}"
        self._index.file.pass_over(what, reason, detail[:200])

    def _broken(self, position: int, why: str) -> None:
        self._index.file.pass_over(self._name, "bad_xml", f"a row after byte {position:,}: {why}")

    def _post(self, row: Row) -> str | None:
        kind = _KINDS.get(row["PostTypeId"])
        if kind is None:
            return "not_a_question"  # wikis of tags, nominations
        number = _number(row["Id"])
        edited = _time(row["LastEditDate"]) if row.get("LastEditDate") else None
        created = _time(row["CreationDate"])
        post = Post(
            id=number,
            kind=kind,
            of=_number(row["ParentId"]) if kind == "answer" else None,
            created_at=created,
            edited_at=edited,
            text=row.get("Body", ""),
            title=row.get("Title", "").strip(),
            tags=_TAGS.findall(row.get("Tags", "")),
            score=_integer(row["Score"]) if row.get("Score") else None,
            accepted_answer=_number(row["AcceptedAnswerId"]) if row.get("AcceptedAnswerId") else None,
            owner=_integer(row["OwnerUserId"]) if row.get("OwnerUserId") else None,
            owner_name=row.get("OwnerDisplayName", ""),
            closed="closed" if row.get("ClosedDate") else None,
            licence=_licence(row, edited or created),
            url=self._url("q" if kind == "question" else "a", number),
        )
        return None if self._index.add_post(post) else "duplicate_id"

    def _comment(self, row: Row) -> str | None:
        created = _time(row["CreationDate"])
        remark = Remark(
            id=_number(row["Id"]),
            of=_number(row["PostId"]),
            created_at=created,
            text=row.get("Text", ""),
            score=_integer(row["Score"]) if row.get("Score") else None,
            owner=_integer(row["UserId"]) if row.get("UserId") else None,
            owner_name=row.get("UserDisplayName", ""),
            licence=_licence(row, created),
        )
        return None if self._index.add_remark(remark) else "duplicate_id"

    def _user(self, row: Row) -> str | None:
        number = _integer(row["Id"])
        self._index.add_user(number, row.get("DisplayName", ""))
        return None

    def _link(self, row: Row) -> str | None:
        if row.get("LinkTypeId") == _DUPLICATE:
            self._index.add_closing(_number(row["PostId"]), "duplicate", rank=1)
        return None

    def _history(self, row: Row) -> str | None:
        if row.get("PostHistoryTypeId") == _CLOSED:
            reason = _REASONS.get(row.get("Comment", "").partition(":")[0].strip(), "closed")
            self._index.add_closing(_number(row["PostId"]), reason, rank=2)
        return None

    def _url(self, kind: str, number: int) -> str | None:
        return f"https://{self._place}/{kind}/{number}" if is_domain(self._place) else None


_DOMAIN: Final = re.compile(r"[a-z0-9-]+(?:\.[a-z0-9-]+)*\.[a-z]{2,}")


def is_domain(place: str) -> bool:
    return _DOMAIN.fullmatch(place.lower()) is not None


def tag_names(chunks: Iterator[bytes]) -> list[str]:
    """The tags of a site, from its ``Tags.xml``; broken rows are passed over."""
    names: list[str] = []
    parser = RowParser(lambda _, row: names.append(row.get("TagName", "")), lambda *_: None)
    try:
        for chunk in chunks:
            parser.feed(chunk)
    except BadXmlError:
        pass
    return names


def _integer(value: str) -> int:
    number = int(value)
    if abs(number) > MAX_ID:
        raise ValueError(f"{value[:40]!r} is out of bounds")
    return number


def _number(value: str) -> int:
    number = _integer(value)
    if number <= 0:
        raise ValueError(f"{value[:40]!r} is no id")
    return number


def _time(value: str) -> datetime:
    """Dumps give times in UTC and do not say so."""
    time = msgspec.convert(value, datetime) if value.endswith("Z") else datetime.fromisoformat(value)
    return time.replace(tzinfo=UTC) if time.tzinfo is None else time.astimezone(UTC)


def _licence(row: Row, contributed_at: datetime) -> str:
    said = row.get("ContentLicense")
    return identifier(said) if said else by_date(contributed_at)
