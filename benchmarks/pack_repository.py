"""How fast source files are packed by their imports, against parsing them with tree-sitter and doing nothing else.

    python benchmarks/pack_repository.py [FOLDER ...]

Without folders it takes the standard library and the installed packages of this Python (what of them is C, C++ or JavaScript too). For each
language: files, bytes, MB/s of bare parsing and of reading imports as packing does (in its process), their ratio, and the share of
imports that mean a file of the same folder. Then all of it is packed: MB/s, packs, and memory.
"""

from __future__ import annotations

import argparse
import resource
import sysconfig
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from cooldown_kit.records import SourceFile
from cooldown_kit.render.imports.families import needs_parser
from cooldown_kit.render.imports.reader import ImportReader
from cooldown_kit.render.languages import language_of
from cooldown_kit.render.origin import Origin
from cooldown_kit.render.repository import RepositoryPacker

_GRAMMARS = {
    "Python": ("tree_sitter_python", "language"),
    "JavaScript": ("tree_sitter_javascript", "language"),
    "TypeScript": ("tree_sitter_typescript", "language_typescript"),
    "Java": ("tree_sitter_java", "language"),
    "Go": ("tree_sitter_go", "language"),
    "C": ("tree_sitter_cpp", "language"),
    "C++": ("tree_sitter_cpp", "language"),
    "Rust": ("tree_sitter_rust", "language"),
}


def sources(folder: Path, limit: int) -> Iterator[SourceFile]:
    """Text files of a folder as records of one repository, at most ``limit`` bytes of each language."""
    taken: defaultdict[str, int] = defaultdict(int)
    for path in sorted(folder.rglob("*")):
        language = language_of(path.name)
        if language not in _GRAMMARS or not path.is_file() or path.stat().st_size > 1 << 20:
            continue
        try:
            content = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
        taken[language] += len(content)
        if taken[language] > limit:
            continue
        place = path.relative_to(folder).as_posix()
        yield SourceFile(
            id=f"{folder.name}@0:{place}", take="files", repository=folder.name, revision="0", path=place,
            blob="0", mode="100644", content=content, changed_at=None, changed_in=None,
        )  # fmt: skip


def parse_only(language: str, contents: list[str]) -> float:
    """Seconds of bare parsing."""
    import importlib

    from tree_sitter import Language, Parser

    module, name = _GRAMMARS[language]
    parser = Parser(Language(getattr(importlib.import_module(module), name)()))
    start = time.perf_counter()
    for content in contents:
        parser.parse(content.encode())
    return time.perf_counter() - start


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folders", nargs="*", type=Path)
    parser.add_argument("--megabytes", type=int, default=15, help="of each language and folder, at most")
    arguments = parser.parse_args()
    paths = sysconfig.get_paths()
    folders = arguments.folders or [Path(paths["stdlib"]), Path(paths["purelib"])]
    for folder in folders:
        measure(folder, arguments.megabytes * 10**6)


def measure(folder: Path, limit: int) -> None:
    """Print the tables for one folder."""
    records = list(sources(folder, limit))
    by_language: defaultdict[str, list[str]] = defaultdict(list)
    for record in records:
        by_language[str(language_of(record.path))].append(record.content)
    print(f"\n{folder}\n")
    print("| language   | files |   MB | bare parsing MB/s | reading imports MB/s | ratio |")
    print("|------------|------:|-----:|------------------:|---------------------:|------:|")
    for language, contents in sorted(by_language.items()):
        size = sum(map(len, contents)) / 1e6
        bare = parse_only(language, [one for one in contents if needs_parser(language, one)])
        with ImportReader() as reader:
            reader.read(language, contents[0])  # the process is started before the clock
            start = time.perf_counter()
            for content in contents:
                reader.read(language, content)
            seconds = time.perf_counter() - start
        print(
            f"| {language:10} | {len(contents):5} | {size:4.1f} | {size / max(bare, 1e-9):17.1f} |"
            f" {size / seconds:20.1f} | {bare / seconds:5.2f} |"
        )
    with tempfile.TemporaryDirectory() as spool:
        start = time.perf_counter()
        origin = Origin("benchmark", "git", str)
        with RepositoryPacker(
            Path(spool), max_characters=24_000, tokens=frozenset(), origin=origin
        ) as packer:
            for record in records:
                packer.add(record)
            texts = sum(len(packer.render(pack).text) for pack in packer.packs())
        seconds = time.perf_counter() - start
    counts = packer.counts
    share = counts["imports_in_repository"] / max(1, counts["imports"])
    print(
        f"\n{counts['files']:,} files in {counts['packs']:,} packs, {texts / seconds / 1e6:.1f} MB/s with parsing; "
        f"{share:.0%} of {counts['imports']:,} imports mean a file of the same folder; "
        f"peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10} MiB (the files themselves are held here)"
    )


if __name__ == "__main__":
    main()
