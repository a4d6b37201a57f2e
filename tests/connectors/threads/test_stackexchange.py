"""Dumps as threads."""

from __future__ import annotations

import stat

import pytest
from cooldown_connectors.threads import questions
from cooldown_connectors.threads.converters import Converters
from cooldown_connectors.threads.licences import by_date, together
from cooldown_connectors.threads.stackexchange import _time
from hypothesis import given
from hypothesis import strategies as st

from cooldown_kit.records import Person
from thread_sources.dumps import answer, comment, garble, question, user, write_dump

SITE = "unix.stackexchange.com"
USERS = [user(-1, "Community"), user(1, "Ann Smith"), user(2, "bob")]


@pytest.fixture
def site(tmp_path):
    return tmp_path / SITE


def test_a_question_with_its_answers_and_remarks_is_a_thread(harvest, site) -> None:
    write_dump(
        site,
        Posts=[
            question(1, Title="How?", AcceptedAnswerId=4, Score=7, Body="<p>Say <code>x</code>:</p>"),
            answer(3, 1, CreationDate="2020-01-03T00:00:00.000", Score=-1),
            answer(4, 1, CreationDate="2020-01-04T00:00:00.000", LastEditDate="2021-01-01T00:00:00.000"),
        ],
        Comments=[
            comment(9, 4, CreationDate="2020-01-05T00:00:00.000", Text="@AnnSmith `why`?", UserId=2),
            comment(10, 1, CreationDate="2020-01-02T23:00:00.000", Score=2),
        ],
        Users=USERS,
    )
    (thread,) = harvest(SITE).threads
    assert (thread.id, thread.take, thread.kind, thread.place) == (f"{SITE}/1", "threads", "question", SITE)
    assert (thread.title, thread.tags, thread.url) == ("How?", ["python", "xml"], f"https://{SITE}/q/1")
    assert [post.id for post in thread.posts] == ["1", "c10", "3", "4", "c9"]
    assert [post.reply_to for post in thread.posts] == [None, "1", "1", "1", "4"]
    assert [post.score for post in thread.posts] == [7, 2, -1, 1, 0]
    assert [post.id for post in thread.posts if post.accepted] == ["4"]
    assert thread.remarks == ["c10", "c9"]
    assert thread.posts[0].text == "Say `x`:"
    assert thread.posts[0].author == Person(name="Ann Smith", email="", login="AnnSmith")
    assert thread.posts[3].edited_at is not None
    assert thread.posts[3].url == f"https://{SITE}/a/4"
    assert thread.posts[4].text == "@AnnSmith `why`?"


def test_questions_come_in_order_of_id_wherever_their_answers_stand(harvest, site) -> None:
    posts = [question(n) for n in (30, 2, 7)] + [answer(1, 30), answer(40, 2), answer(41, 7)]
    write_dump(site, Posts=posts, Users=USERS)
    assert harvest(SITE).ids == [f"{SITE}/2", f"{SITE}/7", f"{SITE}/30"]


def test_people_that_are_gone_are_named_as_the_dump_names_them(harvest, site) -> None:
    write_dump(
        site,
        Posts=[
            question(1, OwnerUserId=99, OwnerDisplayName="user99"),
            answer(2, 1, OwnerUserId=""),
            answer(3, 1, OwnerUserId=-1),
        ],
        Users=USERS,
    )
    (thread,) = harvest(SITE).threads
    authors = [post.author for post in thread.posts]
    assert authors[0] == Person(name="user99", email="", login="user99")
    assert authors[1] is None
    assert authors[2] is not None
    assert authors[2].bot is True


def test_a_licence_is_what_the_dump_says_or_what_the_date_says(harvest, site) -> None:
    write_dump(
        site,
        Posts=[
            question(1, CreationDate="2011-04-07T23:59:59.999"),
            answer(2, 1, CreationDate="2011-04-08T00:00:00.000"),
            answer(3, 1, CreationDate="2011-04-08T00:00:00.000", LastEditDate="2018-05-02T00:00:00.000"),
            question(5, ContentLicense="CC BY-SA 4.0", CreationDate="2010-01-01T00:00:00.000"),
            answer(6, 5, ContentLicense="CC BY-SA 4.0"),
        ],
    )
    first, second = harvest(SITE).threads
    assert first.licence == "CC-BY-SA-2.5 AND CC-BY-SA-3.0 AND CC-BY-SA-4.0"
    assert second.licence == "CC-BY-SA-4.0"


@given(st.datetimes())
def test_every_time_has_one_licence(time) -> None:
    assert together([by_date(_time(time.isoformat()))]) in ("CC-BY-SA-2.5", "CC-BY-SA-3.0", "CC-BY-SA-4.0")


