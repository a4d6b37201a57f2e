"""Mail files → the index of mails → threads."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime

from cooldown_connectors.text.walk import Found
from cooldown_connectors.threads.dump import Told
from cooldown_connectors.threads.mail import NotTakenError, read_mail
from cooldown_connectors.threads.mail_headers import title
from cooldown_connectors.threads.mail_index import Kept, MailIndex
from cooldown_connectors.threads.mail_threads import answers, reading_order
from cooldown_connectors.threads.mbox import BrokenFileError, Cut, cut
from cooldown_connectors.threads.options import ThreadsOptions
from cooldown_connectors.threads.size import ThreadSize
from cooldown_kit.records import Comment, Skipped, Thread

TAKE = "threads"


def read_mails(
    index: MailIndex, files: list[tuple[Found, bool]], options: ThreadsOptions, told: Told
) -> None:
    """Add everything that is not in the index yet. What cannot be read is passed over with its reason."""
    for file, is_mbox in files:
        position, rows, done = index.file.position(file.name)
        if done:
            continue
        try:
            cuts = cut(file.path, position, options.max_mail_size) if is_mbox else _single(file, options)
            for part in cuts:
                rows += 1
                _add(index, file.name, part, rows if is_mbox else None, options)
                told(part.end - part.start)
                position = part.end
                index.file.read_to(file.name, position, rows)
        except BrokenFileError as error:
            index.file.pass_over(file.name, error.reason, error.detail)
        index.file.read_to(file.name, position, rows, done=True)


def _single(file: Found, options: ThreadsOptions) -> Iterator[Cut]:
    """A file that is one mail."""
    try:
        with file.path.open("rb") as stream:
            data = stream.read(options.max_mail_size + 1)
    except OSError as error:
        raise BrokenFileError("unreadable", error.strerror or str(error)) from error
    yield Cut(0, file.size, b"From ", data if len(data) <= options.max_mail_size else None)


def _add(index: MailIndex, file: str, part: Cut, row: int | None, options: ThreadsOptions) -> None:
    what = file if row is None else f"{file}#{row}"
    if part.data is None:
        detail = f"{part.end - part.start:,} bytes; max_mail_size is {options.max_mail_size:,}"
        index.file.pass_over(what, "too_large", detail)
        return
    if not part.postmark and not part.data.strip():
        return
    if not part.postmark:
        index.file.pass_over(what, "not_mbox", "it stands before the first line that starts a mail")
        return
    try:
        mail = read_mail(part.data, part.postmark, options)
    except NotTakenError as error:
        index.file.pass_over(what, error.reason, error.detail)
        return
    if not index.add(mail):
        index.file.pass_over(what, "duplicate", mail.id)
    elif mail.attachments:
        kinds = ", ".join(f"{count} {kind}" for kind, count in sorted(mail.attachments.items()))
        index.file.pass_over(what, "attachments", kinds[:200])


def threads(index: MailIndex, place: str, options: ThreadsOptions) -> Iterator[Thread | Skipped]:
    """The one that began first first."""
    yield from index.file.passed_over()
    for thread, count in index.threads():
        yield from _thread(index, thread, count, place, options)


def _thread(
    index: MailIndex, number: int, count: int, fallback: str, options: ThreadsOptions
) -> Iterator[Thread | Skipped]:
    size = ThreadSize(options)
    mails = [kept for kept in index.mails(number, options.max_posts) if size.fits(kept.mail.text)]
    if not mails:  # one text is larger than a thread may be
        first = index.mails(number, 1)[0].mail
        yield size.rest(f"{options.place or first.list_name or fallback}/{first.id}", count)
        return
    parents = answers(mails)
    order = reading_order(parents)
    listed = Counter(kept.mail.list_name for kept in mails if kept.mail.list_name)
    # Of a mail to several lists the one that most of its answers went to; of equals the first by name.
    place = options.place or (min(listed, key=lambda name: (-listed[name], name)) if listed else fallback)
    ids = _ids(mails)
    first = mails[order[0]].mail
    what = f"{place}/{ids[order[0]]}"
    unwanted = _unwanted(index, number, count, mails, options)
    if unwanted is not None:
        yield Skipped(what=what, reason=unwanted[0], detail=unwanted[1])
        return
    if len(mails) < count:
        yield size.rest(what, count - len(mails))
    yield Thread(
        id=what,
        take=TAKE,
        kind="mail",
        place=place,
        title=title(first.subject, place),
        posts=[_comment(mails, ids, parents, here) for here in order],
        url=first.url,
    )


def _unwanted(
    index: MailIndex, number: int, count: int, mails: list[Kept], options: ThreadsOptions
) -> tuple[str, str] | None:
    if count < options.min_messages:
        return "few_messages", f"{count} of {options.min_messages}"
    if options.latest is not None and mails[0].mail.sent_at >= options.latest:
        return "out_of_time", "it began after `until`"
    if options.earliest is not None and datetime.fromtimestamp(index.newest(number), UTC) < options.earliest:
        return "out_of_time", "nothing was written since `since`"
    return None


def _ids(mails: list[Kept]) -> list[str]:
    """Message ids; of different mails with the same id all but the oldest get a part of their identity added."""
    seen: set[str] = set()
    ids = []
    for kept in mails:
        name = kept.mail.id if kept.mail.id not in seen else f"{kept.mail.id}#{kept.identity.hex()[:12]}"
        seen.add(kept.mail.id)
        ids.append(name)
    return ids


def _comment(mails: list[Kept], ids: list[str], parents: list[int | None], here: int) -> Comment:
    mail, parent = mails[here].mail, parents[here]
    return Comment(
        id=ids[here],
        author=mail.author,
        created_at=mail.sent_at,
        text=mail.text,
        reply_to=None if parent is None else ids[parent],
        url=mail.url,
    )
