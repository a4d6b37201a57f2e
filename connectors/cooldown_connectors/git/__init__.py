"""The ``git`` connector: commits and source files of local and remote repositories."""

from __future__ import annotations

from cooldown_connectors.git.connector import GitConnector
from cooldown_connectors.git.options import GitOptions

__all__ = ["GitConnector", "GitOptions"]
