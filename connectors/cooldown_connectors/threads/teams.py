"""Objects of an export of Stack Overflow for Teams (or Internal, or Enterprise) → the index of posts.

There is more than one exporter, and none has a published schema: those that follow the API v2.3 (``question_id``, ``body_markdown``), those that
follow the v3 (``id``, ``bodyMarkdown``), tables in the manner of the public dump (``PostTypeId``). So fields are found by their names without case and
underscores, and what an object is by its fields first and its file's name second.
"""

from __future__ import annotations

import html
import re
from collections import Counter
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final, Literal

from cooldown_connectors.text.rows import parse_time
from cooldown_connectors.threads.posts import MAX_ID, Kind, Post, PostIndex, Remark

Item = Mapping[str, Any]
Thing = Literal["question", "answer", "article", "remark", "user"]
_SNAKE: Final = re.compile(r"[^a-z0-9]")
_TYPES: Final[dict[str, Kind]] = {
    "1": "question",
    "question": "question",
    "2": "answer",
    "answer": "answer",
    "article": "article",
    "knowledgearticle": "article",
}
_FILES: Final[dict[str, Thing]] = {
    "question": "question",
    "answer": "answer",
    "article": "article",
    "comment": "remark",
    "user": "user",
}
_ESCAPED: Final = ("body_markdown", "question_id", "answer_id", "article_id", "comment_id")
"""Fields of the API v2.3, whose titles and Markdown are escaped as HTML."""
_TAGS: Final = re.compile(r"[^<>|]+")


class Export:
    """Adds the objects of one export."""

    def __init__(self, index: PostIndex) -> None:
        self._index = index

    def add(self, item: dict[str, Any], file: str) -> Counter[str]:
        """What was passed over of an object and all within it, by reason: ``not_a_thread``, ``bad_item``, ``deleted``, ``duplicate_id``.

        ``file`` is the name of the file without folder and extension.
        """
        passed: Counter[str] = Counter()
        self._add(item, _hint(file), None, passed)
        return passed

    def _add(self, raw: Item, hint: Thing | None, above: int | None, passed: Counter[str]) -> None:
        item = {_SNAKE.sub("", key.lower()): value for key, value in raw.items()}
        escaped = any(key in raw for key in _ESCAPED)
        thing = _thing(item, hint)
        if thing is None:
            passed["not_a_thread"] += 1
            return
        if item.get("isdeleted") is True:
            passed["deleted"] += 1
            return
        try:
            if thing == "user":
                self._user(item)
            elif thing == "remark":
                passed["duplicate_id"] += not self._index.add_remark(_remark(item, above, escaped))
            else:
                post = _post(item, thing, above, escaped)
                passed["duplicate_id"] += not self._index.add_post(post)
                for name, kind in (("answers", "answer"), ("comments", "remark")):
                    for inner in item.get(name) or ():
                        if isinstance(inner, dict):
                            self._add(inner, "answer" if kind == "answer" else "remark", post.id, passed)
        except (KeyError, ValueError, TypeError, OverflowError):
            passed["bad_item"] += 1

    def _user(self, item: Item) -> None:
        number = _integer(_first(item, "userid", "id"))
        self._index.add_user(number, _string(item, "displayname", "realname", "name"), _string(item, "email"))


def _hint(file: str) -> Thing | None:
    """What a file's name promises: ``questions_answers_comments`` holds questions, ``users`` people."""
    lower = file.lower()
    places = {
        lower.find(word): thing for word, thing in _FILES.items() if word in lower and "group" not in lower
    }
    return places[min(places)] if places else None


def _thing(item: Item, hint: Thing | None) -> Thing | None:
    kind = _TYPES.get(str(_first(item, "posttype", "posttypeid")).lower())
    if kind is not None:
        return kind
    if _first(item, "posttype", "posttypeid") is not None:
        return None  # wikis of tags and the like
    if "commentid" in item:
        return "remark"
    if "answerid" in item and hint != "remark":
        return "answer"
    if "articleid" in item and hint != "remark":
        return "article"
    if "questionid" in item and "title" in item and hint not in ("remark", "answer"):
        return "question"
    if hint == "user" and ("displayname" in item or "name" in item or "email" in item or "realname" in item):
        return "user"
    text = any(name in item for name in ("body", "bodymarkdown", "text"))
    return hint if text and hint != "user" else None


