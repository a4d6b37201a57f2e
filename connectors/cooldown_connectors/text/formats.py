"""Which format a file is in, by its extension."""

from __future__ import annotations

from cooldown_connectors.text.options import Format

EXTENSIONS: dict[str, Format] = {
    **dict.fromkeys((".md", ".markdown", ".mdown", ".mkd", ".mdx"), "markdown"),
    **dict.fromkeys((".txt", ".text", ".rst", ".adoc", ".asciidoc", ".org"), "text"),
    **dict.fromkeys((".html", ".htm", ".xhtml"), "html"),
    **dict.fromkeys((".jsonl", ".ndjson"), "jsonl"),
    **dict.fromkeys((".jsonl.gz", ".ndjson.gz", ".jsonl.zst", ".ndjson.zst"), "jsonl"),
    ".parquet": "parquet",
}
COMPRESSION = {".gz": "gzip", ".zst": "zstd"}
"""Extension → Arrow's name of the codec."""


def format_of(name: str) -> Format | None:
    """The format of a file with that name, ``None`` where the extension is not a known one."""
    lower = name.lower()
    return next((kind for extension, kind in EXTENSIONS.items() if lower.endswith(extension)), None)
