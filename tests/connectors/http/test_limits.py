from email.utils import formatdate

import pytest
from cooldown_connectors.http.limits import LONGEST_SECONDS, limited, quota, retry_after
from hypothesis import given
from hypothesis import strategies as st

NOW = 1_772_445_600.0


def test_a_quota_is_read_from_each_forges_headers():
    github = {
        "x-ratelimit-limit": "5000",
        "x-ratelimit-remaining": "12",
        "x-ratelimit-reset": str(int(NOW) + 60),
    }
    found = quota({**github, "x-ratelimit-resource": "graphql"}, NOW)
    assert (found.limit, found.remaining, found.resets_in, found.resource) == (5000, 12, 60, "graphql")
    gitlab = {"ratelimit-limit": "600", "ratelimit-remaining": "599", "ratelimit-reset": "60"}
    found = quota(gitlab, NOW)
    assert (found.limit, found.remaining, found.resets_in, found.resource) == (600, 599, 60, None)
    assert quota({}, NOW) is None
    assert quota({**github, "x-ratelimit-reset": "soon"}, NOW) is None


def test_a_reset_in_the_past_or_the_far_future_is_bounded():
    base = {"x-ratelimit-limit": "1", "x-ratelimit-remaining": "0"}
    assert quota({**base, "x-ratelimit-reset": str(int(NOW) - 60)}, NOW).resets_in == 0
    assert quota({**base, "x-ratelimit-reset": "999999999999"}, NOW).resets_in == LONGEST_SECONDS


def test_retry_after_is_seconds_or_a_date_by_the_forges_own_clock():
    assert retry_after({"retry-after": "120"}, NOW) == 120
    theirs = NOW + 5000
    headers = {"retry-after": formatdate(theirs + 30, usegmt=True), "date": formatdate(theirs, usegmt=True)}
    assert retry_after(headers, NOW) == 30
    assert retry_after({"retry-after": formatdate(NOW - 30, usegmt=True)}, NOW) == 0
    assert retry_after({"retry-after": "when I say so"}, NOW) is None
    assert retry_after({}, NOW) is None


@pytest.mark.parametrize(
    ("status", "headers", "said", "kind"),
    [
        (403, {"x-ratelimit-remaining": "0"}, "API rate limit exceeded", "primary"),
        (429, {"ratelimit-remaining": "0"}, "Retry later", "primary"),
        (403, {}, "API rate limit exceeded for 1.2.3.4", "primary"),
        (403, {"x-ratelimit-remaining": "0"}, "You have exceeded a secondary rate limit", "secondary"),
        (403, {"retry-after": "60"}, "Forbidden", "secondary"),
        (429, {}, "Too many requests", "busy"),
        (403, {"x-ratelimit-remaining": "10"}, "Resource not accessible by integration", None),
        (403, {}, "Must have admin rights", None),
        (404, {"x-ratelimit-remaining": "0"}, "rate limit exceeded", None),
    ],
)
def test_limits_are_told_from_refusals(status, headers, said, kind):
    assert limited(status, headers, said) == kind


@given(
    st.dictionaries(
        st.sampled_from(
            ["x-ratelimit-limit", "x-ratelimit-remaining", "x-ratelimit-reset", "retry-after", "date"]
        ),
        st.text(),
    )
)
def test_no_header_of_a_stranger_can_do_harm(headers):
    found = quota(headers, NOW)
    assert found is None or 0 <= found.resets_in <= LONGEST_SECONDS
    wait = retry_after(headers, NOW)
    assert wait is None or wait >= 0
