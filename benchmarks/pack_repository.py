"""How source files are packed by their imports: the speed of reading them, what is found, and what stands together.

    python benchmarks/pack_repository.py [FOLDER ...] [--characters 24000] [--sample 30]

Every folder is one repository; without any it is the standard library of this Python. Three tables:

- For each language: files and megabytes, MB/s of bare tree-sitter parsing and of reading imports in the same run and process (the best of three
  each, processor time), their ratio, imports, those that mean a file of the folder, and of those that can mean nothing else (relative ones,
  ``#include "…"``, ``crate::``, the module of ``go.mod``, packages that the folder has) the share that was found.
- For documents of ``--characters``: the share of files that stand after at least one of the files that they import, where documents are cut from
  the order of paths, from one reading order, and gathered as packing does.
- The whole of packing, as the render stage does it: MB/s of wall time, and bytes of memory for a file.

``--sample`` prints so many imports of each language with the files that they were taken for, to be judged by a reader. Files wait on disk
and are read again where they are needed. Absolute speeds vary with the machine and its load: compare ratios.
"""

from __future__ import annotations

import argparse
import random
import sysconfig
import tempfile
import time
import tracemalloc
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

from tree_sitter import Language, Parser

from cooldown_kit.records import SourceFile
from cooldown_kit.render.imports.clusters import gather
from cooldown_kit.render.imports.families import Resolver, family_of, find_imports, needs_parser
from cooldown_kit.render.imports.graph import ImportGraph
from cooldown_kit.render.imports.manifests import Declared, declared_by
from cooldown_kit.render.imports.order import import_order
from cooldown_kit.render.imports.paths import RepositoryPaths
from cooldown_kit.render.imports.syntax import MAX_BYTES
from cooldown_kit.render.languages import language_of
from cooldown_kit.render.origin import Origin
from cooldown_kit.render.repository import Member, RepositoryPacker

_MANIFESTS = ("go.mod", "Cargo.toml", "package.json")
_ROUNDS = 3


def sources(folder: Path) -> Iterator[SourceFile]:
    """The files of a folder whose imports can be read, and its manifests, as records of one repository."""
    for path in sorted(folder.rglob("*")):
        place = path.relative_to(folder).as_posix()
        if ".git/" in place or "site-packages/" in place or path.is_symlink() or not path.is_file():
            continue
        if family_of(language_of(path.name)) is None and path.name not in _MANIFESTS:
            continue
        if path.stat().st_size > MAX_BYTES:
            continue
        try:
            content = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
        yield SourceFile(
            id=f"{folder.name}@0:{place}", take="files", repository=folder.name, revision="0", path=place,
            blob="0", mode="100644", content=content, changed_at=None, changed_in=None,
        )  # fmt: skip


def best(work: Callable[[str], object], contents: Sequence[str]) -> float:
    """Seconds of processor time, the best of some rounds."""
    seconds = float("inf")
    for _ in range(_ROUNDS):
        start = time.process_time()
        for content in contents:
            work(content)
        seconds = min(seconds, time.process_time() - start)
    return seconds


def speeds(language: str, contents: Sequence[str]) -> tuple[float, float]:
    """MB/s of bare parsing and of reading imports, of the files that must be parsed."""
    import importlib

    family = family_of(language)
    assert family is not None
    grammar = family.grammars[language]
    parser = Parser(Language(getattr(importlib.import_module(grammar.module), grammar.function)()))
    parsed = [one for one in contents if needs_parser(language, one)]
    size = sum(len(one.encode()) for one in parsed) / 1e6
    bare = best(lambda one: parser.parse(one.encode()), parsed)
    return size / bare, size / best(lambda one: find_imports(language, one), parsed)


def can_mean_only_this(language: str, imported: str, paths: RepositoryPaths) -> bool:
    """Whether an import, as read, names a place in the repository itself. Items of the importing file do not count."""
    if language == "Python":
        return imported.startswith(".")
    if language in ("JavaScript", "TypeScript", "TSX"):
        return imported.startswith(".")
    if language == "Java":
        return bool(paths.folders("/".join(imported.split(".")[:4])))
    if language == "Go":
        return any(imported.startswith(module + "/") for module in paths.declared["go"])
    if language == "Rust":
        return imported.startswith(("mod ", "path ", "use crate::", "use super"))
    return imported.startswith('"')


def sound(files: Iterable[Member], resolver: Resolver, paths: RepositoryPaths) -> dict[str, list[int]]:
    """Language → imports, those that mean a file here, those that can mean only one here, and those of them that do."""
    counts: dict[str, list[int]] = defaultdict(lambda: [0, 0, 0, 0])
    for file in files:
        for imported in file.imports:
            found = bool(resolver.resolve(file.path, file.language, imported))
            own = can_mean_only_this(str(file.language), imported, paths)
            for place, value in enumerate((True, found, own, own and found)):
                counts[str(file.language)][place] += value
    return counts


def together(documents: Iterable[Sequence[int]], links: Sequence[Sequence[int]]) -> float:
    """The share of files, of those that import any, that stand after one of their imports in the same document."""
    met = 0
    for document in documents:
        seen: set[int] = set()
        for file in document:
            met += any(target in seen for target in links[file])
            seen.add(file)
    return met / max(1, sum(bool(targets) for targets in links))


