"""Traces go where an operator said, and nowhere by default."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from cooldown_api.database.scoping import ALL_PROJECTS
from cooldown_api.database.tables import Job
from cooldown_api.observe.http_metrics import HttpMetrics
from cooldown_api.observe.requests import RequestContext
from cooldown_api.observe.telemetry import RequestTracer, request_tracer, wanted
from cooldown_api.service import Service
from cooldown_api.settings import Settings
from fastapi import FastAPI, Request
from fastapi.testclient import TestClient
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import StatusCode

from job_rows import RECIPE

PARENT = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"


def test_nothing_is_traced_unless_a_collector_is_named() -> None:
    assert not wanted({})
    assert not wanted({"OTEL_SERVICE_NAME": "a", "OTEL_TRACES_EXPORTER": "otlp"})
    assert wanted({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://collector:4318"})
    assert wanted({"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://collector:4318/v1/traces"})
    assert not wanted({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://c", "OTEL_SDK_DISABLED": "true"})
    assert not wanted({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://c", "OTEL_TRACES_EXPORTER": "none"})


def test_a_named_collector_makes_a_tracer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:9")
    tracer = request_tracer()
    assert tracer is not None
    tracer.close()


def test_each_request_is_a_span_below_its_callers_and_hands_itself_on() -> None:
    spans = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(spans))
    app = FastAPI()
    seen: list[str] = []

    @app.get("/v1/things/{id}")
    def thing(id: str, request: Request) -> None:
        seen.append(request.state.traceparent)
        if id == "bad":
            raise RuntimeError

    app.add_middleware(RequestContext, metrics=HttpMetrics(), tracer=RequestTracer(provider))
    client = TestClient(app, raise_server_exceptions=False)
    client.get("/v1/things/1?token=hunter2", headers={"traceparent": PARENT})
    client.get("/v1/things/bad")
    first, second = spans.get_finished_spans()
    assert first.name == "GET /v1/things/{id}"
    assert first.attributes is not None
    assert first.attributes["http.response.status_code"] == 200
    assert f"{first.context.trace_id:032x}" == PARENT.split("-")[1]
    assert first.parent is not None
    assert f"{first.parent.span_id:016x}" == PARENT.split("-")[2]
    assert seen[0] == f"00-{first.context.trace_id:032x}-{first.context.span_id:016x}-01"
    assert second.status.status_code is StatusCode.ERROR
    assert second.context.trace_id != first.context.trace_id
    assert "hunter2" not in first.to_json()


def test_a_job_remembers_the_trace_it_was_submitted_in(client: TestClient, service: Service) -> None:
    job = client.post("/v1/jobs", json={"recipe": RECIPE}, headers={"traceparent": PARENT}).json()["id"]
    other = client.post(
        "/v1/jobs", json={"recipe": RECIPE}, headers={"traceparent": PARENT[:-3] + " 01"}
    ).json()["id"]
    with service.database.read(ALL_PROJECTS) as session:
        assert session.get_one(Job, job).traceparent == PARENT
        assert session.get_one(Job, other).traceparent is None


def test_the_service_imports_no_telemetry_and_no_trainer_by_default(tmp_path: Path) -> None:
    code = (
        "import sys, cooldown_api.commands.serving as s; from cooldown_api.settings import Settings; from pathlib import Path;"
        "s.create_app(Settings(data_dir=Path(sys.argv[1])));"
        "sys.exit(bool({'torch', 'transformers', 'ray', 'opentelemetry.sdk'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", code, str(tmp_path)]).returncode == 0
    assert Settings(data_dir=tmp_path).metrics_public is False
