"""Pull requests as tasks: asked for by the issue, answered by edits."""

from __future__ import annotations

import msgspec
import pytest

from cooldown_kit import patches
from cooldown_kit.documents import Document
from cooldown_kit.records import Link, PullRequest
from cooldown_kit.render.dispatch import Fallback, render_record
from cooldown_kit.render.edits import apply_edits, read_edits
from cooldown_kit.render.layouts import Layouts
from cooldown_kit.render.options import RenderOptions
from cooldown_kit.render.origin import Origin
from cooldown_kit.render.task import asked_for

from .talk_records import AFTER_BOTH, BEFORE, PATH, WHOLE, forge_request, modified

ORIGIN = Origin("ledger", "github", str)
REQUEST = forge_request()
TASK = Layouts(RenderOptions(pull_request={"task": 1}))


def request_with(**fields: object) -> PullRequest:
    return msgspec.structs.replace(REQUEST, **fields)


def test_the_edits_of_the_answer_give_the_merged_files_and_the_prompt_holds_nothing_of_them() -> None:
    document = render_record(REQUEST, ORIGIN, TASK).document
    assert isinstance(document, Document)
    prompt, answer = document.segments
    assert (prompt.trained, answer.trained) == (False, True)
    assert apply_edits(BEFORE, read_edits(answer.text)) == AFTER_BOTH == patches.apply(BEFORE, WHOLE)
    assert "HALF_EVEN" not in prompt.text
    assert "### src/ledger/report.py" in prompt.text, "a file that was not touched"
    assert document.signals["prompt_characters"] == len(prompt.text)


def test_a_request_is_asked_for_by_its_issues_else_by_itself() -> None:
    assert asked_for(REQUEST).startswith("The report of the day drifts by a cent\n\nSplit payments")
    untold = request_with(linked=[Link(key="acme/ledger#412", relation="closes", kind="issue")])
    assert asked_for(untold).startswith("Round half to even when splitting a payment\n\n")
    mentioned = request_with(linked=[Link(key="x#1", relation="mentions", title="Other", text="Text")])
    assert "Other" not in asked_for(mentioned)
    two = request_with(
        linked=[REQUEST.linked[0], Link(key="x#2", relation="closes", title="Second", text="More")]
    )
    assert asked_for(two).endswith("too high.\n\n# Second\n\nMore")
    assert asked_for(request_with(linked=[], title=None)) == ""


def test_a_request_that_git_alone_knows_is_a_task_too(pull_request: PullRequest) -> None:
    document, fallback = render_record(pull_request, ORIGIN, TASK)
    assert isinstance(document, Document)
    assert (document.layout, fallback) == ("task", None)
    assert document.text.startswith("# Round half to even\n\nBanks settle in cents")


@pytest.mark.parametrize(
    ("record", "layout", "reason"),
    [
        (request_with(title="", linked=[]), "diff", "no_message"),
        (request_with(changes=[modified(PATH, WHOLE)]), "diff", "no_contents"),
        (request_with(changes=[modified("a.png", None, left_out="binary")]), "diff", "no_edits"),
        (request_with(changes=[modified(PATH, WHOLE, "other\n")]), "diff", "does_not_fit"),
        (
            request_with(changes=[modified(PATH, "@@ -1 +1 @@\n-x\n+" + "y" * 30_000 + "\n", "x\n")]),
            "diff",
            "too_large",
        ),
        (request_with(changes=[], left_out="no_clone"), "story", "no_clone"),
        (request_with(changes=[]), "story", "no_edits"),
    ],
)
def test_a_request_that_is_no_task_says_why(record: PullRequest, layout: str, reason: str) -> None:
    document, fallback = render_record(record, ORIGIN, TASK)
    assert isinstance(document, Document)
    assert (document.layout, fallback) == (layout, Fallback("task", reason))