def test_a_closed_question_says_why(harvest, site) -> None:
    closed = {"ClosedDate": "2020-02-01T00:00:00.000"}
    posts = [question(n, **closed) for n in (1, 2, 3)] + [question(4)]
    write_dump(
        site,
        Posts=posts + [answer(n + 10, n) for n in (1, 2, 3, 4)],
        PostLinks=[
            {"Id": 1, "PostId": 1, "RelatedPostId": 2, "LinkTypeId": 3},
            {"Id": 2, "PostId": 4, "RelatedPostId": 2, "LinkTypeId": 3},
            {"Id": 3, "PostId": 3, "RelatedPostId": 2, "LinkTypeId": 1},
        ],
        PostHistory=[{"Id": 1, "PostHistoryTypeId": 10, "PostId": 2, "Comment": "103"}],
    )
    assert [t.closed for t in harvest(SITE).threads] == ["duplicate", "closed", "closed", None]
    assert [t.closed for t in harvest(SITE, close_reasons=True).threads] == [
        "duplicate",
        "unclear",
        "closed",
        None,
    ]
    result = harvest(SITE, closed=False)
    assert result.ids == [f"{SITE}/4"]
    assert result.reasons[f"{SITE}/1"] == "closed"


@pytest.mark.parametrize(
    ("options", "taken", "reason"),
    [
        ({}, [1, 2, 3], "no_answers"),
        ({"min_answers": 0}, [1, 2, 3, 4], None),
        ({"min_answers": 2}, [2], "no_answers"),
        ({"min_score": 5}, [3], "low_score"),
        ({"tags": ["bash"]}, [3], "tags"),
        ({"tags": "Bash"}, [3], "tags"),
        ({"exclude_tags": ["bash"]}, [1, 2], "tags"),
        ({"min_answer_score": 2}, [2], "no_answers"),
        ({"since": "2021-01-01"}, [2], "out_of_time"),
        ({"until": "2020-06-01"}, [1, 2], "out_of_time"),
    ],
)
def test_options_choose_questions_and_say_which_are_left_out(harvest, site, options, taken, reason) -> None:
    write_dump(
        site,
        Posts=[
            question(1),
            answer(11, 1),
            question(2, AcceptedAnswerId=12),
            answer(12, 2, CreationDate="2021-05-05T00:00:00.000"),
            answer(13, 2),
            question(3, Score=5, Tags="|bash|", CreationDate="2020-07-01T00:00:00.000"),
            answer(14, 3, CreationDate="2020-07-02T00:00:00.000"),
            question(4),
        ],
    )
    result = harvest(SITE, **options)
    assert result.ids == [f"{SITE}/{n}" for n in taken]
    left = {f"{SITE}/{n}" for n in (1, 2, 3, 4)} - set(result.ids)
    assert left == {what for what in result.reasons if "/a/" not in what}
    assert reason is None or reason in result.reasons.values()


def test_answers_and_remarks_on_nothing_are_named(harvest, site) -> None:
    write_dump(
        site,
        Posts=[
            question(1),
            answer(2, 1),
            answer(3, 77),
            answer(4, 2),
            {"Id": 8, "PostTypeId": 5, "CreationDate": "2020-01-01T00:00:00"},
        ],
        Comments=[comment(1, 66)],
        Badges=[],
        Votes=[],
    )
    (site / "extra.xml").write_text("<x/>")
    result = harvest(SITE)
    assert result.ids == [f"{SITE}/1"]
    assert result.reasons == {
        f"{SITE}/a/3": "no_question",
        f"{SITE}/a/4": "no_question",
        f"{SITE}/c/1": "no_post",
        "Posts.xml#8": "not_a_question",
        "Badges.xml": "not_needed",
        "Votes.xml": "not_needed",
        "extra.xml": "unknown_format",
    }


@pytest.mark.parametrize(
    "fields",
    [
        {"Id": "x"},
        {"Id": "9" * 5000},
        {"Id": str(1 << 63)},
        {"Id": -4},
        {"CreationDate": "yesterday"},
        {"CreationDate": ""},
        {"Score": "many"},
        {"OwnerUserId": str(1 << 70)},
        {"PostTypeId": 2, "ParentId": "nobody"},
    ],
)
def test_a_row_that_says_nonsense_is_named_and_costs_only_itself(harvest, site, fields) -> None:
    write_dump(site, Posts=[question(1), answer(2, 1), question(3, **fields), answer(5, 1)])
    result = harvest(SITE)
    assert [post.id for post in result.threads[0].posts] == ["1", "2", "5"]
    assert list(result.reasons.values()) == ["bad_row"]
    assert len(result.skipped[0].what) < 100


def test_a_second_post_of_an_id_is_named(harvest, site) -> None:
    write_dump(site, Posts=[question(1), answer(2, 1), answer(2, 1, Body="<p>other</p>")])
    result = harvest(SITE)
    assert [post.text for post in result.threads[0].posts] == ["Question 1", "Answer 2"]
    assert result.reasons == {"Posts.xml#2": "duplicate_id"}


