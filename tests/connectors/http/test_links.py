from cooldown_connectors.http.links import link
from hypothesis import given
from hypothesis import strategies as st

HEADER = '<https://h/r?page=2&a=1,2>; rel="next", <https://h/r?page=9>; title="a, b"; rel=last, </r>; rel="First prev"'


def test_each_relation_is_found():
    assert link(HEADER, "next") == "https://h/r?page=2&a=1,2"
    assert link(HEADER, "last") == "https://h/r?page=9"
    assert link(HEADER, "first") == link(HEADER, "prev") == "/r"
    assert link(HEADER, "up") is None
    assert link("", "next") is None


@given(st.text(alphabet='<>;,="rel nxt/'), st.text())
def test_no_header_can_do_harm(header, relation):
    found = link(header, relation)
    assert found is None or isinstance(found, str)


def test_a_long_header_is_read_at_a_bounded_cost():
    assert link('<a>;"' * 200_000, "next") is None
