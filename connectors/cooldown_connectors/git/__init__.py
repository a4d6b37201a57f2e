"""The ``git`` connector: what git repositories hold and the history that led there.

``GitConnector`` and ``GitOptions`` are found here. They are imported when they are first asked for: the processes that read
diffs are of this package too and need neither.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cooldown_connectors.git.connector import GitConnector
    from cooldown_connectors.git.options import GitOptions

__all__ = ["GitConnector", "GitOptions"]


def __getattr__(name: str) -> Any:
    if name == "GitConnector":
        from cooldown_connectors.git.connector import GitConnector

        return GitConnector
    if name == "GitOptions":
        from cooldown_connectors.git.options import GitOptions

        return GitOptions
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
