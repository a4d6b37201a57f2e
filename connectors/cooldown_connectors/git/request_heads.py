"""Where forges keep the heads of pull (merge) requests: references that a mirror has and a plain clone has not."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from cooldown_connectors.git.hardened import Git
from cooldown_connectors.git.paths import path_text
from cooldown_kit.records import Skipped

_NUMBER: Final = r"([1-9][0-9]{0,8})"
_FORMS: Final = (
    rf"refs/pull/{_NUMBER}/head",  # GitHub, Gitea, Forgejo
    rf"refs/merge-requests/{_NUMBER}/head",  # GitLab
    rf"refs/pull-requests/{_NUMBER}/from",  # Bitbucket Data Center
    rf"refs/remotes/origin/(?:pull|pr|merge-requests|mr|pull-requests)/{_NUMBER}(?:/head|/from)?",
    rf"refs/remotes/.+/(?:pull|pr|merge-requests|mr|pull-requests)/{_NUMBER}(?:/head|/from)?",
)
"""Which name is believed first. The last two are what people let their own clones fetch."""
_MERGES: Final = (
    rf"refs/pull/{_NUMBER}/merge",  # Azure DevOps has nothing else; GitHub and Gitea have it beside the head
    rf"refs/remotes/.+/pull/{_NUMBER}/merge",
)
_KNOWN: Final = tuple(re.compile(form) for form in (*_FORMS, *_MERGES))

REFSPECS: Final = (
    "+refs/pull/*/head:refs/pull/*/head",
    "+refs/merge-requests/*/head:refs/merge-requests/*/head",
    "+refs/pull-requests/*/from:refs/pull-requests/*/from",
)
"""What a mirror fetches to have them."""
MERGE_REFSPEC: Final = "+refs/pull/*/merge:refs/pull/*/merge"
REMOTES_REFSPEC: Final = "+refs/remotes/*:refs/remotes/*"


@dataclass(frozen=True)
class RequestHead:
    """The head of one request. With ``merge`` it is the forge's trial merge, whose second parent is the head."""

    number: int
    reference: str
    revision: str
    merge: bool = False


def request_heads(references: Mapping[str, str]) -> tuple[list[RequestHead], list[Skipped]]:
    """The heads among references (full name → commit), by number; and other references that give a number another head,
    as ``other_request_head``.

    A trial merge is taken only where a request has nothing else.
    """
    best: dict[int, tuple[int, str]] = {}
    for name, (form, number) in _requests(references):
        best[number] = min(best.get(number, (form, name)), (form, name))
    heads = [
        RequestHead(number, name, references[name], merge=form >= len(_FORMS))
        for number, (form, name) in sorted(best.items())
    ]
    others = []
    for name, (form, number) in _requests(references):
        chosen = references[best[number][1]]
        if form < len(_FORMS) and references[name] != chosen:
            shown = path_text(name.encode("utf-8", "surrogateescape"))
            others.append(Skipped(what=shown, reason="other_request_head", detail=f"#{number} is {chosen}"))
    return heads, others


def present_heads(git: Git, heads: Sequence[RequestHead]) -> tuple[list[RequestHead], list[Skipped]]:
    """Those heads whose commit is in the repository, and the others as ``missing`` or ``not_a_commit``. Raises ``GitFailed``.

    History can be read from all of the first at once.
    """
    if not heads:
        return [], []
    with tempfile.TemporaryFile() as question:
        question.write("".join(f"{head.revision}\n" for head in heads).encode())
        reply = git.run("cat-file", "--batch-check=%(objecttype)", "--buffer", stdin=question)
    present, skipped = [], []
    for head, kind in zip(heads, reply.decode("ascii").splitlines(), strict=True):
        if kind == "commit":
            present.append(head)
        else:
            reason = "missing" if kind.endswith("missing") else "not_a_commit"
            skipped.append(Skipped(what=f"#{head.number}", reason=reason, detail=head.revision))
    return present, skipped


def request_references(references: Mapping[str, str]) -> dict[str, str]:
    """Those references that :func:`request_heads` takes: when they change, there are other requests."""
    heads, _ = request_heads(references)
    return {head.reference: head.revision for head in heads}


def refspecs(chosen: Iterable[str]) -> tuple[str, ...]:
    """What to fetch to have these references of requests: trial merges only where some request has nothing else."""
    names = list(chosen)
    more = [MERGE_REFSPEC] if any(name.endswith("/merge") for name in names) else []
    more += [REMOTES_REFSPEC] if any(name.startswith("refs/remotes/") for name in names) else []
    return (*REFSPECS, *more)


def _requests(references: Mapping[str, str]) -> Iterator[tuple[str, tuple[int, int]]]:
    """Name, and which form it has and of which number, for references that are a request's. In the order of names."""
    for name in sorted(references):
        if not name.startswith(("refs/pull", "refs/merge-requests/", "refs/remotes/")):
            continue
        for form, pattern in enumerate(_KNOWN):
            if match := pattern.fullmatch(name):
                yield name, (form, int(match[1]))
                break
