"""The files for operators say what the program understands: real settings, real flags, valid manifests."""

from __future__ import annotations

import configparser
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml
from cooldown_api.commands.load_settings import names
from cooldown_api.commands.settings_reference import with_table
from cooldown_api.settings import Settings

ROOT = Path(__file__).resolve().parents[2]
DEPLOYMENT = ROOT / "api" / "deployment"
MANIFESTS = sorted((DEPLOYMENT / "kubernetes").glob("*.yaml"))
KUBERNETES = "1.34"
TEXTS = [path for path in sorted(DEPLOYMENT.rglob("*")) if path.is_file()] + [ROOT / "docs" / "operators.md"]


def documents(path: Path) -> Iterator[dict[str, Any]]:
    yield from (document for document in yaml.safe_load_all(path.read_text(encoding="utf-8")) if document)


@pytest.mark.parametrize("path", TEXTS, ids=lambda p: p.name)
def test_every_setting_that_is_named_exists(path: Path) -> None:
    known = {*names(Settings), "COOLDOWN_SECRETS_DIR"}
    named = set(re.findall(r"\bCOOLDOWN_[A-Z0-9_]*[A-Z0-9]\b", path.read_text(encoding="utf-8")))
    assert named <= known, named - known


@pytest.mark.parametrize("path", MANIFESTS, ids=lambda p: p.name)
def test_manifests_are_valid(path: Path) -> None:
    for document in documents(path):
        if document["apiVersion"].startswith("ray.io/"):
            continue
        kubernetes_validate.validate(document, KUBERNETES, strict=True)


def test_pods_of_the_ray_job_are_valid_and_their_ray_is_ours() -> None:
    (job,) = documents(DEPLOYMENT / "kubernetes" / "70-ray-job.yaml")
    cluster = job["spec"]["rayClusterSpec"]
    groups = [cluster["headGroupSpec"], *cluster["workerGroupSpecs"]]
    for group in groups:
        pod = {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {"name": "x"},
            "spec": group["template"]["spec"],
        }
        kubernetes_validate.validate(pod, KUBERNETES, strict=True)
        assert all(isinstance(value, str) for value in group["rayStartParams"].values())
    wanted = re.search(r'"ray\[default\]>=(\d+\.\d+)', (ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    assert wanted is not None
    assert cluster["rayVersion"].startswith(wanted[1])


def commands() -> Iterator[tuple[str, list[str]]]:
    """Where a command line of ours stands, and its words."""
    for path in MANIFESTS:
        for document in documents(path):
            pod = (
                document.get("spec", {}).get("template", {}).get("spec", {})
                if isinstance(document.get("spec"), dict)
                else {}
            )
            for container in pod.get("containers", ()):
                if "args" in container:
                    yield path.name, container["args"]
            if document["kind"] == "RayJob":
                yield path.name, shlex.split(document["spec"]["entrypoint"])[1:]
    compose = yaml.safe_load((DEPLOYMENT / "compose.yaml").read_text(encoding="utf-8"))
    for name, service in compose["services"].items():
        if "command" in service:
            yield f"compose {name}", service["command"]
    for path in sorted(DEPLOYMENT.glob("*.service")):
        unit = configparser.RawConfigParser(strict=False, interpolation=None)
        unit.optionxform = str  # type: ignore[assignment,method-assign]
        unit.read(path)
        yield path.name, shlex.split(unit["Service"]["ExecStart"])[1:]
    containerfile = (DEPLOYMENT / "Containerfile").read_text(encoding="utf-8")
    yield "Containerfile", yaml.safe_load(containerfile.rpartition("CMD ")[2])
    page = (ROOT / "docs" / "operators.md").read_text(encoding="utf-8")
    for line in re.findall(r"`cooldown ([a-z][^`]*)`", page) + re.findall(r"^\$ cooldown (.*)$", page, re.M):
        yield "operators.md", shlex.split(line)


@pytest.mark.parametrize(
    ("place", "words"),
    list(commands()),
    ids=lambda value: value if isinstance(value, str) else " ".join(value),
)
def test_every_command_and_flag_exists(place: str, words: list[str]) -> None:
    flags = [word.partition("=")[0] for word in words if word.startswith("--")]
    path = []
    for word in words:
        if word.startswith("-") or not re.fullmatch(r"[a-z]+", word):
            break
        path.append(word)
    done = subprocess.run(
        [sys.executable, "-m", "cooldown_kit.cli", *path, "--help"],
        capture_output=True,
        text=True,
        check=False,
        env={"COLUMNS": "200", "PATH": "/usr/bin:/bin", "HOME": "/nonexistent"},
    )
    assert done.returncode == 0, f"{place}: {done.stderr}"
    for flag in flags:
        assert re.search(rf"{flag}\b", done.stdout), f"{place}: {' '.join(path)} knows no {flag}"


def test_the_images_extras_exist() -> None:
    import tomllib

    extras = set(
        tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"][
            "optional-dependencies"
        ]
    )
    text = (DEPLOYMENT / "Containerfile").read_text(encoding="utf-8")
    for line in re.findall(
        r"EXTRAS=(\S+)", text + (DEPLOYMENT / "kubernetes" / "70-ray-job.yaml").read_text(encoding="utf-8")
    ):
        assert set(line.split(",")) <= extras


def test_workers_may_take_longer_to_stop_than_their_children() -> None:
    settings = next(documents(DEPLOYMENT / "kubernetes" / "10-settings.yaml"))["data"]
    worker = next(documents(DEPLOYMENT / "kubernetes" / "50-worker.yaml"))["spec"]["template"]["spec"]
    assert worker["terminationGracePeriodSeconds"] > float(settings["COOLDOWN_WORKER__GRACE_SECONDS"])


def test_a_restarted_worker_leaves_its_children_alive() -> None:
    unit = (DEPLOYMENT / "cooldown-worker@.service").read_text(encoding="utf-8")
    assert "KillMode=process" in unit


def test_the_page_lists_the_settings_that_there_are() -> None:
    page = (ROOT / "docs" / "operators.md").read_text(encoding="utf-8")
    assert with_table(page) == page, "run `make docs`"
