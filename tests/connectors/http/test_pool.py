from cooldown_connectors.credentials.token import Token
from cooldown_connectors.http.limits import Quota
from cooldown_connectors.http.pool import Pause, Pool, Turn
from hypothesis import given
from hypothesis import strategies as st

A, B = Token("env:A", "a-t0ken-value"), Token("env:B", "b-t0ken-value")


def turn(pool, now=0.0, resource="core"):
    found = pool.turn(resource, now)
    assert isinstance(found, Turn)
    return found.token


def pause(pool, now=0.0, resource="core"):
    found = pool.turn(resource, now)
    assert isinstance(found, Pause)
    return found


def test_without_tokens_questions_are_anonymous_and_have_a_quota_all_the_same():
    pool = Pool([])
    assert turn(pool) is None
    pool.learn(None, "core", Quota(60, 0, 100.0), 0.0)
    assert 100 <= pause(pool).until <= 101
    assert "without a token" in pause(pool).why


def test_the_token_with_most_left_above_its_reserve_asks():
    pool = Pool([A, B], reserve=0.2)
    pool.learn(A, "core", Quota(5000, 1500, 100.0), 0.0)
    pool.learn(B, "core", Quota(1000, 900, 100.0), 0.0)
    assert turn(pool) is B  # 700 above its reserve, A 500


def test_each_resource_has_its_own_quota():
    pool = Pool([A])
    pool.learn(A, "graphql", Quota(5000, 0, 100.0), 0.0)
    assert turn(pool) is A
    assert pause(pool, resource="graphql").until >= 100


def test_a_used_up_token_comes_back_after_its_reset():
    pool = Pool([A, B])
    pool.exhausted(A, "core", 50.0)
    assert turn(pool) is B
    pool.exhausted(B, "core", 80.0)
    assert 50 <= pause(pool).until <= 51
    assert turn(pool, 51.5) is A


def test_late_answers_do_not_give_back_what_was_spent():
    pool = Pool([A])
    pool.learn(A, "core", Quota(10, 1, 100.0), 0.0)
    pool.learn(A, "core", Quota(10, 5, 100.0), 0.0)
    assert turn(pool) is A
    pause(pool)


def test_a_reserve_of_everything_still_lets_one_question_through():
    pool = Pool([A], reserve=1.0)
    pool.learn(A, "core", Quota(10, 10, 100.0), 0.0)
    assert turn(pool) is A
    assert pause(pool).until >= 100


def test_one_wish_for_calm_counts_once_however_many_questions_were_under_way():
    pool = Pool([A])
    for _ in range(4):
        pool.calm(asked_at=0.0, now=10.0, seconds=None, why="calm")
    assert pause(pool, 10.0).until == 70.0
    pool.calm(asked_at=71.0, now=72.0, seconds=None, why="calm")
    assert pause(pool, 72.0).until == 192.0
    pool.calm(asked_at=2000.0, now=2001.0, seconds=None, why="calm")
    assert pause(pool, 2001.0).until == 2061.0


def test_the_last_token_stays_and_dropping_one_twice_is_no_loss():
    pool = Pool([A, B])
    assert pool.drop(A)
    assert pool.drop(A)
    assert not pool.drop(B)
    assert pool.tokens == [B]


@given(
    limits=st.lists(st.integers(1, 50), min_size=1, max_size=4),
    reserve=st.floats(0, 1),
    asked=st.integers(1, 120),
)
def test_never_more_is_asked_than_quotas_hold_above_their_reserve(limits, reserve, asked):
    tokens = [Token(f"env:T{n}", f"t0ken-number-{n}") for n in range(len(limits))]
    pool = Pool(tokens, reserve=reserve)
    for token, limit in zip(tokens, limits, strict=True):
        pool.learn(token, "core", Quota(limit, limit, 1000.0), 0.0)
    turns = [found for _ in range(asked) if isinstance(found := pool.turn("core", 1.0), Turn)]
    room = sum(limit - min(int(reserve * limit), limit - 1) for limit in limits)
    assert len(turns) == min(asked, room)
