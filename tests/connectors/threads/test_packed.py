"""What is packed comes back."""

from __future__ import annotations

from datetime import UTC, datetime

from cooldown_connectors.threads.packed import Packer
from cooldown_connectors.threads.posts import Post
from hypothesis import given
from hypothesis import strategies as st


@given(st.integers(-(2**63), 2**63 - 1), st.text(), st.datetimes(timezones=st.just(UTC)))
def test_a_post_comes_back_as_it_was(number: int, text: str, when: datetime) -> None:
    packer = Packer(Post)
    post = Post(id=number, kind="answer", of=1, created_at=when, text=text)
    assert packer.unpack(packer.pack(post)) == post


def test_text_that_repeats_itself_takes_less_room() -> None:
    post = Post(id=1, kind="question", created_at=datetime(2026, 3, 2, tzinfo=UTC), text="a word " * 1000)
    assert len(Packer(Post).pack(post)) < 1000
