"""Exports of Stack Overflow for Teams, in the shapes that exporters give them."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import pytest
from cooldown_connectors.threads import seven_zip
from cooldown_connectors.threads.json_items import MAX_ITEM, BadJsonError, items
from hypothesis import given
from hypothesis import strategies as st

# API v2.3, answers and comments within their question: titles, names and Markdown are escaped as HTML.
V2 = [
    {
        "question_id": 7,
        "title": "Why &quot;retry&quot;?",
        "body": "<p>Why <b>retry</b> &lt;T&gt;?</p>",
        "body_markdown": "Why **retry** &lt;T&gt;?",
        "tags": ["payments", "http"],
        "owner": {"user_id": 1, "display_name": "Ann O&#39;Neil"},
        "creation_date": 1577934245,
        "score": 4,
        "accepted_answer_id": 8,
        "link": "https://team.example/c/acme/questions/7",
        "closed_date": 1577999999,
        "closed_reason": "Needs more focus",
        "comments": [
            {
                "comment_id": 5,
                "post_id": 7,
                "body_markdown": "It&#39;s slow",
                "creation_date": 1577934300,
                "score": 1,
                "owner": {"user_id": 2, "display_name": "Bob"},
            }
        ],
        "answers": [
            {
                "answer_id": 8,
                "question_id": 7,
                "is_accepted": True,
                "body_markdown": "Because `x &amp;&amp; y`.",
                "creation_date": 1577935000,
                "last_edit_date": 1577936000,
                "score": 2,
                "owner": {"user_id": 2, "display_name": "Bob"},
                "comments": [
                    {"comment_id": 6, "post_id": 8, "body": "<p>Thanks</p>", "creation_date": 1577937000}
                ],
            }
        ],
    }
]
V2_ARTICLES = [
    {
        "article_id": 20,
        "title": "How we deploy",
        "body_markdown": "# Steps\n\n    make\n",
        "creation_date": 1577934245,
        "comments": [{"comment_id": 30, "body_markdown": "Nice", "creation_date": 1577934246}],
    }
]
V2_USERS = [
    {"user_id": 1, "display_name": "Ann O'Neil", "email": "ann@acme.example"},
    {"user_id": 2, "display_name": "Bob"},
]
# API v3: camelCase, nothing escaped.
V3_QUESTIONS = [
    {
        "id": 7,
        "title": 'Why "retry"?',
        "body": "<p>no</p>",
        "bodyMarkdown": "Why &amp; how?\r\nSo.",
        "tags": [{"id": 1, "name": "payments"}],
        "owner": {"id": 1, "name": "Ann"},
        "creationDate": "2020-01-02T03:04:05.6Z",
        "isClosed": False,
        "isDeleted": False,
        "score": 4,
        "webUrl": "https://team.example/questions/7",
    },
    {"id": 9, "title": "Gone", "body": "<p>x</p>", "creationDate": "2020-01-02T03:04:05Z", "isDeleted": True},
]
V3_ANSWERS = [
    {
        "id": 8,
        "questionId": 7,
        "bodyMarkdown": "So.",
        "isAccepted": True,
        "owner": {"id": 2, "name": "Bob"},
        "creationDate": "2020-01-03T03:04:05Z",
        "score": 1,
    }
]
V3_COMMENTS = [
    {
        "id": 3,
        "postId": 8,
        "body": "<p>Thanks</p>",
        "creationDate": "2020-01-03T04:04:05Z",
        "owner": {"id": 1, "name": "Ann"},
    }
]
# Tables in the manner of the public dump.
TABLES = [
    {
        "Id": 1,
        "PostTypeId": 1,
        "CreationDate": "2020-01-02T03:04:05",
        "Title": "T",
        "Body": "<p>Q</p>",
        "Tags": "<a><b>",
        "OwnerUserId": 4,
        "Score": 0,
        "AcceptedAnswerId": 2,
    },
    {
        "Id": 2,
        "PostTypeId": 2,
        "ParentId": 1,
        "CreationDate": "2020-01-02T04:04:05",
        "Body": "<p>A</p>",
        "Score": 1,
    },
    {"Id": 3, "PostTypeId": 5, "CreationDate": "2020-01-02T04:04:05", "Body": "<p>wiki</p>"},
]


def export(folder: Path, **files: object) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for name, value in files.items():
        (folder / f"{name}.json").write_text(json.dumps(value, indent=1))
    return folder


def test_questions_with_all_within_them_are_threads(harvest, tmp_path) -> None:
    export(
        tmp_path / "team", questions_answers_comments=V2, users=V2_USERS, tags=[{"name": "http", "count": 3}]
    )
    result = harvest("team")
    (thread,) = result.threads
    assert (thread.id, thread.title, thread.tags) == ("team/7", 'Why "retry"?', ["payments", "http"])
    assert thread.url == "https://team.example/c/acme/questions/7"
    assert thread.closed == "needs_more_focus"
    assert [post.text for post in thread.posts] == [
        "Why **retry** <T>?",
        "It's slow",
        "Because `x && y`.",
        "Thanks",
    ]
    assert [post.reply_to for post in thread.posts] == [None, "7", "7", "8"]
    assert [post.accepted for post in thread.posts] == [False, False, True, False]
    assert thread.remarks == ["c5", "c6"]
    assert thread.posts[0].author.email == "ann@acme.example"
    assert thread.posts[0].author.name == "Ann O'Neil"
    assert thread.posts[3].author is None
    assert result.reasons == {"tags.json#1": "not_a_thread"}


def test_articles_are_threads_with_remarks_only_or_left_out(harvest, tmp_path) -> None:
    export(tmp_path / "team", articles=V2_ARTICLES)
    (thread,) = harvest("team").threads
    assert (thread.kind, thread.title) == ("article", "How we deploy")
    assert [post.text for post in thread.posts] == ["# Steps\n\n    make", "Nice"]
    assert thread.remarks == ["c30"]
    assert harvest("team", articles=False).reasons == {"team/20": "article"}


def test_separate_files_are_brought_together(harvest, tmp_path) -> None:
    export(tmp_path / "team", questions=V3_QUESTIONS, answers=V3_ANSWERS, comments={"items": V3_COMMENTS})
    result = harvest("team")
    (thread,) = result.threads
    assert thread.title == 'Why "retry"?'
    assert [post.text for post in thread.posts] == ["Why &amp; how?\nSo.", "So.", "Thanks"]
    assert [post.author.name for post in thread.posts] == ["Ann", "Bob", "Ann"]
    assert thread.posts[1].accepted
    assert thread.url == "https://team.example/questions/7"
    assert thread.closed is None
    assert result.reasons == {"questions.json#2": "deleted"}


def test_tables_in_the_manner_of_the_dump_are_read(harvest, tmp_path) -> None:
    export(
        tmp_path / "team", posts=TABLES, users=[{"Id": 4, "DisplayName": "Cy", "Email": "cy@acme.example"}]
    )
    result = harvest("team")
    (thread,) = result.threads
    assert (thread.tags, [post.text for post in thread.posts]) == (["a", "b"], ["Q", "A"])
    assert thread.posts[0].author.email == "cy@acme.example"
    assert thread.posts[1].accepted
    assert result.reasons == {"posts.json#3": "not_a_thread"}


def test_a_zip_gives_what_its_folder_gives(harvest, tmp_path) -> None:
    folder = export(tmp_path / "team", questions=V3_QUESTIONS, answers=V3_ANSWERS, comments=V3_COMMENTS)
    with zipfile.ZipFile(tmp_path / "team.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for path in folder.iterdir():
            archive.write(path, f"export/../../{path.name}")
        archive.writestr("logo.png", b"\x89PNG")
    result = harvest("team.zip")
    assert result.threads == harvest("team").threads
    assert result.reasons["team.zip/logo.png"] == "unknown_format"


def test_one_object_a_line_is_read(harvest, tmp_path) -> None:
    (tmp_path / "team").mkdir()
    lines = [json.dumps(V2[0]), "{broken", "[]", ""]
    (tmp_path / "team" / "questions.jsonl").write_text("\n".join(lines))
    result = harvest("team")
    assert result.ids == ["team/7"]
    assert result.reasons == {"questions.jsonl#2": "bad_json", "questions.jsonl#3": "bad_json"}


@pytest.mark.parametrize(
    "item",
    [
        {"question_id": "x", "title": "t", "creation_date": 1},
        {"question_id": 1, "title": "t"},
        {"question_id": 1 << 80, "title": "t", "creation_date": 1},
        {"question_id": 1, "title": "t", "creation_date": 1, "score": "many"},
        {"question_id": 1, "title": ["t"], "creation_date": 1e300, "body": 5},
        {"question_id": -1, "title": "t", "creation_date": 1},
        {"question_id": None, "title": None, "creation_date": None},
        {"question_id": 1, "title": "t", "creation_date": 1, "owner": {"user_id": []}},
    ],
)
def test_an_object_that_says_nonsense_costs_only_itself(harvest, tmp_path, item) -> None:
    export(tmp_path / "team", questions=[item, *V2])
    result = harvest("team")
    assert result.ids == ["team/7"]
    assert result.reasons == {"questions.json#1": "bad_item"}


@pytest.mark.parametrize(
    "text", ["", "{}", "12", '[{"a": 1}', '[{"a": "', "]", "null", "{" * 100_000, "[" * 100_000]
)
def test_a_file_that_is_no_list_of_objects_is_named(harvest, tmp_path, text) -> None:
    export(tmp_path / "team", questions=V2)
    (tmp_path / "team" / "posts.json").write_text(text)
    result = harvest("team")
    assert result.ids == ["team/7"]
    assert set(result.reasons.values()) <= {"bad_json", "not_a_thread"}
    assert "posts.json" in result.reasons


def test_archives_that_cannot_be_read_are_named(harvest, tmp_path, monkeypatch) -> None:
    with zipfile.ZipFile(tmp_path / "bomb.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("posts.json", b" " * (4 << 20))
    monkeypatch.setattr(seven_zip, "RATIO_FROM", 1 << 20)
    (tmp_path / "bad.zip").write_bytes(b"PK\x03\x04 no zip")
    whole = (tmp_path / "bomb.zip").read_bytes()
    (tmp_path / "cut.zip").write_bytes(whole[:-30])
    result = harvest("*.zip")
    assert result.reasons == {"bomb.zip": "bomb", "bad.zip": "bad_archive", "cut.zip": "bad_archive"}


JSON = st.recursive(
    st.none() | st.integers(-9, 9) | st.text(st.sampled_from('a"\\{}[],: \n')),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(st.sampled_from('ab"\\{[')), inner, max_size=3)
    ),
    max_leaves=12,
)
OBJECTS = st.lists(st.dictionaries(st.text(max_size=3), JSON, max_size=4), max_size=6)


@given(OBJECTS, st.booleans(), st.integers(1, 60), st.sampled_from([None, 1]))
def test_objects_come_one_by_one_however_the_bytes_are_cut(objects, wrapped, size, indent) -> None:
    value = {"n": 1, "t": "[{", "items": objects} if wrapped else objects
    data = json.dumps(value, indent=indent).encode()
    found = items(data[start : start + size] for start in range(0, len(data), size))
    assert list(found) == objects


@given(st.text(st.sampled_from('{}[]",:\\ a1\n'), max_size=60), st.integers(1, 9))
def test_any_text_ends(text: str, size: int) -> None:
    data = text.encode()
    try:
        for item in items(data[start : start + size] for start in range(0, len(data), size)):
            assert isinstance(item, dict | str)
    except BadJsonError as error:
        assert str(error)


def test_an_object_without_end_is_never_held_whole() -> None:
    chunks = [b'[{"a": "', *[b"x" * (1 << 20)] * (MAX_ITEM // (1 << 20) + 10)]
    given_chunks = iter(chunks)
    with pytest.raises(BadJsonError, match="more than"):
        list(items(given_chunks))
    assert len(list(given_chunks)) >= 7
