"""The part of a changelog that speaks of one version."""

from __future__ import annotations

import pytest
from cooldown_connectors.git.changelog import Version, changelog_rank, section, version_of
from hypothesis import given
from hypothesis import strategies as st

MARKDOWN = """# Changelog

## [Unreleased]

- not yet

## [v1.2.0](https://example.org/compare/v1.1.0...v1.2.0) - 2024-01-31

### Fixed

- Rounding, as in 11.2.0 of the other.

```sh
# 1.1.0
```

## 1.2.0-rc.1 (2024-01-01)

- a candidate

## 11.2.0

- far ahead

# 1.1.0

- before

## 1.0.1

- a patch, one level deeper

**1.0.0** (2020-01-01)

- bold
"""

RST = """=========
 Changes
=========

1.2.0 (2024-01-31)
++++++++++++++++++

Rounding
--------

* rounds up

1.2.0rc1
++++++++

* a candidate

Changes between 1.0 and 1.1
+++++++++++++++++++++++++++

* before

Version 1.0
+++++++++++

"""

PLAIN = """Payments 1.2.0 (31 January 2024)

  * rounds up

    Payments 1.0 did not.

Version 1.2.0rc1:

  * a candidate

v1.1

  * before
"""


def of(text, version, name):
    return section(text, version_of(version), name)


def test_a_markdown_section_ends_at_the_next_version_whatever_its_level():
    assert of(MARKDOWN, "v1.2.0", "CHANGELOG.md") == (
        "### Fixed\n\n- Rounding, as in 11.2.0 of the other.\n\n```sh\n# 1.1.0\n```"
    )
    assert of(MARKDOWN, "1.2.0rc1", "CHANGELOG.md") == "- a candidate"
    assert of(MARKDOWN, "11.2.0", "CHANGELOG.md") == "- far ahead"
    assert of(MARKDOWN, "1.1", "CHANGELOG.md") == "- before"
    assert of(MARKDOWN, "v1.0.1", "CHANGELOG.md") == "- a patch, one level deeper"
    assert of(MARKDOWN, "v1.0.0", "CHANGELOG.md") == "- bold"


def test_a_restructuredtext_section_holds_its_own_headings():
    assert of(RST, "1.2.0", "CHANGES.rst") == "Rounding\n--------\n\n* rounds up"
    assert of(RST, "1.2.0rc1", "CHANGES.rst") == "* a candidate"
    assert of(RST, "1.1.0", "CHANGES.rst") == "* before"


def test_plain_text_has_lines_for_headings():
    assert of(PLAIN, "1.2.0", "NEWS") == "  * rounds up\n\n    Payments 1.0 did not."
    assert of(PLAIN, "1.2.0-rc1", "NEWS") == "  * a candidate"
    assert of(PLAIN, "1.1.0", "NEWS.txt") == "  * before"


@pytest.mark.parametrize(
    "version", ["2.0", "1.2", "1.2.0.1", "1.20", "2", "31", "0.0", "1.2.0b1", "2024.1.31"]
)
@pytest.mark.parametrize(("text", "name"), [(RST, "a.rst"), (PLAIN, "NEWS")])
def test_another_version_is_not_taken_for_it(text, name, version):
    assert (of(text, version, name) is not None) == (version == "1.2")


def test_an_empty_section_says_nothing():
    assert of(RST, "1.0", "CHANGES.rst") is None
    assert of("", "1.0", "CHANGES.md") is None


@pytest.mark.parametrize(
    ("heading", "version"),
    [
        ("2024-01-31, Version 1.2.0", "1.2.0"),
        ("31 January 2024: 1.2.0", "1.2.0"),
        ("Changes between 1.1.0 and 1.2.0", "1.2.0"),
        ("Changes between 1.2.0 and 1.1.0", "1.2.0"),
        ("2024.1.0 (31 January)", "v2024.1.0"),
        ("2024-01-31", "2024.01.31"),
        ("Version 5 (January 3)", "v5"),
        ("1.2.0, for lib 1.1.0", "1.2.0"),
    ],
)
def test_a_heading_is_about_one_version_and_dates_are_none(heading, version):
    text = f"## {heading}\n\n- a\n"
    assert of(text, version, "a.md") == "- a"
    for other in ("1.1.0", "v3", "31", "v1"):
        assert of(text, other, "a.md") is None


def test_windows_lines_are_read():
    assert of("## 1.0\r\n\r\n- a\r\n- b\r\n", "1.0", "a.md") == "- a\n- b"


@pytest.mark.parametrize(
    ("tag", "version"),
    [
        ("v1.2.0", ((1, 2, 0), "")),
        ("1.2", ((1, 2), "")),
        ("release-1.2.0", ((1, 2, 0), "")),
        ("rel_1_2_0", ((1, 2, 0), "")),
        ("lib/v1.2.0", ((1, 2, 0), "")),
        ("@acme/pay@1.2.0-beta.2", ((1, 2, 0), "b2")),
        ("v2.0.0-RC1", ((2, 0, 0), "rc1")),
        ("4.2.0.Final", ((4, 2, 0), "")),
        ("go1.21.3", ((1, 21, 3), "")),
        ("py37-1.0", ((1, 0), "")),
        ("2024-01-31", ((2024, 1, 31), "")),
        ("nightly-2024-01-31", ((2024, 1, 31), "")),
        ("stable", None),
        ("", None),
    ],
)
def test_a_tags_name_says_its_version(tag, version):
    found = version_of(tag)
    assert (None if found is None else tuple(found)) == version


def test_zeros_at_the_end_do_not_count():
    assert Version((1, 0, 0), "").shortest == Version((1,), "")
    assert Version((0,), "").shortest == Version((0,), "")


@pytest.mark.parametrize(
    ("name", "rank"),
    [
        ("CHANGELOG.md", 0),
        ("changelog", 0),
        ("ChangeLog.txt", 0),
        ("CHANGES.rst", 1),
        ("HISTORY.md", 2),
        ("NEWS", 3),
        ("RELEASES.md", 4),
        ("RELEASE_NOTES.md", 4),
        ("00-RELEASENOTES", 4),
        ("NEWS.py", None),
        ("changelog.md.j2", None),
        ("OLDNEWS", None),
    ],
)
def test_changelogs_are_known_by_their_names(name, rank):
    assert changelog_rank(name) == rank


LINES = st.lists(
    st.sampled_from(
        ["", "1.2.0", "v1.2.0rc1", "11.2.0", "# 1.2", "===", "---", "```", "* a", "**1.2.0**", "text"]
    )
)


@given(LINES, st.sampled_from(["a.md", "a.rst", "a"]))
def test_a_section_is_always_a_part_of_the_text(lines, name):
    text = "\n".join(lines)
    got = of(text, "1.2.0", name)
    assert got is None or (got.strip() and got in text)
