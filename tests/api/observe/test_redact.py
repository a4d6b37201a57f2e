"""No credential of a known form reaches a log."""

from __future__ import annotations

import io
import json
import logging

import pytest
from cooldown_api.observe.logs import configure_logs
from cooldown_api.observe.redact import redact, redact_values

SECRET = "hunter2hunter2hunter2hunter2hunter2hunter2x"
PLANTED = [
    f"key ck_abcd2345_{SECRET} was used",
    f"whsec_{SECRET}",
    f"ghp_{SECRET}",
    f"glpat-{SECRET}",
    f"hf_{SECRET}",
    f"sk-{SECRET}",
    f"Authorization: Bearer {SECRET}",
    f"authorization={SECRET}",
    f"{{'Authorization': 'Basic {SECRET}'}}",
    f"cloning https://ann:{SECRET}@git.example.com/a.git",
    f"https://{SECRET}@git.example.com/a.git",
    f"GET /hook?a=1&token={SECRET}&b=2",
    f"postgresql+psycopg://u:{SECRET}@db/x",
    f"eyJhbGciOiJ{SECRET}.eyJ{SECRET}.{SECRET}",
    f"cookie cooldown_session={SECRET}",
]


@pytest.mark.parametrize("text", PLANTED)
def test_what_looks_like_a_credential_is_taken_out(text: str) -> None:
    assert "hunter2" not in redact(text)
    assert "hunter2" not in str(redact_values({"a": [text, {"b": text}]}))


@pytest.mark.parametrize(
    "text",
    [
        "job_01kb9x2c0fq6m3w8v5t7r4n1pz failed: CUDA out of memory",
        "https://github.com/acme/payments.git",
        "GET /v1/jobs?limit=20&after=job_1",
        "step 17 of 300, loss 1.234",
        "mail ann@example.org",
    ],
)
def test_what_is_none_stays(text: str) -> None:
    assert redact(text) == text


@pytest.fixture
def log() -> io.StringIO:
    """The process's logs, as a service writes them; what pytest had set up comes back."""
    return io.StringIO()


@pytest.mark.parametrize("form", ["json", "text"])
def test_logs_are_redacted_wherever_it_stands(form: str, log: io.StringIO) -> None:
    root = logging.getLogger()
    before, level = root.handlers[:], root.level
    configure_logs(form, stream=log)  # type: ignore[arg-type]
    try:
        for text in PLANTED:
            logging.getLogger("cooldown.x").warning("%s", text, extra={"detail": text})
            try:
                raise RuntimeError(text)
            except RuntimeError:
                logging.getLogger("some.library").exception("failed")
        logging.getLogger("uvicorn.access").info("GET /?token=%s", SECRET)
    finally:
        root.handlers[:] = before
        root.setLevel(level)
        logging.getLogger("uvicorn.access").disabled = False
    assert "hunter2" not in log.getvalue()
    assert log.getvalue().count("failed") >= len(PLANTED)
    if form == "json":
        lines = [json.loads(line) for line in log.getvalue().splitlines()]
        assert {"message", "level", "logger", "timestamp"} <= set(lines[0])
        assert lines[0]["level"] == "warning"
