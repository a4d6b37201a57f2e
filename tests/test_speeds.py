from __future__ import annotations

from pathlib import Path

from cooldown_kit.speeds import measured_speed, remember_speed, speed_key
from cooldown_kit.train.options import TrainOptions
from cooldown_kit.workspace import Workspace


def test_a_speed_is_remembered_for_the_same_model_and_method_only(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path)
    key = speed_key("model", 512, TrainOptions(method="lora"))
    assert measured_speed(workspace, key) is None
    remember_speed(workspace, key, 120.5)
    assert measured_speed(Workspace(tmp_path), key) == 120.5
    assert measured_speed(workspace, speed_key("model", 512, TrainOptions(method="full"))) is None
    assert measured_speed(workspace, speed_key("model", 1024, TrainOptions(method="lora"))) is None


def test_a_spoilt_file_of_speeds_is_no_error(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path)
    (tmp_path / "speeds.json").write_text("{")
    assert measured_speed(workspace, "x") is None
    remember_speed(workspace, "x", 1.0)
    assert measured_speed(workspace, "x") == 1.0
