"""Writing a model folder."""

from __future__ import annotations

import errno
from pathlib import Path
from typing import Any


def save_weights(model: Any, folder: Path) -> None:
    """Write a model's weights and configuration, readable like other files.

    Raises ``OSError`` where the disk is full: safetensors has an exception of its own for that, which says it only in its text.
    """
    from safetensors import SafetensorError

    try:
        model.save_pretrained(folder)
    except SafetensorError as error:
        if "No space left" in str(error):
            raise OSError(errno.ENOSPC, "No space left on device", str(folder)) from error
        raise
    _open_up(folder)


def save_model(model: Any, tokenizer: Any, folder: Path) -> None:
    """Write a model and its tokenizer as an ordinary transformers folder. Raises as :func:`save_weights`."""
    save_weights(model, folder)
    tokenizer.save_pretrained(folder)
    _open_up(folder)


def _open_up(folder: Path) -> None:
    """safetensors creates its files readable by their owner only."""
    for file in folder.iterdir():
        file.chmod(0o644)
