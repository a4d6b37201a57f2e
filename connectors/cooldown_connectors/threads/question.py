"""One question with its answers and remarks: whether it is asked for, and the thread that it makes."""

from __future__ import annotations

from collections.abc import Iterator

from cooldown_connectors.threads.body import markdown
from cooldown_connectors.threads.licences import together
from cooldown_connectors.threads.mail_threads import reading_order
from cooldown_connectors.threads.options import ThreadsOptions
from cooldown_connectors.threads.posts import Post, PostIndex, Remark
from cooldown_connectors.threads.size import ThreadSize
from cooldown_kit.records import Comment, Skipped, Thread

TAKE = "threads"
_RAW = 4
"""HTML is longer than its text, but not so many times."""


class Question:
    """First what of it is taken, which costs little; :meth:`html` is then converted, perhaps elsewhere, and :meth:`read` makes the thread."""

    def __init__(self, index: PostIndex, place: str, options: ThreadsOptions, root: Post) -> None:
        self._index, self._place, self._options, self._root = index, place, options, root
        self._what = f"{place}/{root.id}"
        self._closed = (index.closing(root.id) or root.closed) if root.closed else None
        self._skipped: list[Skipped] = []
        self._taken: list[tuple[str, Post | Remark]] = []
        """``(what, post)``: the question, its remarks, then each answer with its remarks."""
        self._bytes = 0
        unwanted = self._unwanted()
        if unwanted is not None:
            self._skipped.append(Skipped(what=self._what, reason=unwanted[0], detail=unwanted[1]))
        elif self._take(self._what, root):
            self._take_remarks(root)
            if root.kind == "question":
                self._take_answers()

    def html(self) -> list[str]:
        """Texts that must be converted, in the order in which :meth:`read` wants them."""
        return [post.text for _, post in self._taken if post.markup == "html"]

    def read(self, converted: list[tuple[str | None, str]]) -> Iterator[Thread | Skipped]:
        """``converted`` are the texts of :meth:`html` as Markdown, or ``None`` and why not."""
        posts, remarks, licences = self._comments(iter(converted))
        answers = [post for post in posts[1:] if post.id not in remarks]
        if not posts or posts[0].id != str(self._root.id):
            yield from self._skipped
            return
        if self._root.kind == "question" and len(answers) < self._options.min_answers:
            detail = f"{len(answers)} that can be taken of {self._index.count_answers(self._root.id)}"
            self._skipped.append(Skipped(what=self._what, reason="no_answers", detail=detail))
            yield from self._skipped
            return
        yield from self._skipped
        if not self._in_time(posts):
            yield Skipped(what=self._what, reason="out_of_time", detail="nothing was written since `since`")
            return
        size = ThreadSize(self._options)
        ordered = _in_order(posts)
        kept = [post for post in ordered if size.fits(post.text)]
        if len(kept) < len(posts):
            yield size.rest(self._what, len(posts) - len(kept))
        if kept:
            yield self._thread(kept, remarks, licences)

    def _thread(self, posts: list[Comment], remarks: set[str], licences: dict[str, str | None]) -> Thread:
        return Thread(
            id=self._what,
            take=TAKE,
            kind="article" if self._root.kind == "article" else "question",
            place=self._place,
            title=self._root.title,
            posts=posts,
            remarks=[post.id for post in posts if post.id in remarks],
            tags=self._root.tags,
            closed=self._closed,
            licence=together(licences[post.id] for post in posts),
            url=self._root.url,
        )

    def _unwanted(self) -> tuple[str, str] | None:
        """``(reason, detail)`` where the options leave the question out."""
        root, options = self._root, self._options
        tags = {tag.lower() for tag in root.tags}
        if root.kind == "article":
            if not options.articles:
                return "article", "`articles` is false"
        elif self._index.count_answers(root.id) < options.min_answers:
            return "no_answers", f"fewer than {options.min_answers}"
        elif options.min_score is not None and (root.score or 0) < options.min_score:
            return "low_score", f"{root.score or 0} is below {options.min_score}"
        elif root.closed and not options.closed:
            return "closed", self._closed or ""
        if options.tags and not tags & set(options.tags):
            return "tags", "it has none of `tags`"
        if tags & set(options.exclude_tags):
            return "tags", f"it has {min(tags & set(options.exclude_tags))!r}"
        if options.latest is not None and root.created_at >= options.latest:
            return "out_of_time", "it was asked after `until`"
        return None

    def _take_answers(self) -> None:
        least = self._options.min_answer_score
        for answer in self._index.answers(self._root.id):
            what = f"{self._place}/a/{answer.id}"
            if least is not None and (answer.score or 0) < least and not self._accepted(answer):
                self._skip(what, "low_score", f"{answer.score or 0} is below {least}; its remarks with it")
            elif self._take(what, answer):
                self._take_remarks(answer)

    def _take_remarks(self, post: Post) -> None:
        if self._options.remarks:
            for remark in self._index.remarks(post.id):
                self._take(f"{self._place}/c/{remark.id}", remark)

    def _take(self, what: str, post: Post | Remark) -> bool:
        """Whether it is worth converting; what no thread can hold is not."""
        options = self._options
        size = len(post.text.encode())
        if size > options.max_text_size:
            self._skip(what, "too_large", f"{size:,} bytes; max_text_size is {options.max_text_size:,}")
            return False
        if (
            len(self._taken) > 2 * options.max_posts
            or self._bytes + size > _RAW * options.max_thread_size + options.max_text_size
        ):
            self._skip(what, "too_many_posts", "far beyond max_posts or max_thread_size")
            return False
        self._bytes += size
        self._taken.append((what, post))
        return True

    def _skip(self, what: str, reason: str, detail: str = "") -> None:
        self._skipped.append(Skipped(what=what, reason=reason, detail=detail))

    def _comments(
        self, converted: Iterator[tuple[str | None, str]]
    ) -> tuple[list[Comment], set[str], dict[str, str | None]]:
        """The posts that have a text, which of them are remarks, and the licence of each. No remark without its post."""
        posts: list[Comment] = []
        remarks: set[str] = set()
        licences: dict[str, str | None] = {}
        for what, post in self._taken:
            text, why = next(converted) if post.markup == "html" else (markdown(post.text, "markdown"), "")
            if text is None:
                self._skip(what, "bad_html", why)
            elif not text.strip():
                self._skip(what, "no_text")
            elif isinstance(post, Remark) and str(post.of) not in licences:
                self._skip(what, "no_post", "what it stands under has no text")
            else:
                comment = self._comment(post, text)
                posts.append(comment)
                licences[comment.id] = post.licence
                if isinstance(post, Remark):
                    remarks.add(comment.id)
        return posts, remarks, licences

    def _comment(self, post: Post | Remark, text: str) -> Comment:
        above = str(post.of) if post.of is not None else None
        if isinstance(post, Remark):  # posts and remarks are numbered apart
            number, accepted, url = f"c{post.id}", False, None
        else:
            number, accepted = str(post.id), post.kind == "answer" and self._accepted(post)
            url = post.url if above else None
        return Comment(
            id=number,
            author=self._index.person(post),
            created_at=post.created_at,
            edited_at=post.edited_at,
            text=text,
            score=post.score,
            accepted=accepted,
            reply_to=above,
            url=url,
        )

    def _accepted(self, post: Post) -> bool:
        return post.accepted or post.id == self._root.accepted_answer

    def _in_time(self, posts: list[Comment]) -> bool:
        earliest = self._options.earliest
        return earliest is None or any((post.edited_at or post.created_at) >= earliest for post in posts)


def _in_order(posts: list[Comment]) -> list[Comment]:
    """Oldest first, but each behind what it answers: questions are merged, and answers become remarks."""
    first, *others = posts
    by_time = [first, *sorted(others, key=lambda post: post.created_at)]
    places = {post.id: place for place, post in enumerate(by_time)}
    parents = [None if post.reply_to is None else places[post.reply_to] for post in by_time]
    return [by_time[place] for place in reading_order(parents)]
