"""What a commit says of itself: that it takes another one back, or that it is a fix."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Reverted:
    """What a message says it takes back, in all the ways that it says so. All empty: nothing."""

    revisions: tuple[str, ...] = ()
    """Ids, perhaps abbreviated (seven digits or more), in order."""
    requests: tuple[int, ...] = ()
    """Numbers of pull or merge requests."""
    subject: str | None = None
    """The subject of a commit, or the title of a request. Of a reapplied commit it is the revert's subject."""

    def __bool__(self) -> bool:
        return bool(self.revisions or self.requests or self.subject)


def subject_of(message: bytes | str) -> str:
    """The first line, white space around it stripped."""
    text = message.decode("utf-8", "replace") if isinstance(message, bytes) else message
    return text.strip().partition("\n")[0].rstrip()


_WORD: Final = r"(?:this )?(?:commit )?(?:reverts?|reverted|reverting|backs? out|backed out)"
_NOUN: Final = r"(?:(?:the )?(?:commits?|changesets?|revisions?)[ \t\n]+)?"
_ID: Final = r"[0-9a-f]{7,64}\b"
_REVISIONS: Final = re.compile(
    rf"^{_WORD}[ \t\n]{_NOUN}({_ID}(?:(?:,? and |,[ \t\n]?|[ \t\n])(?:commit )?{_ID})*)",
    re.MULTILINE | re.IGNORECASE,
)
_REQUESTS: Final = re.compile(
    rf"^{_WORD} (?:(?:merge|pull) request )?(?:PR )?[\w./-]{{0,200}}[#!]([1-9]\d{{0,8}})\b",
    re.MULTILINE | re.IGNORECASE,
)
_SUBJECT: Final = re.compile(r'(?:revert|back out|reverts)(?: |: ?)"(.+)"', re.IGNORECASE)
_CONVENTIONAL_REVERT: Final = re.compile(r"revert(?:\([^()]*\))?!?: (.+)", re.IGNORECASE)
_REAPPLY: Final = re.compile(r'reapply "(.+)"', re.IGNORECASE)
_SUBJECT_LIMIT: Final = 2000
"""Characters; what is longer is no subject that git or a forge wrote."""
_SUBJECT_ENDS: Final = re.compile(r"(?: \((?:#|GH-|\S*!)\d{1,9}\))+$")


def reverted(message: bytes | str) -> Reverted:
    """What the message says that the commit takes back.

    Read are git's own "This reverts commit …" (also of several, at the start of a line), its subjects ``Revert "…"`` and
    ``Reapply "…"``, ``revert: …`` of Conventional Commits, and "Reverts acme/ledger#12" and "This reverts merge request !12" of
    the forges. "Partially reverts" is not: most of the commit stays.

    >>> reverted('Revert "Round up" (#5)').subject
    'Round up'
    """
    text = message.decode("utf-8", "replace") if isinstance(message, bytes) else message
    lowered = text.lower()
    if "rever" not in lowered and "back" not in lowered and "reapply" not in lowered:
        return Reverted()
    subject = _reverted_subject(subject_of(text))
    body = text if subject is not None else _own_words(text)
    revisions = [
        id_ for match in _REVISIONS.finditer(body) for id_ in re.findall(_ID, match[1], re.IGNORECASE)
    ]
    requests = [int(match[1]) for match in _REQUESTS.finditer(body)]
    return Reverted(tuple(dict.fromkeys(map(str.lower, revisions))), tuple(dict.fromkeys(requests)), subject)


def _reverted_subject(subject: str) -> str | None:
    """What stands between the outer quotes, so that a revert of a revert names the revert."""
    if len(subject) > _SUBJECT_LIMIT:
        return None
    plain = _SUBJECT_ENDS.sub("", subject)
    if match := _REAPPLY.match(plain):
        return f'Revert "{match[1]}"'
    match = _SUBJECT.match(plain) or _CONVENTIONAL_REVERT.match(plain)
    return match[1].strip() if match else None


def _own_words(text: str) -> str:
    """The message without the list of squashed commits, one of which may be the revert of another in the list."""
    return re.split(r"^\* ", text, maxsplit=1, flags=re.MULTILINE)[0]


