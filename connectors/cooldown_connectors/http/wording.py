"""What is told to a person when a forge does not give what was asked for."""

from __future__ import annotations

from typing import Final

from cooldown_connectors.http.addresses import Origin, split
from cooldown_connectors.http.asked import Asked
from cooldown_connectors.http.errors import Answered, NotFound, Refused
from cooldown_connectors.http.exchange import Exchange
from cooldown_connectors.http.redaction import Redaction
from cooldown_connectors.http.said import clean, is_page, said
from cooldown_kit.errors import InputError

AGAIN: Final = "run it again later: the harvest goes on where it ended"


class Wording:
    """Makes errors. Nothing of a stranger's text goes in but one clean line, without tokens."""

    def __init__(self, asked: Asked, forge: Origin, redaction: Redaction) -> None:
        self._asked = asked
        self._forge = forge
        self._redaction = redaction

    def where(self, method: str, url: str) -> str:
        """``forge: GET https://api.github.com/repos/acme/payments``: the query is left out."""
        path = clean(self._redaction.text(split(url).path))
        source = f"{self._asked.source}: " if self._asked.source else ""
        return f"{source}{method} {self._forge}{path}"

    def quoted(self, got: Exchange) -> str:
        """What the forge says, after a colon; nothing where it says nothing."""
        text = clean(self._redaction.text(said(got.body)))
        return f": {text}" if text else ""

    def error(self, got: Exchange, where: str, *, with_token: bool) -> Answered:
        """What a status that is no success means."""
        status, text = got.status, self.quoted(got)
        token = self._token_remedy(with_token)
        if status in (404, 410):
            page = is_page(got.body, got.headers.get("content-type", ""))
            remedy = (
                "the answer is a web page: check that `url` is the forge's own address"
                if page
                else f"check the name; {token}"
            )
            what = f"it is not there, or not for this token (status {status}){text}"
            return NotFound(what, where=where, remedy=remedy, status=status)
        if status in (401, 403):
            return Refused(
                f"the forge refuses (status {status}){text}", where=where, remedy=token, status=status
            )
        return Answered(
            f"the forge answers with status {status}{text}",
            where=where,
            remedy="see whether this forge is older or newer than the connector knows",
            status=status,
        )

    def graphql_error(self, kind: str, text: str, where: str) -> Answered:
        """What errors without data in a GraphQL answer mean."""
        if kind == "not_found":
            return NotFound(f"it is not there ({text})", where=where, status=404)
        if kind == "refused":
            remedy = self._token_remedy(True)
            return Refused(f"the forge refuses ({text})", where=where, remedy=remedy, status=403)
        return Answered(
            f"the forge does not answer the query ({text})",
            where=where,
            remedy="see whether this forge is older or newer than the connector knows",
            status=200,
        )

    def no_api(self, got: Exchange, where: str) -> InputError:
        """A web page came where JSON was expected."""
        return InputError(
            f"this is a web page, not the API{self.quoted(got)}",
            where=where,
            remedy="set `url` to the forge's own address; if it is right, the page asks to sign in: give a token that is still good",
        )

    def foreign(self, named: str, where: str | None) -> InputError:
        """The forge names another host, in a redirect or a link."""
        return InputError(
            f"the forge names {named}, which is not {self._forge}: nothing was sent there",
            where=where,
            remedy="if the forge has moved, set `url` to its new address; a page for signing in means that the token is no longer good",
        )

    def _token_remedy(self, with_token: bool) -> str:
        lead = "see that the token may read it" if with_token else "give a token, as `token: env:NAME`"
        return f"{lead}: {self._asked.token_help}" if self._asked.token_help else lead
