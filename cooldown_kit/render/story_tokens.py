"""Stories of pull requests in StarCoder2's form (arXiv 2402.19173, section 3.3, and the code that made its data)::

    <pr>Title: Round half to even\\nuser_1: Half up drifts.<pr_status>opened<repo_name>acme/ledger
    <pr_base><pr_file>src/rounding.py<pr_base_code>from decimal import …
    <pr_diff><pr_file>src/rounding.py<pr_diff_hunk>@@ -1,7 +1,8 @@ …
    <pr_comment>user_2: Why?<pr_event_id>1
    <pr_review>user_2: One place is left.<pr_event_id>2<pr_review_state>changes_requested
    <pr_review_comment><pr_event_id>3<pr_in_reply_to_review_id>2<pr_file>src/rounding.py<pr_diff_hunk_comment_line>5<pr_diff_hunk>@@ …<pr_comment>user_2: Here.
    <pr>user_2<pr_status>closed<pr_is_merged>True

No newline stands between tokens. As there, the base is shown from the first changed line to the last with 0 to 31 lines more on either
side (one file in five is whole), and line numbers of diffs count from the first line that is shown. Unlike there, ids of events are counted
from 1 in each document, an added file has a diff and no base, and a later push is the diff that it made, not the whole one again.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from cooldown_kit.documents import Segment
from cooldown_kit.records import FileChange, PullRequest
from cooldown_kit.render.conversation import name_of
from cooldown_kit.render.fit_diff import first_hunks
from cooldown_kit.render.happenings import Happened, Happening, OnCode, Pushed, Reviewed, Said
from cooldown_kit.render.hunk import position
from cooldown_kit.render.layouts import Layouts
from cooldown_kit.render.markup import Body
from cooldown_kit.render.origin import quote_path
from cooldown_kit.render.story_room import code_rooms, within_room
from cooldown_kit.render.window import Span, lines_of, share_out

_HUNK = re.compile(r"^@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@[^\n]*", re.MULTILINE)
_WIDEST = 31
_WHOLE = 0.2
_LONGEST_HUNK = 10_000
_OMITTED, _DIFFS_OMITTED = "[OMITTED]", "[DIFFS OMITTED]"
"""StarCoder2's own words for what has no room."""
_STATUS = {"merged": "closed", "closed": "closed", "reopened": "reopened", "renamed": "edited"}


