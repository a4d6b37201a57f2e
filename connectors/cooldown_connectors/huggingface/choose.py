"""Which files of a data set a source reads, or what is wrong with its ``config``, ``split`` or ``files``."""

from __future__ import annotations

import difflib
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from cooldown_connectors.huggingface.card import read_card
from cooldown_connectors.huggingface.formats import RowFormat, format_of
from cooldown_connectors.huggingface.layout import CONVERTED, PARTIAL, Config, configs, matching
from cooldown_connectors.huggingface.listing import Listing, RemoteFile
from cooldown_connectors.huggingface.options import HuggingFaceOptions
from cooldown_kit.errors import InputError
from cooldown_kit.records import Skipped

_NAMED = 20
"""A message names so many configurations, splits or files."""
_ELSEWHERE = (
    f"the hub may have turned it into Parquet: try `revision: {CONVERTED}`, or name the files with `files`"
)


@dataclass(frozen=True)
class Chosen:
    """The files to read, in order, all of one format; what lies beside them and is not read; the card's columns."""

    files: tuple[RemoteFile, ...]
    kind: RowFormat
    passed_over: tuple[Skipped, ...]
    config: str
    columns: dict[str, str] | None

    @property
    def partial(self) -> bool:
        """Whether the hub itself turned only a part of the split into Parquet."""
        return any(f"/{PARTIAL}" in file.path for file in self.files)


def choose(listing: Listing, options: HuggingFaceOptions) -> Chosen:
    """Raises :class:`InputError` with the nearest name, or the remedy, where there is nothing to read."""
    card = read_card(listing.card)
    paths = [file.path for file in listing.files if format_of(file.path) is not None]
    if options.files:
        name, wanted = "", _named(options, listing)
    else:
        if not paths:
            raise _nothing(options, listing)
        config = _config(options, configs(paths, card, options.revision))
        name, wanted = config.name, _split(options, config)
    kinds: Counter[RowFormat] = Counter(kind for path in wanted if (kind := format_of(path)) is not None)
    if not kinds:
        raise _nothing(options, listing)
    most = max(kinds, key=lambda one: (kinds[one], one == "parquet"))
    by_path = {file.path: file for file in listing.files}
    columns = (card.columns or {}).get(name) or (card.columns or {}).get("default")
    return Chosen(
        files=tuple(by_path[path] for path in wanted if format_of(path) == most),
        kind=most,
        passed_over=tuple(_other(options, path, most) for path in wanted if format_of(path) != most),
        config=name,
        columns=columns,
    )


def _named(options: HuggingFaceOptions, listing: Listing) -> tuple[str, ...]:
    every = [file.path for file in listing.files]
    found = matching(every, options.files)
    if not found:
        raise InputError(
            "no file of the set matches",
            where=f"files {', '.join(map(repr, options.files))}",
            remedy=f"{_near(options.files[0], every)}The set holds {_some(every)}",
        )
    return found


def _config(options: HuggingFaceOptions, found: Sequence[Config]) -> Config:
    if options.config is not None:
        for config in found:
            if config.name == options.config:
                return config
        what, near = (
            f"there is no configuration {options.config!r}",
            _near(options.config, [c.name for c in found]),
        )
    else:
        default = [config for config in found if config.default]
        if default or len(found) == 1:
            return (default or list(found))[0]
        what, near = "the set has several configurations, and none is the default", ""
    raise InputError(
        what,
        where=f"data set {options.dataset}",
        remedy=f"{near}Set `config` to one of {_some([config.name for config in found])}",
    )


def _split(options: HuggingFaceOptions, config: Config) -> tuple[str, ...]:
    files = config.splits.get(options.split)
    if files:
        return files
    full = [split for split, paths in config.splits.items() if paths]
    raise InputError(
        f"there is no split {options.split!r}"
        if files is None
        else f"the split {options.split!r} has no files",
        where=f"data set {options.dataset}, configuration {config.name}",
        remedy=f"{_near(options.split, full)}Set `split` to one of {_some(full)}"
        if full
        else f"what the card declares does not exist; {_ELSEWHERE}",
    )


def _nothing(options: HuggingFaceOptions, listing: Listing) -> InputError:
    script = f"{options.dataset.rpartition('/')[2]}.py"
    where = f"data set {options.dataset} at {listing.commit[:12]}"
    if any(file.path == script for file in listing.files):
        what = f"its rows are made by a script ({script}), and scripts of data sets are never run"
        return InputError(what, where=where, remedy=_ELSEWHERE)
    kinds = Counter(file.path.rpartition(".")[2].lower() for file in listing.files if "." in file.path)
    held = ", ".join(f"{count} .{kind}" for kind, count in kinds.most_common(5)) or "nothing"
    return InputError(
        f"no file holds rows in Parquet, JSON Lines, JSON or CSV (there are {held})",
        where=where,
        remedy=_ELSEWHERE,
    )


def _other(options: HuggingFaceOptions, path: str, kind: RowFormat) -> Skipped:
    own = format_of(path)
    what = f"{options.dataset}:{path}"
    if own is None:
        return Skipped(what=what, reason="unknown_format")
    return Skipped(
        what=what, reason="other_format", detail=f"{own}; the files are read that are {kind}, as most are"
    )


def _near(name: str, known: Iterable[str]) -> str:
    near = difflib.get_close_matches(name, list(known), n=1, cutoff=0.5)
    return f"did you mean {near[0]!r}? " if near else ""


def _some(names: Sequence[str]) -> str:
    more = f" and {len(names) - _NAMED:,} more" if len(names) > _NAMED else ""
    return ", ".join(names[:_NAMED]) + more
