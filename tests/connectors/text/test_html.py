"""HTML as a reader of the page would read it."""

from __future__ import annotations

import pytest
from cooldown_connectors.text.html import UnreadableHtmlError, to_markdown
from hypothesis import given, settings
from hypothesis import strategies as st

PAGE = """<!doctype html>
<html><head><title>Install
  guide - Acme</title><style>p { color: red }</style><script>track()</script></head>
<body><nav><a href="/">Home</a></nav>
<h1>Install guide<a class="headerlink" href="#install" title="Permalink">¶</a></h1>
<p>Set <code>max_open_files</code> to <b>64</b>, see <a href="/limits#files">limits</a>; 3 * 4 * 5.</p>
<div class="highlight-python notranslate"><div class="highlight"><pre><span></span><span class="k">def</span> f(x):
    if x:
        return "&lt;b&gt;"

    return 2
</pre></div></div>
<pre><code class="language-c">int main() {
\treturn 0;
}</code></pre>
<ul><li>one<ul><li>deeper</li></ul></li></ul>
<table><tr><th>key</th><th>value</th></tr><tr><td>a</td><td>1</td></tr></table>
<img src="data:image/png;base64,AAAA" alt="Logo"><svg><title>Icon</title></svg>
<script>alert("never read")</script><template>hidden</template>
</body></html>
"""
MARKDOWN = """\
# Install guide

Set `max_open_files` to **64**, see [limits](/limits#files); 3 * 4 * 5.

```python
def f(x):
    if x:
        return "<b>"

    return 2
```

```c
int main() {
\treturn 0;
}
```

- one
  - deeper

| key | value |
| --- | --- |
| a | 1 |

Logo
"""


def test_a_page_becomes_markdown_with_its_code_indented_as_it_was() -> None:
    assert to_markdown(PAGE) == ("Install guide - Acme", MARKDOWN)


def test_a_page_in_a_folder_is_a_record(harvest, write) -> None:
    write("site/index.html", PAGE)
    (page,) = harvest("site").pages
    assert (page.id, page.title, page.text) == ("index.html", "Install guide - Acme", MARKDOWN)


def test_a_declared_encoding_is_used_where_the_option_does_not_fit(harvest, write) -> None:
    write("a.html", '<meta charset="iso-8859-1"><p>Größe</p>'.encode("latin-1"))
    write("b.html", '<meta charset="no-such-charset"><p>Größe</p>'.encode("latin-1"))
    result = harvest("*.html")
    assert [page.text for page in result.pages] == ["Größe\n"]
    assert result.reasons == {"b.html": "not_utf8"}


def test_a_page_without_text_is_empty(harvest, write) -> None:
    write("a.html", "<html><head><title>Only a title</title></head><body><script>x</script></body></html>")
    assert harvest("a.html").reasons == {"a.html": "empty"}


def test_a_page_nested_without_end_is_refused_and_named(harvest, write) -> None:
    write("deep.html", "<div>" * 20_000 + "x")
    assert harvest("deep.html").reasons == {"deep.html": "bad_html"}


@settings(max_examples=200, deadline=None)
@given(
    st.lists(
        st.sampled_from(
            ["<p>", "</p>", "<pre>", "</pre>", "<code>", "<nav>", "</nav>", "<table>", "<td>", "<li>", "<![", "<!--", "&#0;", "&#xD800;",
             "<title>", "</title>", "<a href='#'>", "</a>", "<img src='data:'>", "<svg>", "<script>", "</script>", "text", " ", "\n", "\0"]
        )
    )
)  # fmt: skip
def test_any_tag_soup_gives_text_or_a_reason(pieces: list[str]) -> None:
    try:
        title, text = to_markdown("".join(pieces))
    except UnreadableHtmlError:
        return
    (text + (title or "")).encode()


@pytest.mark.parametrize("name", ["language-rust", "lang-rust", "brush-rust", "highlight-rust"])
def test_generators_name_the_language_in_different_ways(name: str) -> None:
    assert to_markdown(f"<pre class='x {name}'>fn main() {{}}</pre>")[1] == "```rust\nfn main() {}\n```\n"
