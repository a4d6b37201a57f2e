"""Whether a machine wrote a commit, by the author's name and address."""

from __future__ import annotations

import re
from typing import Final

_NAMES: Final = frozenset(
    """
    allcontributors appveyor autofix-ci azure-pipelines bors buildbot codecov-io copilot copybara-service crowdin cursor-agent
    dependabot dependabot-preview deepsource-autofix docusaurus-bot fossabot github github-actions github-action gitbook
    gitlab-ci greenkeeper homu imgbot jenkins jenkins-ci k8s-ci-robot lgtm-com mergify nodejs-github-bot pre-commit-ci pyup-bot
    readthedocs-assistant release-please renovate renovate-bot requires-io rust-timer scala-steward semantic-release-bot
    sentry-bot snyk-bot sonatype-lift stepsecurity-app the-gitter-badger travis travis-ci transifex-integration weblate
    whitesource-bolt-for-github
    """.split()  # noqa: SIM905 - a list of words is read more easily
)
"""Names of services, lower case, with hyphens for spaces, dots and underscores."""

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
_JOINED: Final = re.compile(r"(?:^|[._-])(?:bot|robot)$|\[bot\]", re.IGNORECASE)
_CAMEL: Final = re.compile(r"[a-z0-9](?:Bot|Robot)$")
_SPACED: Final = re.compile(r"(?:^| )(?:bot|robot)$", re.IGNORECASE)
_MACHINE: Final = re.compile(
    r"noreply|no-reply|(?:^|[._-])(?:ci|auto|automation|build|release|robots?|svc)(?:[._-]|$)"
)


def is_bot(name: bytes, email: bytes) -> bool:
    """Whether name or address are a machine's: ``…[bot]``, ``release-bot``, ``SnykBot``, and services known by name.

    People are called Abbot and Talbot, and Bot is a family name: as a word of its own it counts only where the whole name is in
    lower case, or the address is a machine's too.
    """
    person = name.decode("utf-8", "replace").strip()[-200:]
    address = email.decode("utf-8", "replace").strip().lower()[-_ADDRESS_LIMIT:]
    if _JOINED.search(person) and " " not in person:
        return True
    if "[bot]" in person.lower() or _CAMEL.search(person) or _ADDRESSES.fullmatch(address):
        return True
    if _SPACED.search(person) and (person.islower() or _MACHINE.search(address.partition("@")[0])):
        return True
    return re.sub(r"[ ._]+", "-", person.lower()) in _NAMES and not _is_personal(person, address)


def _is_personal(person: str, address: str) -> bool:
    """Travis is a first name: a single word that is one, with a free mailbox, is taken for a person."""
    return (
        person.lower() in ("travis", "jenkins", "homu", "github")
        and not _MACHINE.search(address)
        and "travis-ci" not in address
    )
