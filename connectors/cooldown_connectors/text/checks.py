"""What can be said about a place before anything is read from it."""

from __future__ import annotations

import difflib
from collections import Counter
from collections.abc import Sequence

from cooldown_connectors.text.formats import size_limit
from cooldown_connectors.text.options import Format, RowOptions, TextOptions
from cooldown_connectors.text.places import Place, cannot_read
from cooldown_connectors.text.walk import Found
from cooldown_kit.errors import InputError

_COLUMN_OPTIONS = (
    "messages_field",
    "text_field",
    "prompt_field",
    "id_field",
    "title_field",
    "time_field",
    "url_field",
)


def check_file(file: Found, kind: Format, options: TextOptions) -> None:
    """Raise :class:`InputError` where a file that the recipe names itself would give nothing."""
    try:
        with file.path.open("rb") as stream:
            stream.read(1)
    except OSError as error:
        raise cannot_read(file.path, error) from error
    option, limit = size_limit(kind, options)
    if limit is not None and file.size > limit:
        raise InputError(
            f"it has {file.size:,} bytes, more than `{option}` ({limit:,})",
            where=str(file.path),
            remedy=f"raise `{option}`, split the file, or give it as JSONL or Parquet, which are streamed",
        )


def check_columns(file: Found, options: RowOptions, *, strict: bool) -> None:
    """Raise :class:`InputError` with the nearest column where a Parquet file lacks one that the options name.

    A file that is no Parquet is an error only where ``strict``; elsewhere the harvest counts it as ``bad_parquet``.
    """
    import pyarrow as pa

    from cooldown_connectors.text.parquet import columns

    try:
        names = columns(file)
    except (OSError, pa.ArrowException) as error:
        if strict:
            remedy = "it may be cut short: write or fetch it again"
            raise InputError(
                f"it is not a Parquet file: {error}", where=str(file.path), remedy=remedy
            ) from error
        return
    check_names(names, str(file.path), options)


def check_names(names: Sequence[str], where: str, options: RowOptions) -> None:
    """Raise :class:`InputError` with the nearest column where the options name one that is not among ``names``."""
    for option in _COLUMN_OPTIONS:
        wanted = getattr(options, option)
        if option == "text_field" and options.messages_field is not None:
            continue
        if wanted is not None and wanted not in names:
            near = difflib.get_close_matches(wanted, names, n=1, cutoff=0.5)
            hint = f"did you mean {near[0]!r}? " if near else ""
            raise InputError(
                f"there is no column {wanted!r}",
                where=where,
                remedy=f"{hint}Set `{option}` to one of its columns: {', '.join(names)}",
            )


def nothing_to_read(place: Place, options: TextOptions, passed_over: Counter[str]) -> InputError:
    """The error for a place where no file could be read, with what was there instead."""
    if passed_over:
        what = (
            f"no file can be read ({', '.join(f'{n} {reason}' for reason, n in passed_over.most_common())})"
        )
        remedy = (
            f"this source reads {', '.join(options.formats)}, told by extension; correct `path` or `formats`"
        )
    elif place.kind == "glob":
        what = "no file matches"
        remedy = f"the search started in {str(place.root)!r}; `**` stands for any number of folders"
    else:
        what, remedy = "the folder is empty", "put files there, or correct `path`"
    return InputError(what, where=f"path {place.given!r}", remedy=remedy)
