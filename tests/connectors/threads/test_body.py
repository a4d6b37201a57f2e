"""Texts of posts as Markdown."""

from __future__ import annotations

from html import escape

import pytest
from cooldown_connectors.threads.body import markdown
from hypothesis import given
from hypothesis import strategies as st

CODE = st.text(st.sampled_from("ab <>&\"'`~#*_\\|\t\n  "), min_size=1).filter(lambda text: text.strip())


def code_of(text: str) -> str:
    """What stands between the fences of the only code block."""
    lines = text.split("\n")
    start = next(n for n, line in enumerate(lines) if line.startswith("```"))
    fence = lines[start].rstrip("py")
    end = next(n for n in range(start + 1, len(lines)) if lines[n] == fence)
    return "\n".join(lines[start + 1 : end])


@given(CODE)
def test_code_stands_as_it_was_posted(code: str) -> None:
    html = f'<p>Before</p>\n\n<pre class="lang-py prettyprint-override"><code>{escape(code)}</code></pre>\n\n<p>After</p>'
    text = markdown(html, "html")
    assert code_of(text) == code.removesuffix("\n")
    assert text.startswith("Before\n")
    assert text.endswith("\n\nAfter")


def test_a_fence_is_longer_than_those_in_the_code() -> None:
    assert markdown("<pre><code>```\nx\n````</code></pre>", "html") == "`````\n```\nx\n````\n`````"


def test_code_in_lists_and_quotations_stays_in_them() -> None:
    html = "<ul><li><p>one</p><pre><code>a\n\n  b\n</code></pre></li></ul><blockquote><pre><code>c\nd</code></pre></blockquote>"
    text = markdown(html, "html")
    assert "  ```\n  a\n\n    b\n  ```" in text
    assert "> ```\n> c\n> d\n> ```" in text


def test_the_rest_is_what_the_text_connector_makes_of_it() -> None:
    html = "<p>Use <code>snake_case</code>, <b>not</b> &lt;b&gt;, see <a href='https://x.example'>x</a>.</p><ol><li>one</li></ol>"
    assert markdown(html, "html") == "Use `snake_case`, **not** <b>, see [x](https://x.example).\n\n1. one"


@pytest.mark.parametrize("text", ["a  b\n\n    code\n", "a\n"])
def test_markdown_is_left_alone(text: str) -> None:
    assert markdown(text, "markdown") == text.rstrip("\n")


@given(
    st.lists(
        st.sampled_from(
            [
                "<pre>",
                "</pre>",
                "<code>",
                "</code>",
                "<p>",
                "\ue000",
                "0",
                "\ue001",
                "<li>",
                "&lt;",
                "x",
                "\n",
            ]
        )
    ).map("".join)
)
def test_any_soup_gives_text(html: str) -> None:
    assert "\ue000" not in markdown(html, "html")
