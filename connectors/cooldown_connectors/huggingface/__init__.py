"""The ``huggingface`` connector: data sets of the hub, by name and revision, kept in the workspace."""

from __future__ import annotations

from cooldown_connectors.huggingface.connector import HuggingFaceConnector
from cooldown_connectors.huggingface.options import HuggingFaceOptions

__all__ = ["HuggingFaceConnector", "HuggingFaceOptions"]
