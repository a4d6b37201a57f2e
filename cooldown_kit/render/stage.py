"""The render stage: the records of one source → clean documents with their provenance."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO, Final

import msgspec

from cooldown_kit.documents import Document, DocumentWriter
from cooldown_kit.events import Emit, Progress
from cooldown_kit.preferences import Preference, PreferenceWriter
from cooldown_kit.records import CodeReview, Record, Skipped, SourceFile
from cooldown_kit.render.counts import Counts
from cooldown_kit.render.dispatch import Fallback, render_record
from cooldown_kit.render.layouts import Layouts
from cooldown_kit.render.options import RenderOptions
from cooldown_kit.render.origin import NotRendered, Origin
from cooldown_kit.render.preference import preference
from cooldown_kit.render.pseudonymise import pseudonymise
from cooldown_kit.render.pseudonyms import Pseudonyms
from cooldown_kit.render.repository import Pack, RepositoryPacker

STAGE: Final = "render"
VERSION: Final = 3
"""Part of the stage's key: raised whenever the same records would give other documents."""
DOCUMENTS: Final = "documents.parquet"
REJECTS: Final = "rejects.jsonl"
PREFERENCES: Final = "preferences.parquet"
_PROGRESS_EVERY = 500


def render(record: Record, origin: Origin, layouts: Layouts | None = None) -> Document | NotRendered:
    """One record in the layout that its id gets, or in the first of its kind where it cannot take that one."""
    return render_record(record, origin, layouts or Layouts()).document


def render_source(
    records: Iterable[Record],
    *,
    source: str,
    connector: str,
    clean: Callable[[Record], Record],
    hash_author: Callable[[str], str],
    out: Path,
    emit: Emit,
    options: RenderOptions | None = None,
    seed: int = 0,
    special_tokens: frozenset[str] = frozenset(),
    accept: Callable[[Document], bool] | None = None,
) -> dict[str, Any]:
    """Render all records of one source into ``out/documents.parquet``.

    ``clean`` sees every record before anything else does: it replaces secrets. ``hash_author`` turns an e-mail address, or
    ``{forge}:{login}``, into a keyed hash. ``options`` say which layouts in which proportion, ``seed`` decides which record gets which, and
    ``special_tokens`` are those of the model's tokenizer, used where the options turn them on. ``accept`` sees each file that
    would go into a repository's document as the document that it is by itself; where it says no, the file stays by itself.

    Where the options ask for preference pairs they are written to ``out/preferences.parquet``, of all reviews: which of them may be
    trained on, curation decides. Records that give no document are listed in ``out/rejects.jsonl`` with their reason. Returns the counters of the
    stage. Memory stays flat whatever the number of records; files that wait for their repository wait on disk.
    """
    origin = Origin(source, connector, hash_author)
    layouts = Layouts(options or RenderOptions(), seed, special_tokens)
    with ExitStack() as stack:
        writer = stack.enter_context(DocumentWriter(out / DOCUMENTS))
        rejects = stack.enter_context((out / REJECTS).open("wb"))
        work = _Work(origin, layouts, writer, rejects)
        if layouts.options.preferences:
            work.preferences = stack.enter_context(PreferenceWriter(out / PREFERENCES))
        if layouts.options.shares("source_file").get("repository"):
            packer = RepositoryPacker(
                out,
                max_characters=layouts.options.repository_characters,
                tokens=layouts.tokens,
                origin=origin,
                accept=accept,
            )
            work.packer = stack.enter_context(packer)
        for raw in records:
            work.take(clean(raw))
            if work.counts.records % _PROGRESS_EVERY == 0:
                emit(Progress(stage=STAGE, detail=source, done=work.counts.records, unit="records"))
        work.deal_out_packs()
    done = work.counts.records
    emit(Progress(stage=STAGE, detail=source, done=done, total=done, unit="records"))
    return work.counts.summary(work.packer.counts if work.packer else {})


class _Work:
    """The records of one source on their way into the files of the stage."""

    def __init__(self, origin: Origin, layouts: Layouts, writer: DocumentWriter, rejects: BinaryIO) -> None:
        self.counts = Counts()
        self.packer: RepositoryPacker | None = None
        self.preferences: PreferenceWriter | None = None
        self._origin = origin
        self._layouts = layouts
        self._writer = writer
        self._rejects = rejects
        self._encoder = msgspec.json.Encoder()

    def take(self, record: Record) -> None:
        """Write the document of a record, or put the record aside for a pack."""
        self.counts.records += 1
        if isinstance(record, SourceFile) and self.packer is not None:
            if self.packer.add(record):
                return
            self._alone(record, Fallback("repository", "kept_out"))
        else:
            self._alone(record)
        if isinstance(record, CodeReview) and self.preferences is not None:
            self._pair(record, self.preferences)

    def _pair(self, record: CodeReview, writer: PreferenceWriter) -> None:
        pair = preference(record, self._origin, self._layouts)
        if isinstance(pair, Preference):
            writer.write(pair)
            self.counts.paired(None)
        else:
            self.counts.paired(pair.reason)

    def deal_out_packs(self) -> None:
        """Write the files that were put aside: the packs that get the layout as one document each, the others file by file."""
        if self.packer is None:
            return
        for pack in self.packer.packs():
            # By the pack's own name, not by its id: the same files keep their layout at the next revision.
            drawn_by = f"{pack.repository}:{pack.id.rpartition(':')[2]}"
            if self._layouts.choose("source_file", drawn_by) == "repository":
                self._together(self.packer, pack)
            else:
                for member in pack.members:
                    self._alone(self.packer.read(member))

    def _together(self, packer: RepositoryPacker, pack: Pack) -> None:
        if len(pack.members) == 1:
            self._alone(packer.read(pack.members[0]), Fallback("repository", "single_file"))
            return
        shared = partial(pseudonymise, pseudonyms=Pseudonyms()) if self._layouts.options.pseudonyms else None
        document = packer.render(pack, shared)
        self._writer.write(document)
        self.counts.written(document)

    def _alone(self, record: Record, fallback: Fallback | None = None) -> None:
        document, fell_back = render_record(record, self._origin, self._layouts)
        self.counts.rendered(record, document, fallback or fell_back)
        if isinstance(document, Document):
            self._writer.write(document)
        else:
            line = Skipped(what=record.id, reason=document.reason)
            self._rejects.write(self._encoder.encode(line) + b"\n")
