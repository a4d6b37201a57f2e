"""Counts and times requests, in a registry of its own: the process-wide one belongs to whoever embeds us."""

from __future__ import annotations

from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

_BUCKETS: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)


class HttpMetrics:
    """Of one application. Labels are route templates, never paths: there are as many series as routes."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._requests = Counter(
            "cooldown_http_requests",
            "Requests answered.",
            ("method", "route", "status"),
            registry=self.registry,
        )
        self._seconds = Histogram(
            "cooldown_http_request_seconds",
            "From a request to the start of its answer.",
            ("method", "route"),
            buckets=_BUCKETS,
            registry=self.registry,
        )
        self._open = Gauge("cooldown_http_requests_open", "Requests in progress.", registry=self.registry)

    def began(self) -> None:
        self._open.inc()

    def answered(self, method: str, route: str, status: int, seconds: float) -> None:
        self._requests.labels(method, route, str(status)).inc()
        self._seconds.labels(method, route).observe(seconds)

    def ended(self) -> None:
        self._open.dec()
