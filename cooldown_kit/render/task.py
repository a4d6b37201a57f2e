"""Commits and pull requests as tasks (:mod:`cooldown_kit.render.edits_task`).

A commit is asked for by its message. A pull request is asked for by the issues that it closes, where they are known: who wrote them did
not know the answer; else by its own title and description.
"""

from __future__ import annotations

from cooldown_kit.documents import Document
from cooldown_kit.records import Commit, PullRequest
from cooldown_kit.render.commit import clean_message, commit_document
from cooldown_kit.render.edits_task import Unfit, edits_task
from cooldown_kit.render.layouts import Layouts
from cooldown_kit.render.origin import NotRendered, Origin
from cooldown_kit.render.pull_request import clean_description, request_document


def render_task(record: Commit, origin: Origin, layouts: Layouts) -> Document | NotRendered:
    """The document of a commit; ``no_message``, or a reason of :func:`edits_task`, where it cannot take this layout."""
    message = clean_message(record)
    if not message.text:
        return NotRendered("no_message")
    try:
        segments = edits_task(message.text, record.changes, record.untouched, record.id, layouts)
    except Unfit as reason:
        return NotRendered(str(reason))
    return commit_document(record, origin, "task", segments, message)


def render_request_task(record: PullRequest, origin: Origin, layouts: Layouts) -> Document | NotRendered:
    """The document of a request; ``no_message`` (no issue and no title), the reason why its changes are not there
    (``no_clone``, …), or a reason of :func:`edits_task`, where it cannot take this layout."""
    message = asked_for(record)
    if not message:
        return NotRendered("no_message")
    if not record.changes and record.left_out:
        return NotRendered(record.left_out)
    try:
        segments = edits_task(message, record.changes, record.untouched, record.id, layouts)
    except Unfit as reason:
        return NotRendered(str(reason))
    return request_document(record, origin, "task", segments)


def asked_for(record: PullRequest) -> str:
    """What the request is to do: the issues that it closes, each with its title and text, else its own title and description."""
    issues = [
        f"{' '.join(link.title.split())}\n\n{link.text}".strip()
        for link in record.linked
        if link.relation == "closes" and link.title and link.text
    ]
    if issues:
        return "\n\n# ".join(issues)
    title = " ".join((record.title or "").split())
    return f"{title}\n\n{clean_description(record)}".strip() if title else ""
