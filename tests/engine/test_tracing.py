"""An attempt's span reaches the operator's collector, although recipes could not: it belongs to the request that submitted the job."""

from __future__ import annotations

import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest

import ledger_child
from cooldown_kit.engine import local


class Collector(HTTPServer):
    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.bodies: list[bytes] = []


class Handler(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.bodies.append(body)  # type: ignore[attr-defined]
        self.send_response(200)
        self.end_headers()

    def log_message(self, *arguments: Any) -> None:
        pass


def test_the_span_goes_to_the_collector_under_a_policy_that_allows_nothing(
    attempts: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("opentelemetry.exporter.otlp.proto.http")
    trace = "0af7651916cd43dd8448eb211c80319c"
    with Collector() as collector:
        thread = threading.Thread(target=collector.serve_forever)
        thread.start()
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", f"http://127.0.0.1:{collector.server_port}")
        folder = attempts.make(policy={}, traceparent=f"00-{trace}-b7ad6b7169203331-01")
        child = local.start(folder, "local", gpus=(), command=ledger_child.command)
        attempts.started.append(child)
        assert child.wait() == 0
        collector.shutdown()
        thread.join()
    assert any(bytes.fromhex(trace) in body and b"job_1" in body for body in collector.bodies)
    assert trace.encode() in folder.output.read_bytes(), "log lines name the trace, too"
