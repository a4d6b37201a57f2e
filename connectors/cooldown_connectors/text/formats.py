"""Which format a file is in, by its extension."""

from __future__ import annotations

from cooldown_connectors.text.options import Format, TextOptions

EXTENSIONS: dict[str, Format] = {
    **dict.fromkeys((".md", ".markdown", ".mdown", ".mkd", ".mdx"), "markdown"),
    **dict.fromkeys((".txt", ".text", ".rst", ".adoc", ".asciidoc", ".org"), "text"),
    **dict.fromkeys((".html", ".htm", ".xhtml"), "html"),
    **dict.fromkeys((".docx", ".docm"), "docx"),
    ".pdf": "pdf",
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


def codec_of(name: str) -> str | None:
    """Arrow's name of what a file with that name is compressed with; ``None`` where it is not."""
    lower = name.lower()
    return next((codec for extension, codec in COMPRESSION.items() if lower.endswith(extension)), None)


def size_limit(kind: Format, options: TextOptions) -> tuple[str, int | None]:
    """``(option, bytes)`` of the largest file that is read; ``None`` for files of rows, which are streamed."""
    if kind in ("jsonl", "parquet"):
        return "", None
    if kind in ("docx", "pdf"):
        return "max_document_size", options.max_document_size
    return "max_file_size", options.max_file_size
