"""The ``gitea`` connector, also known as ``forgejo``: the two forges speak the same API."""

from __future__ import annotations

from cooldown_connectors.gitea.forge import Forgejo, Gitea

__all__ = ["Forgejo", "Gitea"]
