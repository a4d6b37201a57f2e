"""The page of problems names every kind, with its status; and each kind says whether to try again."""

from __future__ import annotations

import re
from pathlib import Path

from cooldown_api.problems import KINDS, ProblemError

PAGE = Path(__file__).parents[2] / "docs" / "api-problems.md"


def test_every_kind_of_problem_is_explained_with_its_status() -> None:
    rows = re.findall(
        r"^\| `([a-z-]+)` \| (\d{3}) \| (.+) \|$", PAGE.read_text(encoding="utf-8"), re.MULTILINE
    )
    assert [(code, int(status)) for code, status, _ in rows] == [
        (kind.code, kind.status) for kind in KINDS.values()
    ]
    assert all(len(text) > 30 for _, _, text in rows)


def test_a_problem_is_one_of_rfc_9457_and_one_that_openais_clients_read() -> None:
    for code, kind in KINDS.items():
        problem = ProblemError(code, "what", where="place", remedy="do this").problem(instance="/v1/x")
        assert problem.type == f"urn:cooldown-kit:problem:{code}"
        assert (problem.status, problem.title, problem.detail) == (kind.status, kind.title, "what")
        assert problem.error.message == "what (do this)"
        assert (problem.error.param, problem.error.code) == ("place", code.replace("-", "_"))
