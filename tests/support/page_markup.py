"""A page as tests look at it."""

from __future__ import annotations

from html.parser import HTMLParser

OWN = {"origin": "http://testserver"}
"""What browsers say of a form of our own pages."""


class Markup(HTMLParser):
    """Tags with their attributes, and the text outside of them."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attributes)))

    def handle_data(self, data: str) -> None:
        self.text += data

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.tags if name == tag]
