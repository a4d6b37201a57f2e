"""Who is meant, and when."""

from __future__ import annotations

from datetime import UTC, datetime

from cooldown_connectors.gitlab.people import person, time_of, written

from cooldown_kit.records import Person


def test_bots_of_access_tokens_are_known_by_the_names_that_gitlab_gives_them(made):
    for login in ("project_12_bot", "group_3_bot_9f8e7d", "project_12_bot4", "service_account_group_5"):
        assert person({**made.ann, "username": login}).bot is True
    for login in ("ann", "project_bot_fan", "abbot"):
        assert person({**made.ann, "username": login}).bot is None


def test_what_gitlab_itself_says_of_an_account_counts_more_than_its_name(made):
    assert person({**made.ann, "bot": True}) == Person(name="Ann Ames", email="", login="ann", bot=True)
    assert person({**made.ann, "username": "project_12_bot", "bot": False}).bot is False


def test_a_deleted_account_is_nobody(made):
    assert person({**made.ann, "username": "ghost", "name": "Ghost User"}) is None
    assert person(None) is None
    assert person([]) is None
    assert person({}) is None


def test_times_are_written_so_that_they_compare_as_text_and_never_later_than_they_were():
    summer = time_of({"at": "2026-07-01T10:00:00.999999+02:00"}, "at")
    assert summer == datetime(2026, 7, 1, 8, 0, 0, 999999, UTC)
    assert written(summer) == "2026-07-01T08:00:00.999Z"
    assert time_of({"at": None}, "at").year == 1970