def cut(order: Iterable[int], lengths: Sequence[int], room: int) -> list[list[int]]:
    """One order in pieces of at most ``room``."""
    documents: list[list[int]] = [[]]
    left = room
    for file in order:
        if documents[-1] and lengths[file] > left:
            documents.append([])
            left = room
        documents[-1].append(file)
        left -= lengths[file]
    return documents


def measure(folder: Path, room: int, sample: int) -> None:
    """Print the tables for one folder."""
    by_language: defaultdict[str, list[str]] = defaultdict(list)
    files: list[Member] = []
    declared: dict[str, Declared] = {}
    for record in sources(folder):
        language = language_of(record.path)
        if found := declared_by(record.path, record.content):
            declared[record.path] = found
        by_language[str(language)].append(record.content)
        imports = find_imports(language, record.content).imports
        files.append(Member(record.path, language, len(record.content), imports, 0, 0))
    files.sort(key=lambda file: file.path)
    paths = RepositoryPaths([file.path for file in files], name=folder.name, declared=declared)
    resolver = Resolver(paths)
    counts = sound(files, resolver, paths)
    print(f"\n## {folder.name}\n")
    print(
        "| language | files | MB | bare parsing | reading imports | ratio | imports | mean a file here | found |"
    )
    print("| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |")
    for language, contents in sorted(by_language.items()):
        if family_of(language) is None:
            continue
        size = sum(len(one.encode()) for one in contents) / 1e6
        bare, ours = speeds(language, contents)
        every, here, own, own_here = counts[language]
        share = f"{own_here / own:.1%} of {own:,}" if own else "none"
        print(
            f"| {language} | {len(contents):,} | {size:.1f} | {bare:.1f} MB/s | {ours:.1f} MB/s | {ours / bare:.2f} |"
            f" {every:,} | {here / max(1, every):.0%} | {share} |"
        )
    place(files, paths, resolver, room)
    pack(folder, room)
    show(files, resolver, sample)


def place(files: Sequence[Member], paths: RepositoryPaths, resolver: Resolver, room: int) -> None:
    """Print what share of files stands with an import, for three ways of dealing files out."""
    number = {file.path: index for index, file in enumerate(files)}
    links = [
        [number[t] for t in resolver.imported_by(file.path, file.language, file.imports)] for file in files
    ]
    lengths = [file.characters + len(file.path) + 9 for file in files]
    imports = ImportGraph(files, paths).imports
    reading = [file for part in import_order(imports, len(files)) for file in part]
    shares = (
        together(cut(range(len(files)), lengths, room), links),
        together(cut(reading, lengths, room), links),
        together(gather(imports, lengths, room), links),
    )
    print(f"\nfiles after one of their imports in documents of {room:,} characters: ", end="")
    print("by path {:.0%}, one reading order {:.0%}, gathered {:.0%}".format(*shares))


def pack(folder: Path, room: int) -> None:
    """Print the speed and the memory of packing."""
    with tempfile.TemporaryDirectory() as spool:
        origin = Origin("benchmark", "git", str)
        packer = RepositoryPacker(Path(spool), max_characters=room, tokens=frozenset(), origin=origin)
        with packer:
            size = 0
            start = time.perf_counter()
            for record in sources(folder):
                packer.add(record)
                size += len(record.content)
            added = time.perf_counter() - start
            start = time.perf_counter()
            packs = list(packer.packs())
            dealt = time.perf_counter() - start
            start = time.perf_counter()
            for one in packs:
                packer.render(one)
            read = time.perf_counter() - start
        tracemalloc.start()
        with RepositoryPacker(Path(spool), max_characters=room, tokens=frozenset(), origin=origin) as packer:
            for record in sources(folder):
                packer.add(record)
            held, _ = tracemalloc.get_traced_memory()
            tracemalloc.reset_peak()  # a record on its way to the disk is no memory for a file
            for _ in packer.packs():
                pass
            _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    count = max(1, packer.counts["files"])
    print(
        f"packing {size / 1e6:.1f} M characters: {size / added / 1e6:.1f} MB/s read and put aside, {dealt:.2f} s to order and gather "
        f"{count:,} files into {len(packs):,} packs, {size / max(read, 1e-9) / 1e6:.0f} MB/s rendered; "
        f"memory {held / count:,.0f} bytes a file, {peak / count:,.0f} at the peak\ncounts: {dict(packer.counts)}"
    )


def show(files: Sequence[Member], resolver: Resolver, sample: int) -> None:
    """Print imports with the files that they were taken for."""
    found: defaultdict[str, list[str]] = defaultdict(list)
    for file in files:
        for imported in file.imports:
            if targets := resolver.resolve(file.path, file.language, imported):
                found[str(file.language)].append(f"{file.path}: {imported} -> {', '.join(targets[:4])}")
    for language, lines in sorted(found.items()) if sample else ():
        print(f"\n{language}, {min(sample, len(lines))} of {len(lines):,}:")
        for line in random.Random(17).sample(lines, min(sample, len(lines))):
            print("  " + line)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folders", nargs="*", type=Path)
    parser.add_argument("--characters", type=int, default=24_000, help="of a document, at most")
    parser.add_argument("--sample", type=int, default=0, help="imports to show of each language")
    arguments = parser.parse_args()
    for folder in arguments.folders or [Path(sysconfig.get_path("stdlib"))]:
        measure(folder.resolve(), arguments.characters, arguments.sample)


if __name__ == "__main__":
    main()
