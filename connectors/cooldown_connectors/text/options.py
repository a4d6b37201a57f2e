"""Options of the ``text`` connector."""

from __future__ import annotations

from typing import Annotated, Literal, Self, get_args

from pydantic import AfterValidator, Field, model_validator

from cooldown_kit.connector import SourceOptions
from cooldown_kit.guard.marks import Reach
from cooldown_kit.options import Bytes, Count

Format = Literal["markdown", "text", "html", "docx", "pdf", "jsonl", "parquet"]
FORMATS: tuple[Format, ...] = get_args(Format)


def _known_encoding(value: str) -> str:
    try:
        b"x".decode(value)
    except UnicodeError:
        pass  # half a character of an encoding that is known
    except LookupError:
        raise ValueError(
            f"{value!r} is not a text encoding that Python knows, such as utf-8, cp1252 or shift_jis"
        ) from None
    return value


Encoding = Annotated[str, AfterValidator(_known_encoding), Reach("none")]
"""A text encoding by a name that Python knows."""


class RowOptions(SourceOptions):
    """What every source of rows is asked: which fields hold what, and how long a text may be."""

    text_field: Annotated[str, Reach("none"), Field(min_length=1)] = "text"
    """The field or column that holds the text of a row."""
    prompt_field: Annotated[str | None, Reach("none")] = None
    """The field that holds a prompt, which the model reads before the text and does not learn to write."""
    messages_field: Annotated[str | None, Reach("none")] = None
    """The field that holds a conversation, in place of a text: a list of `{role, content}`. The model learns to write what the role `assistant` says, but for turns of `weight: 0`."""
    id_field: Annotated[str | None, Reach("none")] = None
    """The field that identifies a row within its file; without it the number of the row does."""
    title_field: Annotated[str | None, Reach("none")] = None
    """The field that holds the title of a row."""
    time_field: Annotated[str | None, Reach("none")] = None
    """The field that holds the time of a row: ISO 8601, a number of seconds since 1970, or a timestamp column."""
    url_field: Annotated[str | None, Reach("none")] = None
    """The field that holds the address of a row."""
    max_text_size: Bytes = 10 << 20
    """Rows with a longer text are skipped, in bytes of UTF-8."""

    @model_validator(mode="after")
    def _one_kind_of_row(self) -> Self:
        if self.messages_field is not None and self.prompt_field is not None:
            raise ValueError("give either `messages_field` or `prompt_field`, not both")
        return self

    @property
    def main_field(self) -> str:
        """The field that a row cannot do without."""
        return self.messages_field or self.text_field

    @property
    def row_fields(self) -> tuple[str, ...]:
        """The fields of a row that are read, the main one first."""
        optional = (self.prompt_field, self.id_field, self.title_field, self.time_field, self.url_field)
        return tuple(dict.fromkeys([self.main_field, *filter(None, optional)]))


class TextOptions(RowOptions):
    """Documents that lie in files: pages (Markdown, plain text, HTML, Word, PDF) or rows (JSONL, Parquet)."""

    path: Annotated[str, Reach("path"), Field(min_length=1)]
    """A file, a folder (with all below it) or a glob such as `../handbook/**/*.md`, relative to the recipe's folder; or
    `package:NAME/inner/path` for files that an installed Python package brings."""
    formats: Annotated[tuple[Format, ...], Field(min_length=1)] = FORMATS
    """Which formats to read; files in other formats are counted and skipped."""
    family: Literal["text", "code"] = "text"
    """Whether the pages count as text or as code where the goal sets the shares."""
    encoding: Encoding = "utf-8"
    """Encoding of page files that say nothing themselves; a UTF-8 or UTF-16 byte order mark always wins. Rows of JSONL are UTF-8."""
    max_file_size: Bytes = 10 << 20
    """Larger Markdown, text and HTML files are skipped, in bytes. Files of rows may have any size."""
    max_document_size: Annotated[Bytes, Field(le=1 << 30)] = 100 << 20
    """Larger Word files and PDFs are skipped, in bytes; most of what they hold are pictures."""
    max_document_pages: Annotated[Count, Field(ge=1)] = 5000
    """PDFs with more pages are skipped."""
    max_document_seconds: Annotated[int, Field(ge=1, le=86_400)] = 120
    """Processor time for one Word file or PDF, in seconds; one that needs more is skipped."""
