"""The ``threads`` connector: StackExchange dumps, exports of Stack Overflow for Teams, and mail archives, as conversations."""

from __future__ import annotations

from cooldown_connectors.threads.connector import ThreadsConnector
from cooldown_connectors.threads.options import ThreadsOptions

__all__ = ["ThreadsConnector", "ThreadsOptions"]
