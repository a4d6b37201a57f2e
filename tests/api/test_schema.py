"""Schemathesis asks everything that the OpenAPI document allows, and what it does not: nothing fails, nothing answers otherwise than documented."""

from __future__ import annotations

import json
import math
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from cooldown_api.app import create_app
from cooldown_api.auth import throttle
from cooldown_api.auth.keys import create_key
from cooldown_api.database.scoping import ALL_PROJECTS
from cooldown_api.service import Service
from cooldown_api.settings import Settings

from live_server import live_api

_LEFT_OUT = (
    "positive_data_acceptance",  # a recipe is a mapping in the schema; what may stand in it, its own validation says
)
_STREAMS = ("stream_events", "stream_logs")
"""They do not end by themselves; `routes/test_events.py` reads them."""
_LAST = ("update_project", "delete_project", "revoke_key")
"""They may take away what the others need, so they are tried at the end."""


def admin_key(service: Service) -> str:
    """A key of a platform administrator."""
    with service.database.write(ALL_PROJECTS) as session:
        new = create_key(
            session,
            project="default",
            name="schema",
            role="admin",
            created_by="test",
            now=datetime.now(UTC),
            platform=True,
        )
        return new.secret


def run(address: str, key: str, folder: Path, *more: str) -> None:
    command = [
        str(Path(sys.executable).with_name("schemathesis")),
        "run",
        f"{address}/openapi.json",
        *("--header", f"Authorization: Bearer {key}"),
        *("--max-examples", "10", "--seed", "17", "--no-shrink", "--no-color"),
        *("--exclude-checks", ",".join(_LEFT_OUT), "--warnings", "off"),
        *more,
    ]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout[-12000:] + done.stderr[-2000:]
    assert key not in done.stdout


def test_the_whole_schema_holds(
    make_settings: Callable[..., Settings], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(throttle, "_BURST", math.inf)  # wrong keys are tried at every route, from one address
    settings = make_settings(auth="required", limits={"requests_per_minute": 0})
    apart = [flag for name in (*_STREAMS, *_LAST) for flag in ("--exclude-operation-id", name)]
    last = [flag for name in _LAST for flag in ("--include-operation-id", name)]
    with live_api(settings) as (address, service):
        key = admin_key(service)
        if "sqlite" in settings.url:  # what is wrong in a request does not depend on the database
            run(address, key, tmp_path, "--phases", "coverage", *apart)
        run(address, key, tmp_path, "--phases", "examples,fuzzing,stateful", *apart)
        run(address, key, tmp_path, "--phases", "examples,fuzzing", *last)
        assert httpx.get(f"{address}/v1/ready").json()["status"] == "ready"


def document() -> dict[str, Any]:
    return create_app(Settings(auth="none", database_url="")).openapi()


def operations() -> list[dict[str, Any]]:
    methods = ("get", "post", "put", "patch", "delete", "head")
    return [
        {**operation, "path": path, "method": method}
        for path, item in document()["paths"].items()
        for method, operation in item.items()
        if method in methods
    ]


def test_every_operation_has_a_name_a_summary_and_a_tag() -> None:
    found = operations()
    names = [operation["operationId"] for operation in found]
    assert len(set(names)) == len(names)
    for operation in found:
        assert operation["summary"] and operation["tags"], operation["operationId"]
        assert "_v1_" not in operation["operationId"], "say `operation_id`: clients are named by it"


def test_every_error_is_documented_as_a_problem() -> None:
    for operation in operations():
        for status, answer in operation["responses"].items():
            if int(status) >= 400:
                assert list(answer["content"]) == ["application/problem+json"], (
                    operation["operationId"],
                    status,
                )


def test_everything_but_health_asks_who_is_there() -> None:
    open = {operation["operationId"] for operation in operations() if not operation.get("security")}
    assert open == {"health", "ready"}
    assert document()["components"]["securitySchemes"]["bearer"]["scheme"] == "bearer"


def test_links_lead_to_operations_that_are_there() -> None:
    text = json.dumps(document())
    names = {operation["operationId"] for operation in operations()}
    linked = [
        link["operationId"]
        for operation in operations()
        for answer in operation["responses"].values()
        for link in answer.get("links", {}).values()
    ]
    assert {"get_job", "cancel_job", "get_plan", "get_study", "get_dataset"} <= set(linked) <= names
    assert "HTTPValidationError" not in text


def test_what_is_said_of_lists_is_said_of_all_of_them() -> None:
    """Every list of the native API that grows is a page: it takes a limit and says where it goes on."""
    whole = {
        "list_options",
        "list_connectors",
        "list_workers",
        "list_projects",
        "list_checkpoint_permissions",
        "list_models",
    }
    for operation in operations():
        name = operation["operationId"]
        if not name.startswith("list_") or name in whole:
            continue
        given = {parameter["name"] for parameter in operation.get("parameters", ())}
        assert "after" in given and given & {"limit", "lines"}, name
