"""The machine that would train."""

from __future__ import annotations

import os
import platform
from dataclasses import dataclass
from pathlib import Path
from typing import Literal


@dataclass(frozen=True)
class Hardware:
    """What a plan needs to know of the device; memory in bytes. ``cores`` counts those that this process may use."""

    device: Literal["cpu", "cuda"]
    name: str
    memory_total: int
    memory_free: int
    bf16: bool
    """Whether bf16 is computed in hardware."""
    cores: int


def hardware() -> Hardware:
    """The first GPU where torch sees one, else the CPU. Also works where torch is not installed."""
    try:
        import torch
    except ImportError:
        return cpu()
    if not torch.cuda.is_available():
        return cpu()
    free, total = torch.cuda.mem_get_info()
    name = torch.cuda.get_device_name()
    return Hardware(
        "cuda", name, total, free, torch.cuda.is_bf16_supported(including_emulation=False), _cores()
    )


def cpu() -> Hardware:
    """The CPU. Its memory is the container's where that has less than the machine."""
    import psutil

    memory = psutil.virtual_memory()
    limit, used = _container_memory()
    total = min(memory.total, limit or memory.total)
    free = min(memory.available, total - used if limit else memory.available)
    # Only AMX computes bf16 products faster than fp32 ones; elsewhere they are emulated, and ten times slower.
    bf16 = "amx_bf16" in _cpu_info()
    return Hardware("cpu", _cpu_name(), total, max(free, 0), bf16, _cores())


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _container_memory() -> tuple[int | None, int]:
    """``(limit, used)`` of this control group (version 2), ``(None, 0)`` where there is no limit."""
    try:
        limit = Path("/sys/fs/cgroup/memory.max").read_text().strip()
        used = int(Path("/sys/fs/cgroup/memory.current").read_text())
        cache = Path("/sys/fs/cgroup/memory.stat").read_text().split()
        inactive = int(cache[cache.index("inactive_file") + 1])
    except (OSError, ValueError):
        return None, 0
    return (None, 0) if limit == "max" else (int(limit), max(used - inactive, 0))


def _cpu_info() -> str:
    try:
        return Path("/proc/cpuinfo").read_text()
    except OSError:
        return ""


def _cpu_name() -> str:
    for line in _cpu_info().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.processor() or platform.machine() or "CPU"
