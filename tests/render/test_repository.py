"""Repository documents: nothing lost, imports first, the same whatever the order of arrival."""

from __future__ import annotations

import random
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cooldown_kit.documents import Document, Segment
from cooldown_kit.records import SourceFile
from cooldown_kit.render.imports.reader import ImportReader
from cooldown_kit.render.origin import Origin, content_hash, quote_path
from cooldown_kit.render.repository import RepositoryPacker, render_pack

ORIGIN = Origin("code", "git", str)
TOKENS = frozenset({"<repo_name>", "<file_sep>", "<other>"})
LEDGER = {
    "README.md": "# Ledger\n",
    "ledger/__init__.py": "",
    "ledger/cli.py": "from ledger.split import split\n\n\ndef main() -> None:\n    print(split(10, 3))",
    "ledger/money.py": "CENT = 1\n",
    "ledger/split.py": "from ledger.money import CENT\n",
}


def record(path: str, content: str, **values: object) -> SourceFile:
    revision = values.pop("revision", "9c1f0e")
    repository = values.pop("repository", "acme/ledger")
    defaults: dict[str, object] = {"take": "files", "changed_at": None, "changed_in": None}
    return SourceFile(
        id=f"{repository}@{revision}:{path}", repository=repository, revision=revision, path=path, blob="", mode="100644",
        content=content, **{**defaults, **values},
    )  # fmt: skip


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path


def packed(
    files: dict[str, str], folder: Path, *, max_characters: int = 10_000, tokens: frozenset[str] = frozenset()
) -> list[Document]:
    with RepositoryPacker(folder, max_characters=max_characters, tokens=tokens, origin=ORIGIN) as packer:
        for path, content in files.items():
            packer.add(record(path, content))
        return [packer.render(pack) for pack in packer.packs()]


def test_files_stand_in_import_order_set_apart_by_a_blank_line(folder: Path) -> None:
    (document,) = packed(LEDGER, folder)
    assert document.text == (
        "File: README.md\n# Ledger\n\n"
        "File: ledger/money.py\nCENT = 1\n\n"
        "File: ledger/split.py\nfrom ledger.money import CENT\n\n"
        "File: ledger/cli.py\nfrom ledger.split import split\n\n\ndef main() -> None:\n    print(split(10, 3))"
    )


GOLDEN = Path(__file__).parent / "golden"
PROJECT = {
    "README.md": "# Ledger\n\nSplits payments to the cent.\n",
    "ledger/cli.py": "from decimal import Decimal\n\nfrom ledger.split import split\n\n\ndef main() -> None:\n    print(split(Decimal(10), 3))\n",
    "ledger/money.py": 'from decimal import Decimal\n\nCENT = Decimal("0.01")\n',
    "ledger/split.py": (
        "from decimal import Decimal\n\nfrom ledger.money import CENT\n\n\n"
        "def split(amount: Decimal, parts: int) -> list[Decimal]:\n"
        "    share = (amount / parts).quantize(CENT)\n"
        "    return [amount - share * (parts - 1), *[share] * (parts - 1)]\n"
    ),
}


@pytest.mark.parametrize(
    ("name", "tokens"), [("source_file_repository", frozenset()), ("source_file_repository_tokens", TOKENS)]
)
def test_layout_is_byte_for_byte_the_golden_file_and_the_one_that_is_documented(
    folder: Path, name: str, tokens: frozenset[str]
) -> None:
    (document,) = packed(PROJECT, folder, tokens=tokens)
    golden = (GOLDEN / f"{name}.txt").read_text(encoding="utf-8")
    assert document.text == golden
    assert golden in (Path(__file__).parents[2] / "docs" / "render-repository.md").read_text(encoding="utf-8")


def test_two_newlines_follow_a_file_without_one_at_its_end(folder: Path) -> None:
    (document,) = packed({"a.txt": "no newline", "b.txt": "b\n\n"}, folder)
    assert document.text == "File: a.txt\nno newline\n\nFile: b.txt\nb\n\n"