def marked_story(
    record: PullRequest, found: Sequence[Happening], layouts: Layouts, names: Mapping[str, str]
) -> list[Segment]:
    """The segments of a story with the tokens ``names`` (:data:`markup.TOKENS`)."""
    kept, hidden, at = within_room(found, layouts.options.conversation_characters)
    writer = _Writer(record, layouts, names)
    writer.opened()
    rooms = code_rooms(kept, layouts.options.prompt_characters // 2)
    for number, (one, room) in enumerate(zip(kept, rooms, strict=True)):
        if hidden and number == at:
            writer.body.text(f"\n{hidden}\n")
        writer.tell(one, room)
    return writer.body.segments


class _Writer:
    def __init__(self, record: PullRequest, layouts: Layouts, names: Mapping[str, str]) -> None:
        self.body = Body()
        self._record = record
        self._names = names
        self._bases = _bases(record, layouts)
        self._numbers: dict[str, int] = {}

    def opened(self) -> None:
        record = self._record
        title = " ".join((record.title or "").split())
        self._token("event").text(f"Title: {title}\n{_spoken(name_of(record.author), record.description)}")
        self._token("status").text("opened")
        self._token("repository").text(quote_path(record.repository))
        shown = {path: base for path, base in self._bases.items() if base.text}
        if shown:
            self._token("base")
        for path, base in shown.items():
            self._token("file").text(quote_path(path))
            self._token("code").text(base.text)

    def tell(self, one: Happening, room: int) -> None:
        match one:
            case Pushed():
                self._diff(one, room)
            case Said(comment):
                self._token("comment").text(_spoken(name_of(comment.author), comment.text))
                self._id(comment.id)
            case Reviewed(review):
                self._token("review").text(_spoken(name_of(review.author), review.text))
                self._id(f"review:{review.id}")
                self._token("state").text(review.state)
            case OnCode():
                self._on_code(one)
            case Happened():
                self._event(one)

    def _token(self, name: str) -> Body:
        return self.body.token(self._names[name])

    def _id(self, identity: str) -> None:
        self._token("id").text(str(self._number(identity)))

    def _number(self, identity: str) -> int:
        return self._numbers.setdefault(identity, len(self._numbers) + 1)

    def _diff(self, push: Pushed, room: int) -> None:
        self._token("diff")
        if not any(change.patch for change in push.changes):
            self.body.text(_DIFFS_OMITTED)
            return
        shares = share_out(room, [len(change.patch or "") for change in push.changes])
        for change, share in zip(push.changes, shares, strict=True):
            self._token("file").text(quote_path(change.path))
            base = self._bases.get(change.old_path or change.path)
            patch = change.patch or ""
            part = patch if len(patch) <= share else first_hunks(patch, share)
            for hunk in ("\n" + part).split("\n@@ ")[1:]:
                self._token("hunk").text(_moved(f"@@ {hunk}", base.start if base else 0).rstrip("\n"))
            if part != patch or not patch:
                self.body.text(_OMITTED)

    def _on_code(self, one: OnCode) -> None:
        anchor, comment = one.thread.anchor, one.comment
        text = _spoken(name_of(comment.author), comment.text)
        if anchor is None:
            self._token("comment").text(text)
            self._id(comment.id)
            return
        self._token("review_comment")
        self._id(comment.id)
        if one.thread.review:
            self._token("of_review").text(str(self._number(f"review:{one.thread.review}")))
        answered = comment.reply_to or (None if one.first else one.thread.comments[0].id)
        if answered in self._numbers:
            self._token("of_comment").text(str(self._numbers[answered]))
        self._token("file").text(quote_path(anchor.path))
        if anchor.hunk:
            self._token("line").text(str(position(anchor) or 1))
            base = self._bases.get(anchor.path)
            hunk = _moved(anchor.hunk, base.start if base else 0).rstrip("\n")
            self._token("hunk").text(hunk if len(hunk) <= _LONGEST_HUNK else _OMITTED)
        self._token("comment").text(text)

    def _event(self, one: Happened) -> None:
        kind = one.event.kind
        if kind not in _STATUS:
            return
        title = f"Title: {one.event.detail}\n" if kind == "renamed" else ""
        self._token("event").text(title + name_of(one.event.actor))
        self._token("status").text(_STATUS[kind])
        if _STATUS[kind] == "closed":
            self._token("merged").text(str(kind == "merged"))


def _spoken(who: str, text: str) -> str:
    return f"{who}: {text}" if text else who


class _Base:
    """A part of a file as it was before the request, and the line (from 0) with which it begins."""

    def __init__(self, text: str, start: int) -> None:
        self.text = text
        self.start = start


def _bases(record: PullRequest, layouts: Layouts) -> dict[str, _Base]:
    """Path before → the part of the file that is shown; files that have no room or no known contents are left out."""
    first = record.rounds[0].changes if len(record.rounds) > 1 else []  # a later push may take its lines back
    changed: dict[str, list[FileChange]] = {}
    for change in [*record.changes, *first]:
        changed.setdefault(change.old_path or change.path, []).append(change)
    files = {
        path: next((change.before for change in changes if change.before), None)
        for path, changes in changed.items()
    }
    known = {path: text for path, text in files.items() if text}
    shares = share_out(layouts.options.prompt_characters // 2, [len(text) for text in known.values()])
    found = {}
    for (path, text), share in zip(known.items(), shares, strict=True):
        spans = [span for change in changed[path] for span in _old_lines(change)]
        if spans and (base := _base(text, spans, share, layouts, f"{record.id}:{path}")):
            found[path] = base
    return found


def _old_lines(change: FileChange) -> list[Span]:
    """The lines (from 0) that a change speaks of, in the file before."""
    spans = []
    for match in _HUNK.finditer(change.patch or ""):
        start, count = int(match[1]), 1 if match[2] is None else int(match[2])
        spans.append((max(start - 1, 0), max(start - 1, 0) + count))
    return spans


def _base(text: str, spans: Sequence[Span], room: int, layouts: Layouts, identity: str) -> _Base | None:
    lines = lines_of(text)
    if layouts.fraction("base whole", identity) < _WHOLE and len(text) <= room:
        return _Base(text, 0)
    first, last = min(start for start, _ in spans), min(len(lines), max(end for _, end in spans))
    above = int(layouts.fraction("base above", identity) * (_WIDEST + 1))
    below = int(layouts.fraction("base below", identity) * (_WIDEST + 1))
    for more in (1.0, 0.5, 0.25, 0.0):
        start, end = max(0, first - int(above * more)), min(len(lines), last + int(below * more))
        part = "".join(lines[start:end])
        if len(part) <= room:
            return _Base(part.rstrip("\n"), start) if part else None
    return None


def _moved(hunk: str, skipped: int) -> str:
    """The hunk with line numbers that count from the first line shown of the file, and with all counts, as StarCoder2 writes them."""
    match = _HUNK.match(hunk)
    if match is None:
        return hunk
    old, old_count, new, new_count = (int(group) if group is not None else 1 for group in match.groups())
    header = f"@@ -{max(0, old - skipped)},{old_count} +{max(0, new - skipped)},{new_count} @@"
    return header + hunk[match.end() :]
