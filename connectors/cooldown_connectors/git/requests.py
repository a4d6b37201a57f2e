"""Which pull (or merge) request a commit merged, as the forge's own message says it. No API is asked.

Forges write a fixed form into the message when they merge. Each form is one pattern here, and only a pattern that the forge itself
writes counts: a number that a person mentions ("fix #12") is an issue as often as not.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Literal

Form = Literal[
    "github_merge",
    "github_squash",
    "gitlab_merge",
    "gitlab_squash",
    "bitbucket_cloud",
    "bitbucket_server",
    "azure_devops",
    "gitea_merge",
    "merge_pr",
    "homu",
    "bors",
]
"""Which forge's (or merge robot's) words the message has. ``github_squash`` is Gitea's and Forgejo's squash too."""


@dataclass(frozen=True, slots=True)
class MergedRequest:
    """The pull or merge request that a commit merged or squashed, as its message says.

    Whether it is a merge or a squash, the commit's parents say: some forges write the same words for both.
    """

    number: int
    title: str | None
    """``None`` where the message has none."""
    description: str
    """What stands below the title, without the lines that the forge adds; empty where nothing."""
    form: Form
    others: tuple[int, ...] = ()
    """Further requests that the same commit merged: a batch of bors."""


def merged_request(message: bytes | str) -> MergedRequest | None:
    """The request that the commit with this message merged; ``None`` where no forge's form is found.

    >>> merged_request("Round up (#3)").number
    3
    >>> merged_request('Revert "Round up (#3)" (#5)').number
    5
    """
    text = message.decode("utf-8", "replace") if isinstance(message, bytes) else message
    subject, _, rest = text.strip().partition("\n")
    subject, rest = subject.rstrip(), rest.strip()
    for pattern, read in _SUBJECTS:
        match = pattern.match(subject)
        if match is not None and (found := read(match, rest)) is not None:
            return found
    return _gitlab(subject, rest) or _squash(subject, rest)


def review_trailers(message: bytes | str) -> list[str]:
    """What the trailers say that speak of a review: a person or an address, in order. Empty where there are none.

    ``Reviewed-by``, ``Reviewed-on`` (Gerrit, Gitea), ``Approved-by``, ``Acked-by``, and Phabricator's ``Reviewed By``
    and ``Differential Revision``.
    """
    text = message.decode("utf-8", "replace") if isinstance(message, bytes) else message
    return [value for match in _REVIEW.finditer(text) if (value := match[1].strip()).lower() not in _NOBODY]


_REVIEW: Final = re.compile(
    r"^(?:reviewed[- ](?:by|on)|approved[- ]by|acked[- ]by|differential revision)[ \t]*:[ \t]*(\S.*)$",
    re.MULTILINE | re.IGNORECASE,
)
_NOBODY: Final = {"none", "nobody", "no one", "n/a", "-", "trivial", "oops!", "nobody (oops!)"}
_FORGE_TRAILER: Final = re.compile(r"^(?:reviewed-(?:on|by)|approved-by):.*\n?", re.MULTILINE | re.IGNORECASE)
_NUMBER: Final = r"([1-9]\d{0,8})"

Reader = Callable[[re.Match[str], str], MergedRequest | None]


def _below(form: Form) -> Reader:
    """The title is the first line below the subject, the description what follows."""

    def read(match: re.Match[str], rest: str) -> MergedRequest:
        title, _, description = _without_trailers(rest).partition("\n")
        return MergedRequest(int(match[1]), title.rstrip() or None, description.strip(), form)

    return read


def _beside(form: Form) -> Reader:
    """The title stands in the subject, in the pattern's second group; all below is the description."""

    def read(match: re.Match[str], rest: str) -> MergedRequest:
        return MergedRequest(int(match[1]), match[2].strip() or None, _without_trailers(rest), form)

    return read


def _gitea(match: re.Match[str], rest: str) -> MergedRequest:
    return MergedRequest(int(match[2]), match[1].strip() or None, _without_trailers(rest), "gitea_merge")


def _bitbucket_server(match: re.Match[str], rest: str) -> MergedRequest:
    first, _, below = rest.partition("\n")
    description = below if re.match(r"Merge in \S+ from .+ to ", first) else rest
    return MergedRequest(
        int(match[1]), match[2].strip() or None, _without_trailers(description), "bitbucket_server"
    )


