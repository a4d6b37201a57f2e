"""Texts of posts as Markdown, code to the letter."""

from __future__ import annotations

import html
import re
from typing import Final, Literal

_PRE: Final = re.compile(r"<pre\b([^>]*)>(.*?)</pre\s*>", re.DOTALL | re.IGNORECASE)
_TAG: Final = re.compile(r"<[^>]*>")
_CODE: Final = re.compile(r"\A\s*<code\b([^>]*)>", re.IGNORECASE)
_LANGUAGE: Final = re.compile(r"(?:language|lang|highlight|brush)-([A-Za-z0-9+#-]+)")
_NO_LANGUAGE: Final = ("default", "none", "text")
_FENCE: Final = re.compile(r"`{3,}")
_MARK: Final = "\ue000{}\ue001"
"""Stands for a code block while the rest is converted: private-use characters, which no converter touches."""
_MARKED: Final = re.compile("^(.*?)\ue000([0-9]+)\ue001", re.MULTILINE)
_MARKS: Final = re.compile("[\ue000\ue001]")


def markdown(text: str, markup: Literal["html", "markdown"]) -> str:
    """The text without white space at its end. Raises :class:`~cooldown_connectors.text.html.UnreadableHtmlError`.

    The converter of the ``text`` connector does it, but for code blocks: their lines, trailing blanks and backticks included, stand in
    the result as they were posted.
    """
    if markup == "markdown":
        return text.replace("\r\n", "\n").strip("\n").rstrip()
    from cooldown_connectors.text.html import to_markdown

    blocks: list[str] = []

    def keep(match: re.Match[str]) -> str:
        blocks.append(_block(match[1], match[2]))
        return f"<p>{_MARK.format(len(blocks) - 1)}</p>"

    marked = _PRE.sub(keep, _MARKS.sub("", text))
    _, converted = to_markdown(marked)
    return _MARKED.sub(lambda match: _indented(match[1], blocks[int(match[2])]), converted).rstrip("\n")


def _block(attributes: str, inner: str) -> str:
    """A fenced block whose fence is longer than any in the code."""
    code = _CODE.match(inner)
    language = _LANGUAGE.search(f"{attributes} {code[1] if code else ''}")
    name = language[1] if language and language[1] not in _NO_LANGUAGE else ""
    text = html.unescape(_TAG.sub("", inner)).replace("\r\n", "\n")
    fence = "`" * max([3, *(len(run) + 1 for run in _FENCE.findall(text))])
    return f"{fence}{name}\n{text}{'' if text.endswith(chr(10)) else chr(10)}{fence}"


def _indented(prefix: str, block: str) -> str:
    """In a list or a quotation every line stands behind what its first one stands behind; a bullet only before the first."""
    following = "".join(sign if sign == ">" else " " for sign in prefix)
    first, *lines = block.split("\n")
    return "\n".join([prefix + first, *(following + line if line else line for line in lines)])
