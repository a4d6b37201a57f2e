"""Machines that run jobs."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from cooldown_kit.client.wire.bodies import Answer
from cooldown_kit.client.wire.names import Executor
from cooldown_kit.client.wire.words import Open


class Gpu(Answer):
    uuid: str
    name: str
    memory_bytes: int
    busy: bool


class Worker(Answer):
    id: str
    object: Literal["worker"] = "worker"
    hostname: str
    version: str
    alive: bool
    draining: bool
    slots: int
    running: int
    executors: list[Open[Executor]]
    gpus: list[Gpu]
    started_at: datetime
    heartbeat_at: datetime
