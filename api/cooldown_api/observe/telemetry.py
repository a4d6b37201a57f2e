"""Traces, where the standard variables name a collector (``OTEL_EXPORTER_OTLP_ENDPOINT``); nothing is sent anywhere otherwise.

Without it a ``traceparent`` that a caller sends is still kept with their job, and handed on.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final

from starlette.datastructures import Headers
from starlette.types import Scope

from cooldown_kit import __version__
from cooldown_kit.errors import InputError

_ENDPOINTS: Final = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")
_SHAPE: Final = re.compile(r"00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}")


def traceparent_of(headers: Headers) -> str | None:
    """What the caller sent, where it has the form of W3C's Trace Context."""
    given = headers.get("traceparent")
    return given if given is not None and _SHAPE.fullmatch(given) else None


def wanted(environment: Mapping[str, str] | None = None) -> bool:
    """Whether an operator asked for traces."""
    environment = os.environ if environment is None else environment
    if environment.get("OTEL_SDK_DISABLED", "").lower() == "true":
        return False
    if environment.get("OTEL_TRACES_EXPORTER", "otlp") == "none":
        return False
    return any(environment.get(name) for name in _ENDPOINTS)


class Span:
    """The server's span of one request."""

    def __init__(self, span: Any) -> None:
        self._span = span

    @property
    def traceparent(self) -> str | None:
        context = self._span.get_span_context()
        if not context.is_valid:
            return None
        return f"00-{context.trace_id:032x}-{context.span_id:016x}-{context.trace_flags:02x}"

    def ended(self, route: str, status: int) -> None:
        """Name it by its route's template, and mark what failed."""
        from opentelemetry.trace import StatusCode

        self._span.update_name(f"{self._span.attributes['http.request.method']} {route}")
        self._span.set_attribute("http.route", route)
        self._span.set_attribute("http.response.status_code", status)
        if status >= 500:
            self._span.set_status(StatusCode.ERROR)


class RequestTracer:
    """Makes the spans. ``provider``: of the OpenTelemetry SDK."""

    def __init__(self, provider: Any) -> None:
        self.provider = provider
        self._tracer = provider.get_tracer("cooldown_api", __version__)

    @contextmanager
    def span(self, scope: Scope, headers: Headers) -> Iterator[Span]:
        """A span from here to the end of the block, below the caller's where it sent one."""
        from opentelemetry.trace import SpanKind
        from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

        given = traceparent_of(headers)
        parent = TraceContextTextMapPropagator().extract({"traceparent": given} if given else {})
        attributes = {"http.request.method": scope["method"], "url.scheme": scope["scheme"]}
        with self._tracer.start_as_current_span(
            scope["method"], context=parent, kind=SpanKind.SERVER, attributes=attributes
        ) as span:
            yield Span(span)

    def close(self) -> None:
        """Send what is still waiting."""
        self.provider.shutdown()


def request_tracer() -> RequestTracer | None:
    """The tracer of this process, or none. Raises :class:`InputError` where traces are wanted and the extra is not installed."""
    if not wanted():
        return None
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor
    except ImportError as error:
        raise InputError(
            "traces are asked for, and OpenTelemetry is not installed",
            where="OTEL_EXPORTER_OTLP_ENDPOINT",
            remedy="pip install 'cooldown-kit[telemetry]', or unset it",
        ) from error
    name = os.environ.get("OTEL_SERVICE_NAME", "cooldown-api")
    provider = TracerProvider(
        resource=Resource.create({"service.name": name, "service.version": __version__})
    )
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    return RequestTracer(provider)
