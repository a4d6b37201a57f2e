"""The index of a site → its questions with their answers, as threads."""

from __future__ import annotations

from collections.abc import Iterator

from cooldown_connectors.text.html import UnreadableHtmlError
from cooldown_connectors.threads.body import markdown
from cooldown_connectors.threads.licences import together
from cooldown_connectors.threads.options import ThreadsOptions
from cooldown_connectors.threads.posts import Post, PostIndex, Remark
from cooldown_connectors.threads.size import ThreadSize
from cooldown_kit.records import Comment, Skipped, Thread

TAKE = "threads"


def threads(index: PostIndex, place: str, options: ThreadsOptions) -> Iterator[Thread | Skipped]:
    """Questions and articles in order of id; then what belongs to nothing that is there."""
    yield from index.file.passed_over()
    for root in index.roots():
        yield from _Question(index, place, options, root).read()
    for number, question in index.without_question():
        yield Skipped(what=f"{place}/a/{number}", reason="no_question", detail=f"it answers {question}")
    if options.remarks:
        for number, post in index.without_post():
            yield Skipped(what=f"{place}/c/{number}", reason="no_post", detail=f"it stands under {post}")


class _Question:
    """One question: first whether it is asked for, from what costs nothing; then its texts."""

    def __init__(self, index: PostIndex, place: str, options: ThreadsOptions, root: Post) -> None:
        self._index, self._place, self._options, self._root = index, place, options, root
        self._closed = (index.closing(root.id) or root.closed) if root.closed else None
        self._skipped: list[Skipped] = []
        self._remarks: list[str] = []
        self._licences: set[str | None] = set()

    def read(self) -> Iterator[Thread | Skipped]:
        what = f"{self._place}/{self._root.id}"
        unwanted = self._unwanted()
        if unwanted is not None:
            yield Skipped(what=what, reason=unwanted[0], detail=unwanted[1])
            return
        first = self._comment(self._root, what)
        posts = [first, *self._below(self._root)] if first is not None else []
        if first is not None and self._root.kind != "article":
            answers = list(self._answers())
            posts += [post for _, group in answers for post in group]
            if len(answers) < self._options.min_answers:
                found = self._index.count_answers(self._root.id)
                self._skipped.append(
                    Skipped(
                        what=what, reason="no_answers", detail=f"{len(answers)} that can be taken of {found}"
                    )
                )
                posts = []
        yield from self._skipped
        if not posts:
            return
        posts = [posts[0], *sorted(posts[1:], key=lambda post: post.created_at)]
        if not self._in_time(posts):
            yield Skipped(what=what, reason="out_of_time", detail="nothing was written since `since`")
            return
        yield from self._thread(what, posts)

    def _thread(self, what: str, posts: list[Comment]) -> Iterator[Thread | Skipped]:
        size = ThreadSize(self._options)
        kept = [post for post in posts if size.fits(post.text)]
        ids = {post.id for post in kept}
        kept = [post for post in kept if post.reply_to is None or post.reply_to in ids]
        if len(kept) < len(posts):
            yield size.rest(what, len(posts) - len(kept))
        ids = {post.id for post in kept}
        yield Thread(
            id=what,
            take=TAKE,
            kind="article" if self._root.kind == "article" else "question",
            place=self._place,
            title=self._root.title,
            posts=kept,
            remarks=[remark for remark in self._remarks if remark in ids],
            tags=self._root.tags,
            closed=self._closed,
            licence=together(self._licences),
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

    def _in_time(self, posts: list[Comment]) -> bool:
        earliest = self._options.earliest
        return earliest is None or any((post.edited_at or post.created_at) >= earliest for post in posts)

    def _answers(self) -> Iterator[tuple[Post, list[Comment]]]:
        """Each answer that is taken, with the remarks under it."""
        least = self._options.min_answer_score
        for count, answer in enumerate(self._index.answers(self._root.id)):
            what = f"{self._place}/a/{answer.id}"
            if count >= self._options.max_posts:  # what no thread can hold is not even converted
                self._skipped.append(Skipped(what=what, reason="too_many_posts"))
            elif least is not None and (answer.score or 0) < least and not self._accepted(answer):
                self._skipped.append(Skipped(what=what, reason="low_score", detail=f"{answer.score or 0}"))
            elif (post := self._comment(answer, what)) is not None:
                yield answer, [post, *self._below(answer)]

    def _below(self, post: Post) -> Iterator[Comment]:
        if not self._options.remarks:
            return
        for count, remark in enumerate(self._index.remarks(post.id)):
            what = f"{self._place}/c/{remark.id}"
            if count >= self._options.max_posts:
                self._skipped.append(Skipped(what=what, reason="too_many_posts"))
                continue
            comment = self._comment(remark, what)
            if comment is not None:
                self._remarks.append(comment.id)
                yield comment

    def _accepted(self, post: Post) -> bool:
        return post.accepted or post.id == self._root.accepted_answer

    def _comment(self, post: Post | Remark, what: str) -> Comment | None:
        if len(post.text.encode()) > self._options.max_text_size:
            detail = f"max_text_size is {self._options.max_text_size:,} bytes"
            self._skipped.append(Skipped(what=what, reason="too_large", detail=detail))
            return None
        try:
            text = markdown(post.text, post.markup)
        except UnreadableHtmlError as error:
            self._skipped.append(Skipped(what=what, reason="bad_html", detail=str(error)))
            return None
        if not text.strip():
            self._skipped.append(Skipped(what=what, reason="no_text"))
            return None
        self._licences.add(post.licence)
        answers = isinstance(post, Post)
        return Comment(
            # Posts and remarks are numbered apart.
            id=str(post.id) if answers else f"c{post.id}",
            author=self._index.person(post),
            created_at=post.created_at,
            edited_at=post.edited_at,
            text=text,
            score=post.score,
            accepted=isinstance(post, Post) and post.kind == "answer" and self._accepted(post),
            reply_to=str(post.of) if post.of is not None else None,
            url=post.url if isinstance(post, Post) and post.of is not None else None,
        )
