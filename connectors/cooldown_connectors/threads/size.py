"""How much of one thread is taken."""

from __future__ import annotations

from cooldown_connectors.threads.options import ThreadsOptions
from cooldown_kit.records import Skipped


class ThreadSize:
    """Counts posts and bytes of text, in the order in which the posts are taken."""

    def __init__(self, options: ThreadsOptions) -> None:
        self._options = options
        self._posts = 0
        self._bytes = 0
        self._full = False

    def fits(self, text: str) -> bool:
        """Whether this post is still taken; after the first that is not, none is."""
        self._posts += 1
        self._bytes += len(text.encode())
        self._full = (
            self._full or self._posts > self._options.max_posts or self._bytes > self._options.max_thread_size
        )
        return not self._full

    def rest(self, what: str, count: int) -> Skipped:
        """What is said of those that were not."""
        detail = (
            f"the last {count:,} posts; max_posts is {self._options.max_posts:,}, "
            f"max_thread_size {self._options.max_thread_size:,} bytes"
        )
        return Skipped(what=what, reason="too_many_posts", detail=detail)
