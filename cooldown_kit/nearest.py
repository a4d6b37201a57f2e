"""The nearest name that exists, for the remedy of an error about one that does not."""

from __future__ import annotations

import difflib
from collections.abc import Callable
from pathlib import Path


def nearest_path(missing: Path, accept: Callable[[Path], bool] = lambda _: True) -> Path | None:
    """The path beside the first part of ``missing`` that does not exist whose name is most like it, if any is.

    ``accept`` chooses which neighbours count, for example folders only. Unreadable folders have no neighbours.
    """
    while not missing.parent.exists():
        missing = missing.parent
    try:
        names = sorted(path.name for path in missing.parent.iterdir() if accept(path))
    except OSError:
        return None
    near = difflib.get_close_matches(missing.name, names, n=1, cutoff=0.5)
    return missing.parent / near[0] if near else None
