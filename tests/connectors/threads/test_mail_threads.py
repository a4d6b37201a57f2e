"""Which mails belong together, and in what order they are read."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from cooldown_connectors.threads import ThreadsConnector, ThreadsOptions
from cooldown_connectors.threads.mail_threads import reading_order
from hypothesis import given, settings
from hypothesis import strategies as st

from cooldown_kit.connector import HarvestContext
from cooldown_kit.records import Skipped, Thread
from thread_sources.mails import START, mail, mbox


def threads(boxes: list[list[bytes]], **options: object) -> tuple[list[Thread], list[Skipped]]:
    """The threads of mails in several mailboxes of one folder."""
    with TemporaryDirectory() as folder:
        place = Path(folder) / "list"
        place.mkdir()
        for number, mails in enumerate(boxes):
            (place / f"{number}.mbox").write_bytes(mbox(mails))
        context = HarvestContext(
            source="talk", folder=Path(folder), store=Path(folder), emit=lambda event: None
        )
        chosen = ThreadsOptions(connector="threads", path="list", **options)
        items = list(ThreadsConnector().harvest(chosen, context))
    return (
        [item for item in items if isinstance(item, Thread)],
        [item for item in items if isinstance(item, Skipped)],
    )


def numbers(thread: Thread) -> list[str]:
    return [post.id.partition("@")[0] for post in thread.posts]


MAILS = st.lists(
    st.tuples(
        st.lists(
            st.integers(0, 12), max_size=3
        ),  # what it answers: also itself, what comes later, what is missing
        st.sampled_from(["Hello", "Re: Hello", "Re: other", ""]),
        st.integers(-5, 5),
    ),
    min_size=1,
    max_size=9,
)


def made(drawn: list[tuple[list[int], str, int]]) -> list[bytes]:
    return [
        mail(n, answers=above, subject=subject, at=START + timedelta(hours=n + shift))
        for n, (above, subject, shift) in enumerate(drawn)
    ]


@settings(max_examples=50)
@given(MAILS)
def test_every_mail_is_in_exactly_one_thread(drawn) -> None:
    found, skipped = threads([made(drawn)])
    assert sorted(number for thread in found for number in numbers(thread)) == sorted(
        map(str, range(len(drawn)))
    )
    assert not skipped


@settings(max_examples=50)
@given(MAILS, st.randoms(use_true_random=False), st.integers(1, 4))
def test_threads_do_not_depend_on_the_order_of_mails_and_files(drawn, random, boxes) -> None:
    mails = made(drawn)
    expected, _ = threads([mails])
    shuffled = random.sample(mails, len(mails))
    spread = [[data for data in shuffled if random.random() < 0.9] for _ in range(boxes)]
    spread.append([data for data in shuffled if not any(data in box for box in spread)])
    found, skipped = threads(spread)
    assert found == expected
    assert len(skipped) == sum(map(len, spread)) - len(mails)
    assert {item.reason for item in skipped} <= {"duplicate"}


@settings(max_examples=50)
@given(MAILS)
def test_nothing_is_read_before_what_it_answers_and_loops_end(drawn) -> None:
    for thread in threads([made(drawn)])[0]:
        seen: set[str] = set()
        for post in thread.posts:
            assert post.reply_to is None or post.reply_to in seen
            seen.add(post.id)


@given(st.lists(st.integers(0, 100), max_size=30))
def test_the_reading_order_is_whole_and_oldest_first(draws: list[int]) -> None:
    parents = [None if draw % 3 == 0 or not n else draw % n for n, draw in enumerate(draws)]
    assert reading_order(parents) == list(range(len(draws)))


def test_a_reply_finds_what_it_answers_through_a_missing_mail() -> None:
    (thread,), _ = threads(
        [[mail(1), mail(4, answers=[1, 2]), mail(3, answers=[2]), mail(5, answers=[1, 4])]]
    )
    assert numbers(thread) == ["1", "3", "4", "5"]
    assert [post.reply_to for post in thread.posts] == [None, None, "1@acme.example", "4@acme.example"]


def test_a_reply_that_names_nobody_is_found_by_its_subject_while_it_is_fresh() -> None:
    late = START + timedelta(days=40)
    found, _ = threads(
        [
            [
                mail(1, subject="[list] Why?"),
                mail(2, subject="AW: Why?"),
                mail(3, subject="Why?"),
                mail(4, subject="Re: Why?", at=late),
            ]
        ]
    )
    assert [numbers(thread) for thread in found] == [["1", "2"], ["3"], ["4"]]
    assert found[0].posts[1].reply_to == "1@acme.example"


def test_a_mail_with_a_slow_clock_stands_behind_what_it_answers() -> None:
    (thread,), _ = threads(
        [[mail(1), mail(2, answers=[1], at=START - timedelta(days=1)), mail(3, answers=[1])]]
    )
    assert numbers(thread) == ["1", "2", "3"]


def test_different_mails_with_one_id_are_both_kept() -> None:
    (thread,), skipped = threads([[mail(1, subject="a"), mail(1, subject="b"), mail(2, answers=[1])]])
    assert len({post.id for post in thread.posts}) == 3
    assert not skipped


def test_of_copies_with_different_footers_one_is_kept_and_the_others_are_counted() -> None:
    copies = [mail(1, f"Text\n-- \nfooter {n}\n") for n in range(3)]
    one, skipped = threads([copies])
    other, _ = threads([[copies[2]], [copies[1]], [copies[0]]])
    assert one == other
    assert len(one[0].posts) == 1
    assert [item.reason for item in skipped] == ["duplicate", "duplicate"]


def test_a_list_names_itself() -> None:
    headers = {"List-Id": "Development <dev.acme.example>", "Archived-At": "<https://lists.acme.example/1>"}
    (thread,), _ = threads([[mail(1, subject="[dev] Re: Why?", headers=headers), mail(2, answers=[1])]])
    assert (thread.id, thread.place, thread.title) == (
        "dev.acme.example/1@acme.example",
        "dev.acme.example",
        "Why?",
    )
    assert thread.url == "https://lists.acme.example/1"
    assert threads([[mail(1)]])[0][0].place == "list"
    assert threads([[mail(1)], []], place="git@vger")[0][0].id == "git@vger/1@acme.example"


@pytest.mark.parametrize(
    ("options", "taken"),
    [
        ({}, ["1", "3"]),
        ({"min_messages": 2}, ["1"]),
        ({"since": START + timedelta(hours=3)}, ["3"]),
        ({"since": START + timedelta(hours=2)}, ["1", "3"]),
        ({"until": START + timedelta(hours=3)}, ["1"]),
    ],
)
def test_options_choose_threads_and_say_which_are_left_out(options, taken) -> None:
    found, skipped = threads([[mail(1), mail(2, answers=[1]), mail(3)]], **options)
    assert [numbers(thread)[0] for thread in found] == taken
    assert len(found) + len(skipped) == 2


def test_a_thread_without_end_gives_its_oldest_mails_and_counts_the_rest() -> None:
    mails = [mail(1), *(mail(n, answers=[n - 1]) for n in range(2, 30))]
    (thread,), skipped = threads([mails], max_posts=10)
    assert numbers(thread) == [str(n) for n in range(1, 11)]
    assert [item.reason for item in skipped] == ["too_many_posts"]
    assert "19" in skipped[0].detail
    none, skipped = threads([mails], max_thread_size=3)
    assert (none, [item.reason for item in skipped]) == ([], ["too_many_posts"])


def test_a_mail_that_names_a_hundred_thousand_others_joins_what_it_may() -> None:
    hostile = mail(200_000, headers={"References": " ".join(f"<{n}@acme.example>" for n in range(100_000))})
    found, _ = threads([[mail(0), mail(50_000), mail(99_999), hostile]])
    assert [numbers(thread) for thread in found] == [["0", "99999", "200000"], ["50000"]]


def test_a_chain_of_two_thousand_mails_is_one_thread() -> None:
    mails = [mail(n, answers=[n - 1] if n else []) for n in range(2000)]
    (thread,), _ = threads([mails[::-1]])
    assert numbers(thread) == [str(n) for n in range(2000)]
