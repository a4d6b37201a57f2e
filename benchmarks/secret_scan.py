"""How fast secrets are found, against physical limits of the same machine in the same run.

    python benchmarks/secret_scan.py [folder ...]     # default: the standard library of this interpreter

Prints megabytes per second of CPU time for the whole engine, for its keyword automaton alone, for one RE2 pattern that never
matches, and for ``bytes.find``; and the ratios between them, which other machines should share.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path

import ahocorasick_rs
import re2

from cooldown_kit.curate.private_keys import KEYWORDS
from cooldown_kit.curate.secret_rules import RULES
from cooldown_kit.curate.secrets import SecretCleaner

LARGEST = 1 << 20
SUFFIXES = {
    ".py",
    ".md",
    ".rst",
    ".txt",
    ".json",
    ".yaml",
    ".yml",
    ".toml",
    ".js",
    ".ts",
    ".c",
    ".h",
    ".go",
    ".java",
    ".html",
}


def read(folders: list[str]) -> list[str]:
    """The UTF-8 texts below the folders, files of up to 1 MiB."""
    paths = [
        path for folder in folders for path in sorted(Path(folder).rglob("*")) if path.suffix in SUFFIXES
    ]
    return [
        p.read_bytes().decode(errors="replace") for p in paths if p.is_file() and p.stat().st_size <= LARGEST
    ]


def rate(texts: list[str], work: Callable[[str], object], rounds: int = 3) -> float:
    """Megabytes of UTF-8 per second of CPU time, the best of some rounds."""
    size = sum(len(text.encode()) for text in texts) / 1e6
    best = float("inf")
    for _ in range(rounds):
        start = time.process_time()
        for text in texts:
            work(text)
        best = min(best, time.process_time() - start)
    return size / best


def main() -> None:
    texts = read(sys.argv[1:] or [str(Path(sys.base_prefix, "lib", f"python3.{sys.version_info[1]}"))])
    size = sum(len(text.encode()) for text in texts) / 1e6
    keywords = sorted({word.encode() for rule in RULES for word in rule.keywords} | set(KEYWORDS))
    automaton = ahocorasick_rs.BytesAhoCorasick(keywords)
    pattern = re2.compile(rb"[\x01-\x08]{3}never")
    cleaner = SecretCleaner(b"benchmark")
    found = sum(len(cleaner._scanner.find(text.encode())) for text in texts)
    print(
        f"{len(texts)} files, {size:.1f} MB, {len(RULES)} rules, {len(keywords)} keywords, {found} findings"
    )
    rates = {
        "whole engine": rate(texts, cleaner.clean_text),
        "keyword automaton": rate(
            texts, lambda t: automaton.find_matches_as_indexes(t.encode().lower(), overlapping=True)
        ),
        "one RE2 pattern": rate(texts, lambda t: pattern.search(t.encode())),
        "bytes.find": rate(texts, lambda t: t.encode().find(b"\x00never")),
    }
    for name, value in rates.items():
        print(
            f"{name:>18}: {value:8.1f} MB per CPU-second, {value / rates['whole engine']:5.2f} x the engine"
        )


if __name__ == "__main__":
    main()