def test_special_tokens_are_used_where_the_tokenizer_has_both(folder: Path) -> None:
    files = {
        "ledger/money.py": "CENT = 1\n",
        "ledger/split.py": 'from ledger.money import CENT\nS = "<file_sep>"',
    }
    (document,) = packed(files, folder, tokens=TOKENS)
    assert document.segments == [
        Segment("<repo_name>", token=True),
        Segment("acme/ledger"),
        Segment("<file_sep>", token=True),
        Segment("ledger/money.py\nCENT = 1\n"),
        Segment("<file_sep>", token=True),
        Segment('ledger/split.py\nfrom ledger.money import CENT\nS = "<file_sep>"'),
    ]
    (plain,) = packed(files, folder, tokens=frozenset({"<file_sep>"}))
    assert not any(segment.token for segment in plain.segments)


def test_a_document_tells_what_it_holds(folder: Path) -> None:
    dates = [datetime(2026, 3, day, tzinfo=UTC) for day in (4, 9, 2)]
    with RepositoryPacker(folder, max_characters=10_000, tokens=frozenset(), origin=ORIGIN) as packer:
        for (path, content), date in zip(
            [("a.md", "# A\n"), ("b.py", "import c\nx = 1\n"), ("c.py", "y = 2\n")], dates, strict=True
        ):
            packer.add(record(path, content, changed_at=date))
        (pack,) = packer.packs()
        document = packer.render(pack)
    assert document.id == f"code:{pack.id}"
    assert pack.id.startswith("acme/ledger@9c1f0e:pack/")
    assert (document.kind, document.layout, document.take) == ("code", "repository", "files")
    assert (document.repository, document.revision, document.path) == ("acme/ledger", "9c1f0e", None)
    assert (document.language, document.time) == ("Python", dates[1])
    assert document.content_hash == content_hash(["# A\n", "y = 2\n", "import c\nx = 1\n"])
    assert document.signals == {
        "characters": len(document.text), "header_characters": 0, "lines": 9, "files": 3, "markup": 0,
    }  # fmt: skip


@pytest.mark.parametrize("tokens", [frozenset(), TOKENS])
def test_the_header_of_a_single_file_is_counted_as_one(folder: Path, tokens: frozenset[str]) -> None:
    (document,) = packed({"a.py": "x = 1\n"}, folder, tokens=tokens)
    assert document.text[int(document.signals["header_characters"]) :] == "x = 1\n"


def test_an_id_stays_while_other_parts_of_the_repository_change(folder: Path) -> None:
    big = {"zz/x.txt": "x" * 900}
    before = {d.id for d in packed(LEDGER | big, folder, max_characters=500)}
    after = {
        d.id
        for d in packed(LEDGER | {"zz/x.txt": "y" * 901, "zz/z.txt": "z" * 900}, folder, max_characters=500)
    }
    assert len(before) == 2
    assert before < after


def test_repositories_and_revisions_are_never_mixed(folder: Path) -> None:
    with RepositoryPacker(folder, max_characters=10_000, tokens=frozenset(), origin=ORIGIN) as packer:
        for repository in ("b", "a"):
            for revision in ("2", "1"):
                packer.add(record("m.py", "x = 1\n", repository=repository, revision=revision))
        assert [(p.repository, p.revision) for p in packer.packs()] == [
            ("a", "1"),
            ("a", "2"),
            ("b", "1"),
            ("b", "2"),
        ]


def test_files_that_are_not_accepted_are_the_callers_and_still_known(folder: Path) -> None:
    """The nearer ``util.h`` is kept out: the farther one is not taken for it."""
    seen: list[Document] = []

    def accept(document: Document) -> bool:
        seen.append(document)
        return document.path != "src/util.h"

    with RepositoryPacker(
        folder, max_characters=10_000, tokens=frozenset(), origin=ORIGIN, accept=accept
    ) as packer:
        kept = {
            path: packer.add(record(path, content))
            for path, content in {
                "src/a.c": '#include "util.h"\n',
                "src/util.h": "1\n",
                "x/util.h": "2\n",
                "e.c": " \n",
            }.items()
        }
        (pack,) = packer.packs()
    assert kept == {"src/a.c": True, "src/util.h": False, "x/util.h": True, "e.c": False}
    assert [member.path for member in pack.members] == ["src/a.c", "x/util.h"]
    assert [(d.layout, d.path) for d in seen] == [("file", p) for p in ("src/a.c", "src/util.h", "x/util.h")]
    assert packer.counts["kept_out"] == 2


