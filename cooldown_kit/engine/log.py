"""Log lines of a child as JSON, each with the job, the attempt and the request that it belongs to."""

from __future__ import annotations

import json
import logging
import re
import sys
from datetime import UTC, datetime

from cooldown_kit.engine.spec import Spec

_CREDENTIALS = re.compile(r"(?<=://)[^/@\s]+@")
_BEARER = re.compile(r"(?i)\b(bearer|token|basic)\s+[A-Za-z0-9._~+/=-]{8,}")


def log_as_json(spec: Spec) -> None:
    """Send all logging of this process to stderr: ours from INFO, that of libraries from WARNING."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_Json(spec))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    logging.getLogger("cooldown_kit").setLevel(logging.INFO)


def redacted(text: str) -> str:
    """Without what stands before the host of an address, and without bearer tokens."""
    return _BEARER.sub(r"\1 …", _CREDENTIALS.sub("…@", text))


class _Json(logging.Formatter):
    def __init__(self, spec: Spec) -> None:
        super().__init__()
        trace = (spec.traceparent or "").split("-")
        self._fixed = {
            "job": spec.job,
            "attempt": spec.attempt,
            **({"request_id": spec.request_id} if spec.request_id else {}),
            **({"trace_id": trace[1]} if len(trace) == 4 else {}),
        }

    def format(self, record: logging.LogRecord) -> str:
        line = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": redacted(record.getMessage()),
            **self._fixed,
        }
        if record.exc_info:
            line["traceback"] = redacted(self.formatException(record.exc_info))
        return json.dumps(line, ensure_ascii=False)
