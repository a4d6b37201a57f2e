"""The ``gitlab`` connector: gitlab.com and GitLab that one runs oneself."""

from __future__ import annotations

from cooldown_connectors.gitlab.forge import GitLab

__all__ = ["GitLab"]
