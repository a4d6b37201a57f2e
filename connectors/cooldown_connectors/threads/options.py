"""Options of the ``threads`` connector."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from typing import Annotated, Literal, Self

from pydantic import BeforeValidator, Field, field_validator, model_validator

from cooldown_connectors.text.options import Encoding
from cooldown_kit.connector import SourceOptions
from cooldown_kit.guard.marks import Reach
from cooldown_kit.options import Bytes, Count

Format = Literal["stackexchange", "teams", "mbox"]
FORMATS: tuple[Format, ...] = ("stackexchange", "teams", "mbox")


def _as_list(value: object) -> object:
    """One word in place of a list of one."""
    return [value] if isinstance(value, str) else value


Words = Annotated[tuple[str, ...], BeforeValidator(_as_list), Reach("none")]


class ThreadsOptions(SourceOptions):
    """Conversations that lie in files: StackExchange dumps, exports of Stack Overflow for Teams, mail archives."""

    path: Annotated[str, Reach("path"), Field(min_length=1)]
    """A file, a folder (with all below it) or a glob such as `../archives/*.mbox.gz`, relative to the recipe's folder."""
    format: Literal["auto", "stackexchange", "teams", "mbox"] = "auto"
    """What lies there; `auto` tells it file by file, by name and first bytes."""
    place: Annotated[Annotated[str, Field(min_length=1)] | None, Reach("none")] = None
    """Name of the site or the list, for example `unix.stackexchange.com`; without it the archive's or folder's name, or what the mails say in `List-Id`."""
    family: Literal["text", "code"] = "text"
    """Whether the threads count as text or as code where the goal sets the shares."""
    since: date | datetime | None = None
    """Take only threads in which something was written at this time or later (UTC); a date means the start of that day."""
    until: date | datetime | None = None
    """Take only threads that began before this time (UTC)."""
    min_answers: Count = 1
    """Questions with fewer answers are left out; StarCoder2 took those with three or more."""
    min_score: int | None = None
    """Questions with a lower score are left out."""
    min_answer_score: int | None = None
    """Answers with a lower score are left out, unless they are accepted."""
    tags: Words = ()
    """Take only questions with at least one of these tags; empty takes all."""
    exclude_tags: Words = ()
    """Leave out questions with one of these tags."""
    closed: bool = True
    """Take questions that were closed, duplicates among them."""
    close_reasons: bool = False
    """Read `PostHistory.xml` for the reasons; it is several times the size of all else, and without it only duplicates are told apart."""
    remarks: bool = True
    """Take the comments under questions and answers."""
    articles: bool = True
    """Take articles of Stack Overflow for Teams."""
    min_messages: Annotated[Count, Field(ge=1)] = 1
    """Threads of mail with fewer messages are left out."""
    encoding: Encoding = "cp1252"
    """Encoding of mails that declare none or a wrong one and are not UTF-8."""
    max_mail_size: Annotated[Bytes, Field(ge=1 << 10)] = 16 << 20
    """Larger mails are skipped, bytes with attachments."""
    max_text_size: Annotated[Bytes, Field(ge=1)] = 1 << 20
    """Posts with a longer text are skipped, bytes of UTF-8."""
    max_posts: Annotated[Count, Field(ge=1, le=100_000)] = 2000
    """Of longer threads the oldest posts are taken, and the rest is counted."""
    max_thread_size: Annotated[Bytes, Field(ge=1)] = 16 << 20
    """The same for the text of all posts of a thread, bytes of UTF-8."""

    @field_validator("tags", "exclude_tags")
    @classmethod
    def _tags_as_sites_write_them(cls, tags: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(dict.fromkeys(tag.strip().lower() for tag in tags))

    @model_validator(mode="after")
    def _something_can_be_taken(self) -> Self:
        both = sorted(set(self.tags) & set(self.exclude_tags))
        if both:
            raise ValueError(f"{both[0]!r} stands in `tags` and in `exclude_tags`")
        if self.earliest and self.latest and self.latest <= self.earliest:
            raise ValueError("`until` is not after `since`")
        return self

    @property
    def earliest(self) -> datetime | None:
        """``since`` as an instant."""
        return _instant(self.since)

    @property
    def latest(self) -> datetime | None:
        """``until`` as an instant."""
        return _instant(self.until)


def _instant(value: date | datetime | None) -> datetime | None:
    if value is None:
        return None
    if not isinstance(value, datetime):
        return datetime.combine(value, time.min, UTC)
    return value if value.tzinfo else value.replace(tzinfo=UTC)
