"""One span for an attempt, below the request that submitted the job; where OpenTelemetry is installed and has somewhere to send it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any
from urllib.parse import urlsplit

from cooldown_kit.engine.spec import Spec


@contextmanager
def span(spec: Spec) -> Iterator[Any]:
    """The span, or ``None``. What it cannot send it drops: a collector that is away stops no job."""
    tracer, provider = _tracer(spec)
    if tracer is None:
        yield None
        return
    from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

    parent = TraceContextTextMapPropagator().extract({"traceparent": spec.traceparent or ""})
    attributes = {
        "cooldown.job": spec.job,
        "cooldown.attempt": spec.attempt,
        "cooldown.kind": spec.kind,
    }
    try:
        with tracer.start_as_current_span(f"attempt {spec.kind}", parent, attributes=attributes) as current:
            yield current
    finally:
        provider.shutdown()


def _tracer(spec: Spec) -> tuple[Any, Any]:
    wanted = os.environ.get("OTEL_EXPORTER_OTLP_ENDPOINT") or os.environ.get(
        "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"
    )
    if not spec.traceparent or not wanted:
        return None, None
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor
    except ImportError:
        return None, None
    _admit(wanted)
    provider = TracerProvider(resource=Resource.create({"service.name": "cooldown-kit"}))
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    return provider.get_tracer("cooldown_kit.engine"), provider


def _admit(endpoint: str) -> None:
    """The collector is the operator's choice, and mostly a private address: the guard of recipes is not asked about it."""
    from cooldown_kit.guard.use import admit

    with suppress(OSError, ValueError):
        parts = urlsplit(endpoint)
        admit(parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80))