def _post(item: Item, kind: Kind, above: int | None, escaped: bool) -> Post:
    text, markup = _text(item, escaped)
    number = _number(_first(item, f"{kind}id", "id", "postid"))
    of = None
    if kind == "answer":
        of = _number(above if above is not None else _first(item, "parentid", "questionid"))
    title = _string(item, "title")
    owner, name, email = _owner(item)
    accepted = _first(item, "acceptedanswerid")
    return Post(
        id=number,
        kind=kind,
        of=of,
        created_at=_time(_first(item, "creationdate", "createdat", "created")),
        edited_at=parse_time(_first(item, "lasteditdate", "lastedited", "editedat")),
        text=text,
        markup=markup,
        title=html.unescape(title) if escaped else title,
        tags=_tags(item.get("tags")),
        score=_score(item),
        accepted=item.get("isaccepted") is True,
        accepted_answer=_number(accepted) if accepted else None,
        owner=owner,
        owner_name=name,
        owner_email=email,
        closed=_closed(item),
        url=_url(item),
    )


def _remark(item: Item, above: int | None, escaped: bool) -> Remark:
    text, markup = _text(item, escaped)
    owner, name, email = _owner(item)
    return Remark(
        id=_number(_first(item, "commentid", "id")),
        of=_number(
            above if above is not None else _first(item, "postid", "parentid", "answerid", "questionid")
        ),
        created_at=_time(_first(item, "creationdate", "createdat", "created")),
        text=text,
        markup=markup,
        score=_score(item),
        owner=owner,
        owner_name=name,
        owner_email=email,
    )


def _text(item: Item, escaped: bool) -> tuple[str, Literal["html", "markdown"]]:
    """Markdown where there is some."""
    for name in ("bodymarkdown", "text"):
        if isinstance(item.get(name), str) and item[name]:
            return (html.unescape(item[name]) if escaped else item[name]), "markdown"
    return _string(item, "body"), "html"


def _owner(item: Item) -> tuple[int | None, str, str]:
    owner = _first(item, "owner", "author", "user")
    if isinstance(owner, dict):
        person = {_SNAKE.sub("", key.lower()): value for key, value in owner.items()}
        number = _first(person, "userid", "id")
        name = _string(person, "displayname", "realname", "name")
        # The API v2.3 escapes names as it does titles; a name that holds an entity otherwise is none.
        return (None if number is None else _integer(number)), html.unescape(name), _string(person, "email")
    number = _first(item, "owneruserid", "ownerid", "userid", "authorid")
    name = _string(item, "ownerdisplayname", "userdisplayname")
    return (None if number is None else _integer(number)), name, ""


def _tags(value: object) -> list[str]:
    if isinstance(value, str):
        return _TAGS.findall(value)
    names = (
        [tag.get("name") if isinstance(tag, dict) else tag for tag in value]
        if isinstance(value, list)
        else []
    )
    return [name for name in names if isinstance(name, str) and name]


def _closed(item: Item) -> str | None:
    reason = _string(item, "closedreason", "closereason")
    if reason:
        return _SNAKE.sub("_", reason.lower()).strip("_")
    return "closed" if _first(item, "closeddate") or item.get("isclosed") is True else None


def _url(item: Item) -> str | None:
    url = _string(item, "link", "weburl", "sharelink", "url")
    return url if url.startswith(("https://", "http://")) else None


def _score(item: Item) -> int | None:
    score = _first(item, "score")
    return None if score is None else _integer(score)


def _first(item: Item, *names: str) -> Any:
    return next((item[name] for name in names if item.get(name) is not None), None)


def _string(item: Item, *names: str) -> str:
    value = _first(item, *names)
    return value.strip() if isinstance(value, str) else ""


def _time(value: Any) -> datetime:
    time = parse_time(value)
    if time is None:
        raise ValueError("it has no time")
    return time


def _integer(value: Any) -> int:
    number = int(value)
    if abs(number) > MAX_ID:
        raise ValueError("a number is out of bounds")
    return number


def _number(value: Any) -> int:
    number = _integer(value)
    if number <= 0:
        raise ValueError("an id is not above 0")
    return number