def _stash(match: re.Match[str], rest: str) -> MergedRequest:
    return MergedRequest(int(match[1]), None, rest, "bitbucket_server")


_BORS_PART: Final = re.compile(rf"^{_NUMBER}: (.+)$", re.MULTILINE)


def _bors(match: re.Match[str], rest: str) -> MergedRequest | None:
    """``Merge #1 #2``; below, a part for each: ``1: Title r=reviewer a=author``. People write such a subject too, but no parts."""
    first, *others = (int(number) for number in re.findall(_NUMBER, match[0]))
    part = next((p for p in _BORS_PART.finditer(rest) if int(p[1]) == first), None)
    if part is None:
        return None
    following = (p.start() for p in _BORS_PART.finditer(rest, part.end()) if int(p[1]) in others)
    description = _without_trailers(rest[part.end() : next(following, len(rest))])
    title = re.split(" [ra]=", part[2], maxsplit=1)[0].strip()
    return MergedRequest(first, title or None, description, "bors", tuple(others))


_SUBJECTS: Final[tuple[tuple[re.Pattern[str], Reader], ...]] = (
    (re.compile(rf"Merge pull request #{_NUMBER} in \S+ from .+ to \S+$"), _stash),
    (re.compile(rf"Merge pull request #{_NUMBER} from \S+"), _below("github_merge")),
    (re.compile(rf"Merge pull request '(.*)' \(#{_NUMBER}\) from \S+"), _gitea),
    (re.compile(rf"Merged in .+ \(pull request #{_NUMBER}\)$"), _below("bitbucket_cloud")),
    (re.compile(rf"Pull request #{_NUMBER}: (.*)"), _bitbucket_server),
    (re.compile(rf"Merged PR {_NUMBER}: (.*)"), _beside("azure_devops")),
    (re.compile(rf"Merge (?:PR|pull request) #{_NUMBER}: (.*)"), _beside("merge_pr")),
    (re.compile(rf"(?:Auto merge|Rollup merge) of #{_NUMBER} - "), _below("homu")),
    (re.compile(rf"Merge #{_NUMBER}(?:,? #{_NUMBER})*$"), _bors),
)
"""What a subject starts with, and how the rest is read. The order matters where one is the start of another."""

_GITLAB_END: Final = re.compile(
    rf"^See merge request (?:\S*!|https?://\S+/merge_requests/){_NUMBER}[ \t]*$", re.MULTILINE
)
_GITLAB_MERGE: Final = re.compile(r"Merge branch '.+'(?: into .+)?$")


def _gitlab(subject: str, rest: str) -> MergedRequest | None:
    """GitLab names the request below; the subject is the merge's or, of a squash, the title."""
    end = None
    for end in _GITLAB_END.finditer(rest):  # noqa: B007 - the last one is GitLab's, those before are quoted
        pass
    if end is None:
        return None
    number, body = int(end[1]), (rest[: end.start()] + rest[end.end() :]).strip()
    if not _GITLAB_MERGE.match(subject):
        return MergedRequest(number, subject, _without_trailers(body), "gitlab_squash")
    title, _, description = _without_trailers(body).partition("\n")
    return MergedRequest(number, title.rstrip() or None, description.strip(), "gitlab_merge")


_REFERENCE: Final = re.compile(rf"(?:#|GH-|(\S*!)){_NUMBER}\)")
_CLOSING: Final = re.compile(r"\b(?:close[sd]?|resolve[sd]?|fixe[sd]|refs?|see|issues?)$", re.IGNORECASE)


def _squash(subject: str, rest: str) -> MergedRequest | None:
    """``Title (#12)``; with a closing word before it the number is an issue's."""
    title, _, end = subject.rpartition(" (")
    title, match = title.rstrip(), _REFERENCE.fullmatch(end)
    if match is None or not title or _CLOSING.search(title[-20:]):
        return None
    form: Form = "gitlab_squash" if match[1] else "github_squash"
    return MergedRequest(int(match[2]), title, _without_trailers(rest), form)


def _without_trailers(text: str) -> str:
    """The text without the lines that a forge adds to say who reviewed it; other trailers stay."""
    return _FORGE_TRAILER.sub("", text).strip()