def test_a_second_file_of_the_same_path_is_the_callers(folder: Path) -> None:
    with RepositoryPacker(folder, max_characters=10_000, tokens=frozenset(), origin=ORIGIN) as packer:
        assert [packer.add(record("a.py", "x = 1\n")), packer.add(record("a.py", "x = 2\n"))] == [True, False]


def test_everything_is_counted(folder: Path) -> None:
    with RepositoryPacker(folder, max_characters=10_000, tokens=frozenset(), origin=ORIGIN) as packer:
        packer.add(record("a.py", "import b, os\n"))
        packer.add(record("b.py", "x = 1\n"))
        packer.add(record("huge.py", "import a\n" + "#" * (1 << 20)))
        packer.add(record("hard.rs", "use a; " + "a(=" * 1000))
        packer.add(record("notes.md", "import a\n"))
        packer.add(record("empty.py", ""))
        assert len(list(packer.packs())) == 3
        assert packer.counts == {
            "files": 5, "kept_out": 1, "no_parser": 1, "too_large_to_parse": 1, "too_hard_to_parse": 1,
            "packs": 3, "imports": 2, "imports_in_repository": 1,
        }  # fmt: skip


def test_records_can_be_rewritten_on_the_way(folder: Path) -> None:
    with RepositoryPacker(folder, max_characters=10_000, tokens=frozenset(), origin=ORIGIN) as packer:
        packer.add(record("a.txt", "by Jo\n"))
        (pack,) = packer.packs()
        document = packer.render(
            pack, lambda r: msgspec.structs.replace(r, content=r.content.replace("Jo", "user_1"))
        )
    assert document.text == "File: a.txt\nby user_1\n"


def test_nothing_is_left_in_the_folder(folder: Path) -> None:
    packed(LEDGER, folder)
    assert list(folder.iterdir()) == []


@pytest.fixture(scope="module")
def reader() -> Iterator[ImportReader]:
    with ImportReader() as reader:
        yield reader


NAMES = st.sampled_from(["a", "b", "c", "d", "e f", 'q"', "ü"])
CONTENTS = st.builds(
    lambda imports, rest: "".join(f"import {name}\n" for name in imports) + rest,
    st.lists(st.sampled_from("abcd"), max_size=3),
    st.text(max_size=60),
)
FILES = st.dictionaries(
    st.builds(lambda folder, name: f"{folder}{name}.py", st.sampled_from(["", "p/", "q/r/"]), NAMES),
    CONTENTS,
    max_size=10,
)


@given(FILES, st.integers(60, 400), st.sampled_from([frozenset(), TOKENS]), st.randoms(use_true_random=False))
def test_packs_lose_no_file_and_no_byte_whatever_the_order_of_arrival(
    reader: ImportReader, files: dict[str, str], room: int, tokens: frozenset[str], shuffler: random.Random
) -> None:
    def pack_all(paths: list[str]) -> list[tuple[Document, list[SourceFile]]]:
        with tempfile.TemporaryDirectory() as folder:
            packer = RepositoryPacker(
                Path(folder), max_characters=room, tokens=tokens, origin=ORIGIN, reader=reader
            )
            taken = [path for path in paths if packer.add(record(path, files[path]))]
            assert set(taken) == {path for path, content in files.items() if content.strip()}
            found = []
            for pack in packer.packs():
                records = [packer.read(member) for member in pack.members]
                found.append((render_pack(pack, records, ORIGIN, tokens=tokens), records))
            packer._spool.close()
            return found

    packs = pack_all(sorted(files))
    assert {r.path: r.content for _, records in packs for r in records} == {
        path: content for path, content in files.items() if content.strip()
    }
    assert len({r.path for _, records in packs for r in records}) == sum(len(records) for _, records in packs)
    for document, records in packs:
        assert len(document.text) <= room or len(records) == 1
        rest = document.text
        for file in records:
            before, _, rest = rest.partition(f"{quote_path(file.path)}\n{file.content}")
            assert before.strip() in ("", "File:", "<file_sep>", "<repo_name>acme/ledger<file_sep>")
        assert rest == ""
    shuffled = list(files)
    shuffler.shuffle(shuffled)
    assert [document for document, _ in pack_all(shuffled)] == [document for document, _ in packs]
