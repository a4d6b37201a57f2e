"""Repository documents: source files of one repository in import order, each under its path.

Plain::

    File: ledger/money.py
    CENT = Decimal("0.01")

    File: ledger/split.py
    from ledger.money import CENT

A blank line sets files apart: one newline after a file that ends with one, two after a file that does not. With the special
tokens of StarCoder2 (arXiv 2402.19173)::

    <repo_name>acme/ledger<file_sep>ledger/money.py
    CENT = Decimal("0.01")
    <file_sep>ledger/split.py
    from ledger.money import CENT

Contents stand byte for byte in both. Between a content and the next special token stands nothing.
"""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import msgspec

from cooldown_kit.documents import Document
from cooldown_kit.records import SourceFile
from cooldown_kit.render.imports.clusters import gather
from cooldown_kit.render.imports.graph import ImportGraph
from cooldown_kit.render.imports.manifests import Declared, declared_by
from cooldown_kit.render.imports.paths import RepositoryPaths
from cooldown_kit.render.imports.reader import ImportReader
from cooldown_kit.render.languages import is_markup, language_of
from cooldown_kit.render.markup import Body, marks
from cooldown_kit.render.origin import Origin, content_hash, quote_path
from cooldown_kit.render.signals import text_signals
from cooldown_kit.render.source_file import render_source_file

LAYOUT = "repository"


@dataclass(frozen=True, slots=True)
class Member:
    """A file of a pack: what stays in memory of it."""

    path: str
    language: str | None
    characters: int
    """Of the content."""
    imports: tuple[str, ...]
    """As the file writes them."""
    offset: int
    size: int
    """Where the record stands in the spool, in bytes."""


@dataclass(frozen=True, slots=True)
class Pack:
    """Files of one repository at one revision that make one document, in reading order."""

    id: str
    """``{repository}@{revision}:pack/{hash of the paths}``: equal files, equal id, whatever becomes of the others."""
    take: str
    repository: str
    revision: str
    members: tuple[Member, ...]


@dataclass(slots=True)
class _Repository:
    """What is known of one repository while its files come in."""

    take: str
    name: str
    revision: str
    members: dict[str, Member] = field(default_factory=dict)
    others: list[str] = field(default_factory=list)
    """Paths that are in no pack. Imports may mean them all the same, and then mean no other file."""
    declared: dict[str, Declared] = field(default_factory=dict)


