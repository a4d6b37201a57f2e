"""Files gathered with what they import."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from cooldown_kit.render.imports.clusters import gather
from cooldown_kit.render.imports.order import import_order

REPOSITORIES = st.integers(1, 12).flatmap(
    lambda n: st.tuples(
        st.lists(st.sets(st.integers(0, n - 1), max_size=4), min_size=n, max_size=n),
        st.lists(st.integers(1, 50), min_size=n, max_size=n),
    )
)


@given(REPOSITORIES, st.integers(1, 120))
def test_no_file_is_lost_and_no_document_is_too_long(
    repository: tuple[list[set[int]], list[int]], room: int
) -> None:
    imports, lengths = repository
    documents = gather(imports, lengths, room)
    assert sorted(file for document in documents for file in document) == list(range(len(lengths)))
    assert all(sum(lengths[f] for f in document) <= room or len(document) == 1 for document in documents)


@given(REPOSITORIES, st.integers(1, 120))
def test_a_part_that_fits_is_never_cut(repository: tuple[list[set[int]], list[int]], room: int) -> None:
    imports, lengths = repository
    documents = [set(document) for document in gather(imports, lengths, room)]
    for part in import_order(imports):
        if sum(lengths[file] for file in part) <= room:
            assert any(document.issuperset(part) for document in documents)


@given(REPOSITORIES)
def test_each_document_is_in_import_order(repository: tuple[list[set[int]], list[int]]) -> None:
    imports, lengths = repository
    for document in gather(imports, lengths, 100):
        place = {file: index for index, file in enumerate(document)}
        files = sorted(document)
        inside = [{files.index(t) for t in imports[file] if t in place} for file in files]
        assert document == [files[index] for part in import_order(inside) for index in part]


def test_a_module_goes_with_its_only_user_and_not_with_one_of_many() -> None:
    # 3 is imported by 0, 1 and 2; 4 only by 1. Two files fit in a document.
    documents = gather([{3}, {3, 4}, {3}, set(), set()], [10] * 5, 20)
    assert [4, 1] in documents


def test_unrelated_files_share_documents_in_the_order_of_paths() -> None:
    assert gather([set()] * 5, [10, 10, 10, 10, 10], 20) == [[0, 1], [2, 3], [4]]


def test_an_import_of_a_package_binds_its_files() -> None:
    # 4 is the group of 2 and 3, imported by 1; nobody imports 0
    assert gather([set(), {4}, set(), set(), {2, 3}], [10] * 4, 30) == [[0], [2, 3, 1]]
