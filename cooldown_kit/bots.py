"""Whether a machine wrote something: what the platform says of the account first, then names, logins and addresses, then the text.

One place for the lists: the git connector asks about authors of commits, rendering about everybody who takes part in a conversation.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

from cooldown_kit.records import Person

_NAMES: Final = frozenset(
    """
    allcontributors apache-hbase appveyor asfgit autofix-ci autorestci azure-pipelines bors buildbot chromatic-com
    claassistant claassistantio cmsbuild codacy-production codeclimate codecov codecov-commenter codecov-io copilot
    copybara-service coveralls crowdin cursor-agent danger-public deepsource-autofix dependabot dependabot-preview
    dnfclas docusaurus-bot fossabot github github-actions github-action gitbook gitguardian gitlab-ci greenkeeper
    hashicorp-cla homu imgbot jenkins jenkins-ci k8s-ci-robot karma-pr-reporter lgtm-com linux-foundation-easycla
    mergify msftclas msftclas2 netlify nodejs-github-bot pre-commit-ci probot-stale pydocteur pyup-bot
    readthedocs-assistant release-please renovate renovate-bot requires-io rust-highfive rust-timer rustbot
    scala-steward semantic-release-bot sentry-bot snyk-bot sonarcloud sonarqubecloud sonatype-lift sparkqa
    stepsecurity-app the-gitter-badger travis travis-ci transifex-integration vercel weblate
    whitesource-bolt-for-github
    """.split()  # noqa: SIM905 - a list of words is read more easily
)
"""Names of services, lower case, with hyphens for spaces, dots and underscores. Those that only comment are StarCoder2's
(arXiv 2402.19173)."""

_ADDRESSES: Final = re.compile(
    r"""
      (?:.*\+)?[^@]*\[bot\]@.*                              # GitHub's apps
    | (?:.*[_+-])?bots?@.*                                  # bot@example.org, release-bot@example.org
    | bots?[+-].*@.*
    | (?:project|group)_\d+_bot.*@.*                        # GitLab's access tokens
    | .*@(?:dependabot\.com|renovateapp\.com|greenkeeper\.io|pyup\.io|snyk\.io|mergify\.(?:io|com)|bots\..*)
    | (?:github-)?actions?@github\.com
    | \d+\+(?:github-actions|copilot|dependabot|renovate)@users\.noreply\.github\.com
    | noreply@(?:anthropic\.com|openai\.com|weblate\.org)
    | cursoragent@cursor\.com
    | 49699333\+dependabot.*
    """,
    re.VERBOSE,
)
_ADDRESS_LIMIT: Final = 320
"""The longest address there is, RFC 3696; what is longer is compared by its end."""
_NAME_LIMIT: Final = 200
_JOINED: Final = re.compile(r"(?:^|[._-])(?:bot|robot)$|\[bot\]", re.IGNORECASE)
_CAMEL: Final = re.compile(r"[a-z0-9](?:Bot|Robot)$")
_SPACED: Final = re.compile(r"(?:^| )(?:bot|robot)$", re.IGNORECASE)
_MACHINE: Final = re.compile(
    r"noreply|no-reply|(?:^|[._-])(?:ci|auto|automation|build|release|robots?|svc)(?:[._-]|$)"
)
_LOGIN: Final = re.compile(
    r"""
      (?:svc|srv|bot)[._-].+                                # svc-deploy, bot-release
    | .+[._-](?:automaton|automation|benchmark|buildbot|ci|deployer|linter|teamcity|service-account)
    | .*-ci-robot
    | (?:project|group)_\d+_bot\w*                          # GitLab's access tokens
    | service-account-.+                                    # GitLab's service accounts
    """,
    re.VERBOSE | re.IGNORECASE,
)
_CALL: Final = re.compile(
    r"""
      /[a-z][a-z0-9_-]*(?:[ ][^\n]{0,120})?                 # /retest, /assign @ann
    | @?bors(?:-servo)?:?[ ](?:r[+=-]|try|ping|delegate|retry|merge|p=)[^\n]{0,120}
    | @[a-z0-9](?:[a-z0-9-]{0,60})(?:\[bot\])?[ :,]+[a-z][^\n]{0,120}
    """,
    re.VERBOSE | re.IGNORECASE,
)
_CALLED: Final = re.compile(r"@([A-Za-z0-9][A-Za-z0-9-]{0,60})(?:\[bot\])?")
_REPORT: Final = re.compile(
    r"""
      \#*[ ]*\[?(?:codecov|coveralls|sonar(?:qube|cloud))[^\n]{0,80}\b(?:report|quality[ ]gate|coverage)\b
    | \#+[ ]*quality[ ]gate[ ](?:passed|failed)
    | (?:this|the)[ ]build[ ](?:passed|failed)\b[^\n]{0,200}\bhttps?://\S+$
    """,
    re.VERBOSE | re.IGNORECASE,
)


def is_machine(person: Person | None) -> bool:
    """Whether a person of a record is a machine. What the platform says of the account counts before any name."""
    if person is None:
        return False
    return person.bot if person.bot is not None else _seems_a_machine(person)


@lru_cache(maxsize=4096)
def _seems_a_machine(person: Person) -> bool:
    """By login, name and address; the same few people speak again and again."""
    return (bool(person.login) and is_bot_login(person.login)) or is_bot(person.name, person.email)


def is_bot_login(login: str) -> bool:
    """Whether an account's name is a machine's: ``dependabot[bot]``, ``renovate-bot``, ``svc-deploy``, ``acme-ci``, ``SnykBot``.

    People are called abbot and Talbot: the word must stand by itself.
    """
    login = login.strip()[-_NAME_LIMIT:]
    joined = _JOINED.search(login) or _CAMEL.search(login) or _LOGIN.fullmatch(login)
    return bool(joined) or _as_listed(login) in _NAMES - _FIRST_NAMES


def is_bot(name: str, email: str) -> bool:
    """Whether name or address are a machine's: ``…[bot]``, ``release-bot``, ``SnykBot``, and services known by name.

    People are called Abbot and Talbot, and Bot is a family name: as a word of its own it counts only where the whole name is in
    lower case, or the address is a machine's too.
    """
    person = name.strip()[-_NAME_LIMIT:]
    address = email.strip().lower()[-_ADDRESS_LIMIT:]
    if _JOINED.search(person) and " " not in person:
        return True
    if "[bot]" in person.lower() or _CAMEL.search(person) or _ADDRESSES.fullmatch(address):
        return True
    if _SPACED.search(person) and (person.islower() or _MACHINE.search(address.partition("@")[0])):
        return True
    return _as_listed(person) in _NAMES and not _is_personal(person, address)


def calls_a_bot(text: str) -> bool:
    """Whether all that a comment does is to call a bot: ``/retest``, ``@dependabot rebase``, ``bors r+``."""
    lines = [line.strip() for line in text[:2000].split("\n") if line.strip()]
    return 0 < len(lines) <= _MOST_CALLS and len(text) <= 2000 and all(map(_is_call, lines))


def is_report(text: str) -> bool:
    """Whether a comment is the report of a service for coverage or quality, whoever posted it."""
    return _REPORT.match(text.lstrip()[:500].partition("\n")[0]) is not None


_MOST_CALLS: Final = 5
_FIRST_NAMES: Final = frozenset({"travis", "jenkins", "homu", "github", "vercel"})


def _is_call(line: str) -> bool:
    if not _CALL.fullmatch(line):
        return False
    called = _CALLED.match(line)
    return called is None or is_bot_login(called[1]) or _as_listed(called[1]) in _NAMES


def _as_listed(name: str) -> str:
    return re.sub(r"[ ._]+", "-", name.lower())


def _is_personal(person: str, address: str) -> bool:
    """Travis is a first name: a single word that is one, with a free mailbox, is taken for a person."""
    return person.lower() in _FIRST_NAMES and not _MACHINE.search(address) and "travis-ci" not in address
