"""How fast earlier runs trained here, so that a plan can say how long the next one takes."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from cooldown_kit.workspace import Workspace, write_whole

if TYPE_CHECKING:
    from cooldown_kit.stages import Prepared
    from cooldown_kit.train.options import TrainOptions

_SPEEDS = "speeds.json"


def measured_speed(workspace: Workspace, prepared: Prepared, options: TrainOptions) -> float | None:
    """Tokens per second that an earlier run of this model and method reached here, if there was one."""
    try:
        speeds = json.loads((workspace.root / _SPEEDS).read_text())
    except (FileNotFoundError, json.JSONDecodeError):
        return None
    speed = speeds.get(_speed_key(prepared, options))
    return None if speed is None else float(speed)


def remember_speed(workspace: Workspace, prepared: Prepared, options: TrainOptions, speed: float) -> None:
    """Keep the speed of a run for the plans of later ones."""
    path = workspace.root / _SPEEDS
    try:
        speeds = json.loads(path.read_text())
    except (FileNotFoundError, json.JSONDecodeError):
        speeds = {}
    speeds[_speed_key(prepared, options)] = speed
    write_whole(path, json.dumps(speeds, indent=1))


def _speed_key(prepared: Prepared, options: TrainOptions) -> str:
    return "/".join(
        map(
            str,
            (
                prepared.model.digest,
                options.method,
                prepared.mixture.sequence_length,
                options.micro_batch,
                options.device,
            ),
        )
    )
