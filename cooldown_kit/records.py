"""Records: what a system of record holds, structured and unrendered.

Rendering again never needs harvesting again, so a record keeps everything that any layout could want. Records are
raw: they may hold secrets and names. They are written to folders that only their owner can read, and
:mod:`cooldown_kit.curate.secrets` cleans them before anything is rendered.

On disk a harvest is ``records.jsonl.zst``: one JSON object a line, with a ``record`` tag that names its type.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Literal

import msgspec
import zstandard


class Person(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Somebody as the system of record has them. Never rendered: documents carry keyed hashes and pseudonyms."""

    name: str
    """Empty where only the login is known."""
    email: str
    """Empty where the forge does not say it (most do not)."""
    login: str = ""
    """The account's name on the forge, by which texts mention it (``@login``); empty for people of a git history."""
    bot: bool | None = None
    """Whether the platform itself says that the account is a machine's; ``None`` where it says nothing."""


class FileChange(msgspec.Struct, frozen=True, kw_only=True):
    """What a commit did to one path."""

    path: str
    old_path: str | None = None
    """Set where the change is a rename or a copy."""
    status: Literal["added", "modified", "deleted", "renamed", "copied", "type_changed"]
    old_mode: str
    new_mode: str
    old_blob: str | None
    new_blob: str | None
    patch: str | None
    """The hunks of the unified diff, from the first ``@@`` on, without file headers; ``None`` where left out."""
    left_out: str | None = None
    """Why there is no patch: ``binary``, ``too_large``, ``not_utf8``, ``submodule``, ``lfs_pointer``,
    ``excluded`` (by the source's options), ``missing`` (a partial clone), ``empty`` (rename or mode only)."""
    before: str | None = None
    """The whole file before the change; ``None`` where there was none, and where contents were not asked for.

    What it was after the change is not stored twice: :func:`cooldown_kit.patches.after` applies ``patch``."""


class UntouchedFile(msgspec.Struct, frozen=True, kw_only=True):
    """A file beside those that a commit changed, as it was at the parent: a reader must find out which to edit."""

    path: str
    blob: str
    content: str


class HistorySignals(msgspec.Struct, frozen=True, kw_only=True):
    """What only the owner of a whole history can say of a commit. ``None`` is "not known", never "no"."""

    review: Literal["pull_request", "reviewed", "merged", "pushed"]
    """How it came in: through a pull request, with a reviewer's trailer, by a plain merge, or pushed directly."""
    pull_request: int | None = None
    """Number of the pull (or merge) request that brought it in, where a message says so."""
    merged_in: str | None = None
    """The merge on the first-parent line that brought it in; ``None`` for commits on that line."""
    reverts: str | None = None
    """The commit that this one takes back."""
    reverted_by: str | None = None
    """The first later commit that took this one back."""
    reverted_after_days: float | None = None
    fixed_by: str | None = None
    """The first later commit that calls itself a fix and changes lines that this one added, within the fix window."""
    fixed_after_days: float | None = None
    lines_added: int
    """Lines added that say something (no white space, punctuation or lone keyword): those that survival speaks of. Zero
    also where the diff was not read."""
    lines_surviving: int | None = None
    """How many of them still stand at the revision that was read."""
    survival_days: float | None = None
    """Median days until an added line was changed or removed; a line that still stands counts up to the newest commit."""
    tests_touched: bool
    """It changes a file that is a test by its path."""
    bot: bool
    """Written by a machine, by the author's name and address."""
    author_commits_before: int
    """Earlier commits of the author (by keyed hash of the e-mail) in this repository."""
    author_path_commits_before: int
    """Earlier commits of the author that changed a file in the folder where this one changes most."""
    path_commits_before: int
    """Earlier commits of anybody there: the author's share of them is the author's standing."""


class Commit(msgspec.Struct, frozen=True, kw_only=True, tag_field="record", tag="commit"):
    id: str
    """Stable: ``{repository}@{revision}``."""
    take: str
    """Which of the connector's takes it belongs to, for example ``commits``."""
    repository: str
    revision: str
    parents: list[str]
    author: Person
    committer: Person
    authored_at: datetime
    committed_at: datetime
    message: str
    changes: list[FileChange]
    untouched: list[UntouchedFile] = []
    """Some files beside the changed ones, where they were asked for."""
    signals: HistorySignals | None = None


