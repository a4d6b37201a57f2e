"""Writing a model folder."""

from __future__ import annotations

import errno
from pathlib import Path
from typing import Any


def save_model(model: Any, tokenizer: Any, folder: Path) -> None:
    """Write a model and its tokenizer as an ordinary transformers folder, readable like other files.

    Raises ``OSError`` where the disk is full: safetensors has an exception of its own for that, which says it only in its text.
    """
    from safetensors import SafetensorError

    try:
        model.save_pretrained(folder)
    except SafetensorError as error:
        if "No space left" in str(error):
            raise OSError(errno.ENOSPC, "No space left on device", str(folder)) from error
        raise
    tokenizer.save_pretrained(folder)
    for file in folder.iterdir():  # safetensors creates its files readable by their owner only
        file.chmod(0o644)
