"""The GPUs of this machine, by UUID: an index changes with a reboot, a UUID does not."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import Literal

_log = logging.getLogger("cooldown_api.worker")


@dataclass(frozen=True)
class Device:
    """A GPU, or a MIG instance where an operator names it."""

    uuid: str
    name: str
    memory_bytes: int


def devices(wanted: Literal["auto", "none"] | list[str]) -> list[Device]:
    """The GPUs to lease: all that the driver knows, none, or those named. A name that the driver does not list is taken as it is, and logged."""
    if wanted == "none":
        return []
    found = _ask_driver()
    if wanted == "auto":
        return list(found.values())
    unknown = [uuid for uuid in wanted if uuid not in found]
    if unknown and found:
        _log.warning(
            "the driver does not list %s: taken as the operator names them (MIG instances are so)",
            ", ".join(unknown),
        )
    return [found.get(uuid) or Device(uuid, "unknown", 0) for uuid in dict.fromkeys(wanted)]


def _ask_driver() -> dict[str, Device]:
    try:
        import pynvml
    except ImportError:
        return {}
    try:
        pynvml.nvmlInit()
    except pynvml.NVMLError:
        return {}
    try:
        found = {}
        for index in range(pynvml.nvmlDeviceGetCount()):
            handle = pynvml.nvmlDeviceGetHandleByIndex(index)
            uuid = _text(pynvml.nvmlDeviceGetUUID(handle))
            memory = int(pynvml.nvmlDeviceGetMemoryInfo(handle).total)
            found[uuid] = Device(uuid, _text(pynvml.nvmlDeviceGetName(handle)), memory)
        return found
    except pynvml.NVMLError as error:
        _log.warning("the GPU driver does not answer: %s", error)
        return {}
    finally:
        pynvml.nvmlShutdown()


def _text(value: str | bytes) -> str:
    return value.decode() if isinstance(value, bytes) else value