_FIX_LIMIT: Final = 500
"""Characters of a subject that are looked at."""
_TYPE: Final = re.compile(r"(\w+)(?:\([^()]*\))?!?: ")
_FIX_TYPES: Final = frozenset(("fix", "fixes", "fixed", "bugfix", "hotfix", "bug", "regression"))
_OTHER_TYPES: Final = frozenset(
    "build chore ci doc docs feat lint perf refactor refactoring cleanup release revert style test tests typo wip deps".split()  # noqa: SIM905 - a list of words is read more easily
)
_FIX: Final = re.compile(
    r"(?<![\w-])(?:fix|fixes|fixed|fixing|bug|bugs|bugfix|bug-fix|bugfixes|hotfix|hot-fix|regression|regressions)(?![\w-])",
    re.IGNORECASE,
)
_NO_FIX: Final = re.compile(
    r"\b(?:wont|won't|can't|cannot|not a|no|not) (?:fix|bug)\b|\bbugs? (?:report|tracker|template|label|bounty)\w*"
    r"|\bfixed[- ](?:size|width|length|point|order|seed|version|number)|\bregression tests?\b|\bfix version\b|\bauto[- ]?fix(?:es|ed)?\b",
    re.IGNORECASE,
)
_MERGE: Final = re.compile(r"merge (?:branch|remote|tag|commit)", re.IGNORECASE)
_PROSE: Final = re.compile(
    r"\b(?:typos?|mistyped?|misspell\w*|spelling|spell check|grammar|grammatical|wording|doc[ -]?strings?|readme\S*|changelog|change log"
    r"|change note|release notes|lint\w*|pylint|flake8|pep-?8|pep-?257|pyflakes|eslint|isort|mypy|rubocop|clang-format|copyright"
    r"|codespell|stylistic|cosmetics?|typograph\w*|flakes|docs?|documentation)\b",
    re.IGNORECASE,
)
_ONE_TEST: Final = re.compile(
    r"\b(?:fix|fixes|fixed|fixing) \S+ tests?(?=$|[.,;:!)(]| (?:in|on|for|from|to|after|with|by|and|again|due|when)\b)",
    re.IGNORECASE,
)
_OBJECT: Final = re.compile(
    r"\b(?:fix|fixes|fixed|fixing)(?: up)?(?: (?:the|a|an|some|all|more|another|broken|failing|flaky|minor|small|silly|stupid|missing|dead|wrong|bad|code|ci|travis|appveyor|tox|windows|docs?))*"
    r" (?:tests?|test_\w+|test suite|unit ?tests?|ci|build|builds|travis|tox|appveyor|coverage|comments?|formatting|indentation|indent|white ?space"
    r"|style|links?|urls?|doc|docs|markup|rst|rest|conflicts?|merge conflicts?|merge|imports? order|badges?|authors?|name|nits?|docs? build|pre-commit)"
    r"(?=$|[.,;:!)(]| (?:in|on|for|of|from|to|after|with|by|and|again|due|when|job|jobs|failures?)\b)",
    re.IGNORECASE,
)


def is_fix(subject: str) -> bool:
    """Whether a subject (of a merged request better its title) says that the commit mends what the program does.

    A type of Conventional Commits decides where there is one; else a word such as "fix" or "bug" must stand in it, and what is
    fixed must not be prose, tests, style or the build.

    >>> is_fix("fix(parser): accept empty input"), is_fix("Fix typo in parser"), is_fix("Add a fixture")
    (True, False, False)
    """
    subject = subject[:_FIX_LIMIT]
    kind = _TYPE.match(subject)
    if kind is not None and kind[1].lower() in _OTHER_TYPES:
        return False
    if _PROSE.search(subject) or _MERGE.match(subject):
        return False
    if kind is not None and kind[1].lower() in _FIX_TYPES:
        return True
    if _OBJECT.search(subject) or _ONE_TEST.search(subject):
        return False
    return _FIX.search(_NO_FIX.sub("", subject)) is not None
