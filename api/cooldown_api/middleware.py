"""What every request passes through, outermost first. Pure ASGI, so that streams stream.

```
 SecurityHeaders  on every answer, refusals and failures too
 RequestContext   id, log line, metrics, span; what nobody caught becomes a problem
 HostCheck        foreign names
 BodyLimit        bytes, declared or counted
 StreamLimit      open event streams of one caller
```
Who asks, and how often, is known only in the route: :func:`~cooldown_api.auth.authenticate.authenticate`.
"""

from __future__ import annotations

from fastapi import FastAPI

from cooldown_api.auth.host_check import HostCheck
from cooldown_api.http.body_limit import BodyLimit
from cooldown_api.http.security_headers import SecurityHeaders
from cooldown_api.http.stream_limit import StreamLimit
from cooldown_api.observe.http_metrics import HttpMetrics
from cooldown_api.observe.requests import RequestContext
from cooldown_api.observe.telemetry import request_tracer
from cooldown_api.settings import Settings


def add_middleware(app: FastAPI, settings: Settings) -> None:
    """Request ids, logs, metrics, limits, headers."""
    app.state.http_metrics = HttpMetrics()
    # the last one added is the outermost
    app.add_middleware(StreamLimit, limits=settings.limits)
    app.add_middleware(BodyLimit, limits=settings.limits)
    app.add_middleware(HostCheck, settings=settings)
    app.add_middleware(RequestContext, metrics=app.state.http_metrics, tracer=request_tracer())
    app.add_middleware(SecurityHeaders)
