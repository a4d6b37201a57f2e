"""The ``github`` connector: github.com and GitHub Enterprise Server."""

from __future__ import annotations

from cooldown_connectors.github.forge import GitHub

__all__ = ["GitHub"]
