import pytest
from cooldown_connectors.http.graphql_errors import trouble
from hypothesis import given
from hypothesis import strategies as st


def answer(*errors, data=None):
    return {"data": data, "errors": list(errors)}


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        ({"type": "RATE_LIMITED", "message": "x"}, "primary"),
        ({"type": "RATE_LIMIT", "message": "x"}, "primary"),
        ({"extensions": {"code": "RATE_LIMITED"}, "message": "x"}, "primary"),
        ({"message": "API rate limit already exceeded for user"}, "primary"),
        ({"message": "You have exceeded a secondary rate limit"}, "secondary"),
        ({"type": "MAX_NODE_LIMIT_EXCEEDED", "message": "x"}, "heavy"),
        ({"type": "RESOURCE_LIMITS_EXCEEDED", "message": "x"}, "heavy"),
        ({"message": "Something went wrong while executing your query on 2026-03-02."}, "heavy"),
        ({"message": "Timeout on validation of query"}, "heavy"),
        ({"message": "Query has complexity of 255, which exceeds max complexity of 250"}, "heavy"),
        ({"type": "NOT_FOUND", "message": "Could not resolve to a Repository"}, "not_found"),
        ({"type": "FORBIDDEN", "message": "x"}, "refused"),
        ({"type": "INSUFFICIENT_SCOPES", "message": "x"}, "refused"),
        ({"message": "Field 'x' doesn't exist on type 'Y'"}, "other"),
        ("a text", "other"),
    ],
)
def test_each_error_is_known_for_what_it_is(error, kind):
    assert trouble(answer(error)).kind == kind


def test_the_worst_error_counts_even_beside_data():
    limit = {"type": "RATE_LIMITED", "message": "slow"}
    gone = {"type": "NOT_FOUND", "message": "gone"}
    assert trouble(answer(gone, limit, data={"a": 1})).kind == "primary"
    assert trouble(answer(gone, data={"a": 1, "b": None})).kind == "partial"
    assert trouble(answer(gone, data={"a": None, "rateLimit": {"cost": 1}})).kind == "not_found"
    assert trouble(answer(gone, gone)).said == "gone"


@pytest.mark.parametrize("data", [{"data": {"a": 1}}, {"data": {}, "errors": []}, [], None, {"errors": None}])
def test_an_answer_without_errors_is_no_trouble(data):
    assert trouble(data) is None


JSON = st.recursive(
    st.none() | st.integers() | st.text(), lambda i: st.lists(i) | st.dictionaries(st.text(), i)
)


@given(st.lists(JSON | st.dictionaries(st.sampled_from(["type", "message", "extensions"]), JSON), min_size=1))
def test_no_error_of_a_stranger_can_do_harm(errors):
    assert trouble({"errors": errors}) is not None