def test_texts_that_cannot_be_taken_are_named(harvest, site) -> None:
    write_dump(
        site,
        Posts=[
            question(1),
            answer(2, 1, Body=""),
            answer(3, 1, Body="<div>" * 20_000),
            answer(4, 1, Body="x" * 200),
            answer(5, 1),
            question(6, Body=" "),
            answer(7, 6),
        ],
        Comments=[comment(1, 2), comment(2, 5, Text=" ")],
    )
    result = harvest(SITE, max_text_size=150_000)
    assert [post.id for post in result.threads[0].posts] == ["1", "4", "5"]
    assert result.reasons == {
        f"{SITE}/a/2": "no_text",
        f"{SITE}/c/1": "no_post",
        f"{SITE}/a/3": "bad_html",
        f"{SITE}/c/2": "no_text",
        f"{SITE}/6": "no_text",
    }
    assert harvest(SITE, max_text_size=100).reasons[f"{SITE}/a/4"] == "too_large"


def test_a_thread_without_end_gives_its_oldest_posts_and_counts_the_rest(harvest, site) -> None:
    write_dump(site, Posts=[question(1), *(answer(n, 1) for n in range(2, 30))])
    result = harvest(SITE, max_posts=10)
    assert [post.id for post in result.threads[0].posts] == [str(n) for n in range(1, 11)]
    assert set(result.reasons.values()) == {"too_many_posts"}
    small = harvest(SITE, max_thread_size=100)
    assert 1 < len(small.threads[0].posts) < 20
    assert small.reasons == {f"{SITE}/1": "too_many_posts"}


def test_several_sites_are_read_one_after_another(harvest, tmp_path) -> None:
    for name in ("b.stackexchange.com", "a.stackexchange.com"):
        write_dump(tmp_path / "all" / name, Posts=[question(1), answer(2, 1)])
    assert harvest("all").ids == ["a.stackexchange.com/1", "b.stackexchange.com/1"]


def test_a_site_may_be_given_a_name(harvest, tmp_path) -> None:
    write_dump(tmp_path / "dump", Posts=[question(1), answer(2, 1)])
    assert harvest("dump").threads[0].url is None
    (thread,) = harvest("dump", place="qa.acme.example").threads
    assert (thread.id, thread.url) == ("qa.acme.example/1", "https://qa.acme.example/q/1")


def test_a_dtd_costs_its_file_and_nothing_else(harvest, site) -> None:
    write_dump(site, Posts=[question(1), answer(2, 1)], Users=USERS)
    laughs = (
        '<!DOCTYPE l [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]><comments><row Id="1" Text="&b;"/></comments>'
    )
    (site / "Comments.xml").write_text(laughs)
    result = harvest(SITE)
    assert result.ids == [f"{SITE}/1"]
    assert result.reasons == {"Comments.xml": "bad_xml"}


def test_what_was_read_is_kept_where_only_its_owner_can_see_it(harvest, site, context) -> None:
    write_dump(site, Posts=[question(1), answer(2, 1)])
    harvest(SITE)
    kept = list((context.store / "threads").rglob("*"))
    assert kept
    for path in kept:
        if path.is_dir() or path.suffix == ".sqlite":
            assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0


def test_other_options_need_no_second_reading(harvest, site) -> None:
    write_dump(site, Posts=[question(1), answer(2, 1)], Users=USERS)
    first = harvest(SITE)
    garble(site / "Posts.xml")
    again = harvest(SITE, min_score=0)
    assert again.threads == first.threads


def test_a_changed_dump_is_read_again_and_the_old_index_goes(harvest, site, context) -> None:
    write_dump(site, Posts=[question(1), answer(2, 1)])
    assert len(harvest(SITE).threads) == 1
    write_dump(site, Posts=[question(1), answer(2, 1), question(3), answer(4, 3)])
    assert len(harvest(SITE).threads) == 2
    assert len(list(context.store.rglob("*.sqlite"))) == 1


def test_any_number_of_workers_gives_the_same(harvest, site, monkeypatch) -> None:
    posts = [question(n, Body="<div>" * 20_000 if n == 7 else f"<p>{n}</p>") for n in range(1, 40)]
    write_dump(
        site,
        Posts=posts + [answer(n + 40, n) for n in range(1, 40)],
        Comments=[comment(n, n) for n in range(1, 40)],
    )
    alone = harvest(SITE)
    assert len(alone.threads) == 38
    monkeypatch.setattr(questions, "_WORTH_WORKERS", 1)
    monkeypatch.setattr(questions, "_BATCH_QUESTIONS", 4)
    together = harvest(SITE, workers=3)
    assert (together.threads, together.skipped) == (alone.threads, alone.skipped)


def test_a_worker_that_is_lost_loses_nothing(monkeypatch) -> None:
    batches = [(n, [f"<p>{n}</p>"]) for n in range(9)]
    with Converters(2) as converters:
        found = []
        for number, converted in converters.convert(batches):
            found.append((number, converted.texts))
            for worker in converters._workers[: number // 3]:
                worker.kill()
                worker.wait()
    assert found == [(n, [str(n)]) for n in range(9)]


def test_an_answer_older_than_its_question_stands_behind_it(harvest, site) -> None:
    old, older = "2019-01-01T00:00:00.000", "2018-01-01T00:00:00.000"
    write_dump(
        site,
        Posts=[question(1), answer(2, 1, CreationDate=old)],
        Comments=[comment(1, 2, CreationDate=older)],
    )
    (thread,) = harvest(SITE).threads
    assert [post.id for post in thread.posts] == ["1", "2", "c1"]