class SourceFile(msgspec.Struct, frozen=True, kw_only=True, tag_field="record", tag="source_file"):
    id: str
    """Stable: ``{repository}@{revision}:{path}``."""
    take: str
    repository: str
    revision: str
    """The revision that was read, not the one that last changed the file."""
    path: str
    blob: str
    mode: str
    content: str
    changed_at: datetime | None
    """Time of the last commit that changed the path; ``None`` where history does not say (a shallow clone)."""
    changed_in: str | None


class Cell(msgspec.Struct, frozen=True, kw_only=True):
    """A cell of a notebook. ``outputs`` are those that are text, as text."""

    kind: Literal["markdown", "code", "raw"]
    source: str
    outputs: list[str] = []
    outputs_left_out: int = 0
    """Outputs that are no text (images, widgets) or too large."""


class Notebook(msgspec.Struct, frozen=True, kw_only=True, tag_field="record", tag="notebook"):
    id: str
    """Stable: ``{repository}@{revision}:{path}``."""
    take: str
    repository: str
    revision: str
    path: str
    blob: str
    language: str | None
    """Of the code cells, as the notebook's kernel says it, lower case: ``python``, ``r``, ``julia``."""
    cells: list[Cell]
    changed_at: datetime | None
    changed_in: str | None


class Release(msgspec.Struct, frozen=True, kw_only=True, tag_field="record", tag="release"):
    """A tag and what it released."""

    id: str
    """Stable: ``{repository}@refs/tags/{tag}``."""
    take: str
    repository: str
    tag: str
    revision: str | None
    """The commit that it names; ``None`` where a forge names a branch only."""
    message: str
    """The annotated tag's own message: release notes where the project keeps them there; empty for a lightweight tag."""
    tagger: Person | None
    released_at: datetime
    """The tagger's time; of a lightweight tag the commit's; on a forge when it was published."""
    previous: str | None
    """The release before it on the way back through history."""
    notes: str | None
    """The part of the changelog file at that commit that speaks of this version, or the notes that the forge has; ``None`` where there are none."""
    subjects: list[str]
    """First lines of the commits since the previous release, newest first, merges left out."""
    subjects_left_out: int = 0
    forge: str = ""
    """The connector of the forge that it was read from; empty where git alone was asked."""
    name: str | None = None
    """The title that the forge shows."""
    prerelease: bool = False
    url: str | None = None


class PullRequestCommit(msgspec.Struct, frozen=True, kw_only=True):
    revision: str
    message: str
    author: Person
    authored_at: datetime


