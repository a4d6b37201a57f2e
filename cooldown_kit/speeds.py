"""How fast earlier runs trained here, so that a plan can say how long the next one takes."""

from __future__ import annotations

import json

from cooldown_kit.train.options import TrainOptions
from cooldown_kit.workspace import Workspace, write_whole

_SPEEDS = "speeds.json"


def speed_key(model_digest: str, sequence_length: int, options: TrainOptions) -> str:
    """What decides the speed of training on one machine."""
    parts = (model_digest, options.method, sequence_length, options.micro_batch, options.device)
    return "/".join(map(str, parts))


def measured_speed(workspace: Workspace, key: str) -> float | None:
    """Tokens per second that an earlier run with that key reached here, if there was one."""
    speed = _speeds(workspace).get(key)
    return None if speed is None else float(speed)


def remember_speed(workspace: Workspace, key: str, tokens_per_second: float) -> None:
    """Keep the speed of a run for the plans of later ones."""
    speeds = {**_speeds(workspace), key: tokens_per_second}
    write_whole(workspace.root / _SPEEDS, json.dumps(speeds, indent=1))


def _speeds(workspace: Workspace) -> dict[str, float]:
    try:
        return dict(json.loads((workspace.root / _SPEEDS).read_text()))
    except (FileNotFoundError, json.JSONDecodeError):
        return {}
