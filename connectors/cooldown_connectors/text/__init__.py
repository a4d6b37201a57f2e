"""The ``text`` connector: Markdown, plain text, HTML, Word, PDF, JSONL and Parquet from a file, a folder, a glob or a package."""

from __future__ import annotations

from cooldown_connectors.text.connector import TextConnector
from cooldown_connectors.text.options import TextOptions

__all__ = ["TextConnector", "TextOptions"]