class Comment(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Something that somebody wrote in a conversation, as Markdown unless the source says otherwise."""

    id: str
    """Unique within its thread, request or issue, and stable over harvests."""
    author: Person | None
    """``None`` for an account that was deleted, or is not known."""
    created_at: datetime
    text: str
    edited_at: datetime | None = None
    reply_to: str | None = None
    """Id of the comment that it answers."""
    score: int | None = None
    """Votes, or reactions that approve less those that do not; ``None`` where the platform has none."""
    accepted: bool = False
    """Marked as the answer."""
    hidden: str | None = None
    """Why the forge shows it folded: ``outdated``, ``spam``, ``off_topic``, ``resolved``, ``duplicate``, ``abuse``."""
    url: str | None = None


class Anchor(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a review comment speaks of: lines of a file on one side of a diff, as they were when it was written.

    Line numbers are from 1. They never change afterwards: where the lines stand now, ``now_*`` says.
    """

    path: str
    """The file on the side that is commented on."""
    side: Literal["old", "new"] = "new"
    """``old``: the file before the request (a removed line, or context); ``new``: after it."""
    start_line: int | None = None
    """First line; the same as ``line`` where one line is meant."""
    line: int | None = None
    """Last line; ``None`` where the comment speaks of the whole file."""
    base: str | None = None
    """The commit that the diff was against."""
    head: str | None = None
    """The commit that was commented on."""
    round: int | None = None
    """Number of the :class:`Round` whose head that is; ``None`` where it is not known."""
    hunk: str | None = None
    """The hunk of the diff that holds the lines, with its ``@@`` line; it may be cut before lines that follow them."""
    hunk_from: Literal["git", "forge"] | None = None
    now_path: str | None = None
    """Where the lines stand at the request's last head; ``None`` where they are gone, or not known."""
    now_start_line: int | None = None
    now_line: int | None = None


class Answer(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The first push after a review comment that touches what it speaks of."""

    round: int
    revision: str
    """Head of that push."""
    pushed_at: datetime | None = None
    """When; ``None`` where the forge does not say. What was written later is no part of the question."""
    how: Literal["changed", "beside", "deleted"]
    """``changed``: some of the lines; ``beside``: lines were put in next to them; ``deleted``: the whole file went."""
    start_line: int
    """The lines that the comment speaks of, in the file as it was just before that push."""
    line: int
    change: FileChange
    """What that push did to the file, against the push before; ``before`` where contents were asked for."""


class ReviewThread(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Comments of a review on one place, oldest first."""

    id: str
    comments: list[Comment]
    anchor: Anchor | None = None
    """``None`` where it speaks of the request as a whole."""
    review: str | None = None
    """Id of the :class:`Review` that its first comment came with."""
    resolved: bool | None = None
    """``None`` where the forge does not say."""
    resolved_by: Person | None = None
    outdated: bool | None = None
    """Whether the forge says that the lines have changed since."""
    answer: Answer | None = None
    unanswered: Literal["no_later_push", "untouched", "no_lines", "commit_missing", "left_out"] | None = None
    """Why there is no answer: nothing was pushed afterwards; later pushes leave the lines as they were; the comment speaks of no
    lines; git has not got the commits (any more); the file's diff is left out (too large, no text, excluded)."""


class Review(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    id: str
    author: Person | None
    state: Literal["approved", "changes_requested", "commented", "dismissed"]
    submitted_at: datetime
    text: str = ""
    revision: str | None = None
    """The head that was reviewed."""
    round: int | None = None
    url: str | None = None


class Round(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One push to a request's branch: the state that reviewers saw until the next."""

    number: int
    """From 1, oldest first."""
    head: str
    base: str | None = None
    """Where it branches off the target; ``None`` where git has not got it."""
    pushed_at: datetime | None = None
    """``None`` where the forge does not say."""
    pusher: Person | None = None
    forced: bool = False
    """It replaced commits of the round before (an amended or rebased branch) instead of adding to them."""
    commits: list[str] = []
    """Commits that came with it, oldest first."""
    changes: list[FileChange] = []
    """What it changes against the round before, without what a rebase brought in from the target; of the first round, where there are
    more, against ``base``. Empty where there is one round only: that is the request's ``changes``."""
    left_out: str | None = None
    """Why ``changes`` are not there: ``missing`` (a commit that nobody has any more), ``too_many_files``, ``too_large``, …"""


class Link(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Another issue or request that belongs to one."""

    key: str
    """``{repository}#{number}``, or the key of another tracker: ``PAY-412``."""
    relation: Literal[
        "closes", "closed_by", "mentions", "mentioned_by", "duplicate_of", "parent", "child", "related"
    ]
    kind: Literal["issue", "pull_request", "unknown"] = "unknown"
    title: str | None = None
    text: str | None = None
    """Its description, where this harvest knows it."""
    url: str | None = None


EventKind = Literal[
    "opened",
    "commented",
    "reviewed",
    "thread",
    "pushed",
    "merged",
    "closed",
    "reopened",
    "renamed",
    "labelled",
    "unlabelled",
    "assigned",
    "unassigned",
    "review_requested",
    "review_dismissed",
    "ready_for_review",
    "draft",
    "milestoned",
    "demilestoned",
    "referenced",
    "duplicate",
    "transferred",
    "locked",
    "unlocked",
    "resolved",
    "answered",
    "state",
]


class TimelineEvent(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Something that happened to a request or an issue. What was said or pushed stands once, elsewhere: ``ref`` names it."""

    kind: EventKind
    at: datetime
    actor: Person | None = None
    ref: str | None = None
    """Id of the comment, review or thread, or the number of the round."""
    detail: str = ""
    """The label, the new title, the person asked, the commit or ``{repository}#{number}`` that refers to it, the new state."""


class PullRequest(
    msgspec.Struct, frozen=True, kw_only=True, tag_field="record", tag="pull_request", omit_defaults=True
):
    """A pull (or merge) request: as far as git itself knows it, and with its whole story where a forge was asked."""

    id: str
    """Stable: ``{repository}#{number}``."""
    take: str
    repository: str
    number: int
    title: str | None
    """From git alone: of the merge or the squashed commit; of one that was not merged the subject of its only commit."""
    description: str
    """From git alone: what the merge or the squashed commit says below its title; empty where nothing."""
    merged: bool
    merged_in: str | None
    """The merge commit, or the commit that it was squashed into."""
    merged_at: datetime | None
    base: str | None
    """The commit that it branched off: ``changes`` are against it. ``None`` where git was not asked, or has not got it."""
    head: str | None
    commits: list[PullRequestCommit]
    """Oldest first."""
    changes: list[FileChange]
    left_out: str | None = None
    """Why ``changes`` are not there, where they are not: ``missing``, ``too_many_files``, ``no_clone``, …"""
    untouched: list[UntouchedFile] = []
    """Some files beside the changed ones, where they were asked for."""
    forge: str = ""
    """The connector of the forge that it was read from; empty where git alone was asked, and all that follows is empty then."""
    url: str | None = None
    author: Person | None = None
    state: Literal["open", "closed", "merged"] | None = None
    draft: bool = False
    created_at: datetime | None = None
    updated_at: datetime | None = None
    closed_at: datetime | None = None
    closed_by: Person | None = None
    """Who merged or closed it."""
    target: str | None = None
    """Name of the branch that it is to go into."""
    branch: str | None = None
    """Name of its own branch."""
    labels: list[str] = []
    milestone: str | None = None
    linked: list[Link] = []
    timeline: list[TimelineEvent] = []
    """Everything that happened, in order of time; what was said and pushed is named by its id."""
    comments: list[Comment] = []
    """The conversation beside the code, oldest first."""
    reviews: list[Review] = []
    threads: list[ReviewThread] = []
    rounds: list[Round] = []


class CodeReview(
    msgspec.Struct, frozen=True, kw_only=True, tag_field="record", tag="review", omit_defaults=True
):
    """One thread of a review with the code that it speaks of, and the code that answered it."""

    id: str
    """Stable: ``{repository}#{number}/{thread}``."""
    take: str
    forge: str
    repository: str
    number: int
    """Of the request."""
    title: str
    description: str
    request_author: Person | None
    merged: bool
    state: Literal["open", "closed", "merged"]
    closed_at: datetime | None
    thread: ReviewThread
    criticised: str | None = None
    """The whole file that was commented on, where the versions were asked for."""
    accepted: str | None = None
    """The same file as it was merged; ``None`` where the request was not merged, or the file went."""
    accepted_path: str | None = None
    url: str | None = None


class Issue(msgspec.Struct, frozen=True, kw_only=True, tag_field="record", tag="issue", omit_defaults=True):
    """A question, a bug, a wish: an issue of a forge, or a work item of a tracker."""

    id: str
    """Stable: ``{repository}/issues/{number}``: some forges count issues and requests apart."""
    take: str
    forge: str
    repository: str
    number: int
    title: str
    text: str
    author: Person | None
    state: Literal["open", "closed"]
    created_at: datetime
    updated_at: datetime | None = None
    closed_at: datetime | None = None
    closed_by: Person | None = None
    reason: str | None = None
    """Why it was closed, as the platform says it: ``completed``, ``not_planned``, ``duplicate``, ``wontfix``."""
    type: str | None = None
    """``bug``, ``story`` and so on, where the platform has types."""
    labels: list[str] = []
    milestone: str | None = None
    comments: list[Comment] = []
    timeline: list[TimelineEvent] = []
    linked: list[Link] = []
    url: str | None = None


class Discussion(
    msgspec.Struct, frozen=True, kw_only=True, tag_field="record", tag="discussion", omit_defaults=True
):
    """A discussion of a forge: a text, comments on it, replies to comments; perhaps one comment is the answer."""

    id: str
    """Stable: ``{repository}/discussions/{number}``."""
    take: str
    forge: str
    repository: str
    number: int
    title: str
    text: str
    author: Person | None
    category: str
    created_at: datetime
    updated_at: datetime | None = None
    closed_at: datetime | None = None
    reason: str | None = None
    score: int | None = None
    labels: list[str] = []
    comments: list[Comment] = []
    """Oldest first; replies name their comment in ``reply_to``."""
    url: str | None = None


class Thread(msgspec.Struct, frozen=True, kw_only=True, tag_field="record", tag="thread", omit_defaults=True):
    """A conversation away from any forge: a question with its answers, or a thread of a mailing list."""

    id: str
    """Stable: ``{place}/{number}`` or ``{place}/{message id}``."""
    take: str
    kind: Literal["question", "article", "mail"]
    """``article``: a text of a site of questions with nothing but remarks."""
    place: str
    """The site or the list: ``unix.stackexchange.com``, ``git@vger``."""
    title: str
    posts: list[Comment]
    """The question or the first message, then everything else, oldest first; ``reply_to`` says what answers what. An answer to a question
    replies to the question, a remark (a comment of StackExchange) to what it stands under."""
    remarks: list[str] = []
    """Ids of the posts that are remarks, not answers."""
    tags: list[str] = []
    closed: str | None = None
    """Why a question was closed."""
    licence: str | None = None
    url: str | None = None


class ChatTurn(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One turn of an example of how a model is to answer."""

    role: str = ""
    """``system``, ``user``, ``assistant`` and so on; empty where text just follows text (a prompt and its completion)."""
    text: str
    trained: bool = True
    """Whether the model learns to write it, or only reads it."""


class TextPage(
    msgspec.Struct, frozen=True, kw_only=True, tag_field="record", tag="text_page", omit_defaults=True
):
    id: str
    """Stable: ``{path}`` or ``{path}#{row}``."""
    take: str
    path: str
    row: int | None = None
    """Row in a JSONL or Parquet file, from 1."""
    title: str | None = None
    text: str
    """Empty where ``turns`` hold what there is."""
    turns: list[ChatTurn] = []
    """Of a row that shows a conversation, or a prompt with its completion."""
    time: datetime | None = None
    url: str | None = None
    repository: str | None = None
    revision: str | None = None


Record = (
    Commit
    | SourceFile
    | Notebook
    | PullRequest
    | CodeReview
    | Issue
    | Discussion
    | Thread
    | Release
    | TextPage
)


class Skipped(msgspec.Struct, frozen=True, kw_only=True):
    """Something a connector saw and did not take, with the reason: nothing is dropped silently."""

    what: str
    """Where it is: a path, ``{path}#{row}`` or a revision."""
    reason: str
    """One of a small set of snake_case words, counted in the manifest: ``binary``, ``too_large``, …"""
    detail: str = ""


class LineWriter:
    """Writes structs as zstd-compressed JSON lines; memory stays flat. A context manager."""

    def __init__(self, path: Path) -> None:
        self._out = zstandard.ZstdCompressor().stream_writer(path.open("wb"))
        self._encoder = msgspec.json.Encoder()

    def write(self, item: msgspec.Struct) -> None:
        self._out.write(self._encoder.encode(item) + b"\n")

    def __enter__(self) -> LineWriter:
        return self

    def __exit__(self, *error: object) -> None:
        self._out.close()  # type: ignore[no-untyped-call]


def write_lines(path: Path, items: Iterable[msgspec.Struct]) -> int:
    """Write structs as zstd-compressed JSON lines; returns how many."""
    count = 0
    with LineWriter(path) as writer:
        for item in items:
            writer.write(item)
            count += 1
    return count


def _read_lines(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file, zstandard.ZstdDecompressor().stream_reader(file) as stream:
        rest = b""
        while chunk := stream.read(1 << 20):
            *lines, rest = (rest + chunk).split(b"\n")
            yield from lines
        if rest:
            yield rest


def read_records(path: Path) -> Iterator[Record]:
    """The records of one ``records.jsonl.zst``, in the order in which they were harvested."""
    decoder = msgspec.json.Decoder(Record)
    return map(decoder.decode, _read_lines(path))


def read_skipped(path: Path) -> Iterator[Skipped]:
    """What the harvest saw and did not take (``skipped.jsonl.zst``)."""
    decoder = msgspec.json.Decoder(Skipped)
    return map(decoder.decode, _read_lines(path))