class RepositoryPacker:
    """Collects the source files of repositories and deals them out in packs. A context manager.

    Contents wait in an unnamed file in ``folder``; memory holds paths, imports and sizes: under 1 KB a file, some 2 KB a file
    of the repository that is being dealt out. The packs do not depend on the order in which the files come.
    """

    def __init__(
        self,
        folder: Path,
        *,
        max_characters: int,
        tokens: frozenset[str],
        origin: Origin,
        accept: Callable[[Document], bool] | None = None,
        reader: ImportReader | None = None,
    ) -> None:
        """``max_characters`` bounds the text of a pack, unless one file alone is longer. ``tokens`` are the special tokens
        that the layout may use. ``accept`` sees each file as the document that it would be by itself; where it says
        no (generated or minified code, say) the file is in no pack. ``reader`` is closed with the packer."""
        self._spool = tempfile.TemporaryFile(dir=folder, prefix="repository-")  # noqa: SIM115 (close() closes)
        self._max_characters = max_characters
        self._tokens = tokens
        self._origin = origin
        self._accept = accept
        self._reader = reader or ImportReader()
        self._repositories: dict[tuple[str, str, str], _Repository] = {}
        self._names: dict[str, str] = {}
        """Every import once: most files of a repository import the same few modules."""
        self._encoder = msgspec.msgpack.Encoder()
        self._decoder = msgspec.msgpack.Decoder(SourceFile)
        self._end = 0
        self._reading: tuple[_Repository, Member] | None = None
        """The file whose imports the reader's process reads while the caller gets the next one ready."""
        self.counts: Counter[str] = Counter()
        """``files`` in packs; ``kept_out`` of them; those of the former whose imports are not known, by reason
        (``no_parser``, ``too_large_to_parse``, ``too_hard_to_parse``); and, counted as packs are dealt out, ``packs``,
        ``imports``, and those ``imports_in_repository`` that mean a file of the same repository."""

    def add(self, record: SourceFile) -> bool:
        """Take one file. ``False``: it will be in no pack, and is the caller's to render by itself.

        That is one without text, one that ``accept`` declines, and a second one of the same path and revision.
        """
        self._finish()
        key = (record.take, record.repository, record.revision)
        repository = self._repositories.setdefault(key, _Repository(*key))
        if declared := declared_by(record.path, record.content):
            repository.declared[record.path] = declared
        if record.path in repository.members or not self._wanted(record):
            repository.others.append(record.path)
            self.counts["kept_out"] += 1
            return False
        language = language_of(record.path, first_line=record.content[:200].partition("\n")[0])
        self._reader.start(language, record.content)
        member = repository.members[record.path] = self._write(record, language)
        self._reading = (repository, member)
        self.counts["files"] += 1
        return True

    def _wanted(self, record: SourceFile) -> bool:
        if not record.content.strip():
            return False
        if self._accept is None:
            return True
        document = render_source_file(record, self._origin)
        return isinstance(document, Document) and self._accept(document)

    def _finish(self) -> None:
        """Complete the last file with its imports."""
        if self._reading is None:
            return
        repository, member = self._reading
        self._reading = None
        found = self._reader.finish()
        if found.not_read:
            self.counts[found.not_read] += 1
        shared = tuple(self._names.setdefault(name, name) for name in found.imports)
        repository.members[member.path] = replace(member, imports=shared)

    def _write(self, record: SourceFile, language: str | None) -> Member:
        encoded = self._encoder.encode(record)
        self._spool.seek(self._end)
        self._spool.write(encoded)
        offset, self._end = self._end, self._end + len(encoded)
        return Member(record.path, language, len(record.content), (), offset, len(encoded))

    def packs(self) -> Iterator[Pack]:
        """All packs: repository by repository in the order of their names, every file that was taken in exactly one."""
        self._finish()
        for _, repository in sorted(self._repositories.items()):
            yield from self._packs_of(repository)

    def _packs_of(self, repository: _Repository) -> Iterator[Pack]:
        files = [member for _, member in sorted(repository.members.items())]
        paths = RepositoryPaths(
            [*repository.members, *repository.others], name=repository.name, declared=repository.declared
        )
        graph = ImportGraph(files, paths)
        self.counts.update(graph.counts)
        room = self._max_characters - _opening(repository.name, self._tokens).characters
        lengths = [_header(file.path, self._tokens).characters + file.characters + 2 for file in files]
        for numbers in gather(graph.imports, lengths, room):
            self.counts["packs"] += 1
            members = tuple(files[number] for number in numbers)
            name = content_hash([repository.take, *sorted(member.path for member in members)])[:16]
            yield Pack(
                id=f"{repository.name}@{repository.revision}:pack/{name}",
                take=repository.take,
                repository=repository.name,
                revision=repository.revision,
                members=members,
            )

    def read(self, member: Member) -> SourceFile:
        """The record of a file, as it was added."""
        self._spool.seek(member.offset)
        return self._decoder.decode(self._spool.read(member.size))

    def render(self, pack: Pack, rewrite: Callable[[SourceFile], SourceFile] | None = None) -> Document:
        """The document of a pack. ``rewrite`` is applied to every record before (pseudonyms, say)."""
        records = map(self.read, pack.members)
        return render_pack(
            pack, map(rewrite, records) if rewrite else records, self._origin, tokens=self._tokens
        )

    def close(self) -> None:
        """Give back the disk space, and end the process that reads imports."""
        self._reader.close()
        self._spool.close()

    def __enter__(self) -> RepositoryPacker:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()


def render_pack(
    pack: Pack, records: Iterable[SourceFile], origin: Origin, *, tokens: frozenset[str] = frozenset()
) -> Document:
    """The document of a pack, from the records of its members in their order."""
    files = list(records)
    body = _opening(pack.repository, tokens)
    for index, file in enumerate(files):
        if index and marks(LAYOUT, tokens) is None:
            body.text("\n" if files[index - 1].content.endswith("\n") else "\n\n")
        for segment in _header(file.path, tokens).segments:
            _ = body.token(segment.text) if segment.token else body.text(segment.text)
        body.text(file.content)
    language = _dominant(pack.members)
    header = body.characters - len(files[0].content) if len(files) == 1 else 0
    return Document(
        id=f"{origin.source}:{pack.id}",
        source=origin.source,
        take=pack.take,
        kind="code",
        layout=LAYOUT,
        segments=body.segments,
        content_hash=content_hash([file.content for file in files]),
        connector=origin.connector,
        repository=pack.repository,
        revision=pack.revision,
        time=max((file.changed_at for file in files if file.changed_at), default=None),
        language=language,
        signals={
            **text_signals(body.segments, header),
            "files": float(len(files)),
            "markup": float(is_markup(language)),
        },
    )


def _opening(repository: str, tokens: frozenset[str]) -> Body:
    """What stands once, before the first file."""
    names = marks(LAYOUT, tokens)
    return Body().token(names["repository"]).text(quote_path(repository)) if names else Body()


def _header(path: str, tokens: frozenset[str]) -> Body:
    """What stands before each content; it ends with its only newline."""
    names = marks(LAYOUT, tokens)
    if names is None:
        return Body().text(f"File: {quote_path(path)}\n")
    return Body().token(names["file"]).text(f"{quote_path(path)}\n")


def _dominant(members: Iterable[Member]) -> str | None:
    """The language with most characters; of two alike the first by name."""
    sizes: Counter[str] = Counter()
    for member in members:
        if member.language:
            sizes[member.language] += member.characters
    return min(sizes, key=lambda name: (-sizes[name], name), default=None)
