"""Preference pairs come back from disk as they were written."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pyarrow.parquet as pq
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cooldown_kit.preferences import SCHEMA, Preference, PreferenceWriter, read_preferences

text = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
made = st.builds(
    Preference,
    id=text,
    source=text,
    take=text,
    repository=text,
    number=st.integers(0, 10**6),
    path=text,
    prompt=text,
    chosen=text,
    rejected=text,
    time=st.none()
    | st.datetimes(datetime(1970, 1, 1), datetime(2100, 1, 1)).map(lambda t: t.replace(tzinfo=UTC)),
    url=st.none() | text,
    language=st.none() | text,
    related=st.lists(text, max_size=2),
    signals=st.dictionaries(text, st.floats(allow_nan=False), max_size=2),
)


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(made, max_size=5))
def test_any_pair_comes_back_as_it_was_written(tmp_path: Path, pairs: list[Preference]) -> None:
    path = tmp_path / "preferences.parquet"
    with PreferenceWriter(path) as writer:
        for pair in pairs:
            writer.write(pair)
    assert writer.count == len(pairs)
    assert list(read_preferences(path)) == pairs
    assert pq.read_schema(path).equals(SCHEMA)


def test_the_columns_are_those_that_preference_training_reads() -> None:
    assert {"prompt", "chosen", "rejected"} <= set(SCHEMA.names)
    assert all(SCHEMA.field(name).type == "large_string" for name in ("prompt", "chosen", "rejected"))


def test_many_pairs_are_written_in_groups_of_bounded_size(tmp_path: Path) -> None:
    path = tmp_path / "preferences.parquet"
    fields = {
        "source": "s",
        "take": "reviews",
        "repository": "r",
        "number": 1,
        "path": "a",
        "prompt": "p",
        "chosen": "c",
        "rejected": "r",
    }
    with PreferenceWriter(path) as writer:
        for number in range(2500):
            writer.write(Preference(id=str(number), **fields))
    assert pq.read_metadata(path).num_row_groups == 3
    assert [pair.id for pair in read_preferences(path)] == [str(number) for number in range(2500)]
