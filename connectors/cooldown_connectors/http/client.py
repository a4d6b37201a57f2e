"""Questions to one forge: retried, within its limits, with the token that has most left, never to another host."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from email.utils import formatdate
from types import TracebackType
from typing import Any, Final, NoReturn, Self
from urllib.parse import urljoin

from cooldown_connectors.http.addresses import Origin, origin, split
from cooldown_connectors.http.asked import Asked
from cooldown_connectors.http.bearer import Token
from cooldown_connectors.http.clock import Clock, SystemClock
from cooldown_connectors.http.connection import opened
from cooldown_connectors.http.errors import OutOfCalls, TooHeavy
from cooldown_connectors.http.exchange import AnswerTooLarge, Exchange, Unanswered, exchange
from cooldown_connectors.http.graphql_errors import trouble
from cooldown_connectors.http.json_body import parsed
from cooldown_connectors.http.limits import LimitKind, limited, retry_after
from cooldown_connectors.http.questions import KEPT_HEADERS, Answer, Question
from cooldown_connectors.http.quotas import Held, Quotas
from cooldown_connectors.http.redaction import Redaction
from cooldown_connectors.http.retry import FIRST_TRIES, HEAVY, HEAVY_TRIES, RETRIED, TRIES, Backoff
from cooldown_connectors.http.said import clean, is_page, said
from cooldown_connectors.http.waiting import Waiting
from cooldown_connectors.http.wording import AGAIN, Wording
from cooldown_kit.errors import InputError
from cooldown_kit.events import Emit, ignore

_HOPS: Final = 5
_WAITS: Final = 20
"""Limits that one question is held up by, before the harvest ends with what to do."""
_MOVED: Final = frozenset({301, 308})
_REDIRECTS: Final = frozenset({301, 302, 307, 308})


@dataclass
class _Tries:
    """How far one question has come."""

    question: Question
    url: str
    failed: int = 0
    hops: int = 0
    token: Token | None = None
    renewed: bool = False
    asked_at: float = 0.0
    waits: int = 0


class Client:
    """Safe for threads; shared by all repositories of a source, so that they share its quotas."""

    def __init__(
        self, asked: Asked, tokens: Sequence[Token] = (), *, emit: Emit = ignore, clock: Clock | None = None
    ) -> None:
        """Opens no connection yet. Raises :class:`InputError` for a bad proxy or certificate file."""
        self._asked = asked
        self._clock = clock or SystemClock()
        self._origin: Origin = origin(asked.api)
        self._transport = opened(asked.api, asked.connecting)
        self._redaction = Redaction()
        self._wording = Wording(asked, self._origin, self._redaction)
        self._waiting = Waiting(self._clock, emit, asked.source)
        self._backoff = Backoff(asked.seed, asked.source)
        self._quotas = Quotas(asked, tokens, self._waiting, self._clock)
        self._lock = threading.Lock()
        self._calls = 0
        self._reached = False
        self._told: set[str] = set()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def interrupt(self) -> None:
        """Let whoever waits in another thread raise ``Stopped`` within a second; nobody can ask for long after this."""
        self._waiting.stop()

    def close(self) -> None:
        """Close every connection; whoever still waits in another thread raises ``Stopped`` within a second."""
        self.interrupt()
        self._transport.close()

    @property
    def calls(self) -> int:
        """How often the forge was asked."""
        return self._calls

    def warn_once(self, text: str) -> None:
        """Tell the person, the first time."""
        with self._lock:
            if text in self._told:
                return
            self._told.add(text)
        self._waiting.say("warning", self._redaction.text(text))

    def ask(self, question: Question) -> Answer:
        """The answer, however long its limits take.

        Raises ``NotFound``, ``Refused``, ``TooHeavy`` (where the question is ``halvable``), ``OutOfCalls``, ``Stopped``, and
        ``InputError`` for everything that asking again will not change.
        """
        self._check(question.url)
        tries = _Tries(question, question.url)
        while True:
            answer = self._try(tries)
            if answer is not None:
                return answer

    def _try(self, tries: _Tries) -> Answer | None:
        """Ask once. ``None`` means to ask again; whatever had to be waited for has been."""
        self._count(tries)
        tries.token = self._quotas.take_turn(tries.url, tries.question.resource)
        tries.asked_at = self._clock.monotonic()
        tries.question.spent()
        try:
            got = self._exchange(tries)
        except AnswerTooLarge:
            most = self._asked.connecting.max_response_size
            self._give_up(tries, f"the answer is larger than {most} bytes", "raise `max_response_size`")
        except Unanswered as error:
            self._unanswered(tries, error)
            return None
        self._reached = True
        return self._judged(tries, got)

    def _judged(self, tries: _Tries, got: Exchange) -> Answer | None:
        self._quotas.learn(self._held(tries), got)
        if got.status in (403, 429) and (kind := limited(got.status, got.headers, said(got.body))):
            self._limited(tries, got, kind)
        elif got.status in _REDIRECTS:
            self._follow(tries, got)
        elif got.status == 401 and self._without_token(tries, got):
            pass
        elif got.status in RETRIED:
            self._again(tries, f"status {got.status}", heavy=got.status in HEAVY, got=got)
        elif got.status == 304 and tries.question.etag is not None:
            return Answer(304, self._kept(got), b"", None)
        elif not 200 <= got.status < 300:
            raise self._wording.error(got, self._where(tries), with_token=tries.token is not None)
        else:
            return self._read(tries, got)
        return None

    def _read(self, tries: _Tries, got: Exchange) -> Answer | None:
        """The JSON of a good answer."""
        if is_page(got.body, got.headers.get("content-type", "")):
            raise self._wording.no_api(got, self._where(tries))
        body = self._redaction.bytes(got.body)
        if got.status == 204 or (got.status != 200 and not body):
            return Answer(got.status, self._kept(got), b"", None)
        try:
            data = parsed(body)
        except ValueError:
            self._again(tries, "its JSON is cut or damaged", heavy=True)
            return None
        if tries.question.graphql and not self._good_graphql(tries, got, data):
            return None
        return Answer(got.status, self._kept(got), body, data)

    def _good_graphql(self, tries: _Tries, got: Exchange, data: Any) -> bool:
        """Whether a GraphQL answer can be used; ``False`` means to ask again."""
        found = trouble(data)
        if found is None:
            return True
        text = clean(self._redaction.text(found.said))
        if found.kind in ("primary", "secondary"):
            self._limited(tries, got, found.kind)
            return False
        if found.kind == "heavy":
            self._again(tries, text or "the query is too much for it", heavy=True)
            return False
        if found.kind == "partial":
            self.warn_once(f"the forge left something out of an answer: {text}")
            return True
        raise self._wording.graphql_error(found.kind, text, self._where(tries))

    def _count(self, tries: _Tries) -> None:
        most = self._asked.max_calls
        with self._lock:
            if most is not None and self._calls >= most:
                raise OutOfCalls(
                    f"`max_calls: {most}` are used up",
                    where=self._where(tries),
                    remedy="run it again, and it goes on from here; or raise `max_calls`",
                )
            self._calls += 1

    def _exchange(self, tries: _Tries) -> Exchange:
        question, connecting = tries.question, self._asked.connecting
        headers = {"accept": self._asked.accept, **question.headers}
        if question.body is not None:
            headers.setdefault("content-type", "application/json")
        if question.etag is not None:
            headers["if-none-match"] = question.etag
        if tries.token is not None:
            value = tries.token.value()
            self._redaction.know(value)
            for name, text in self._asked.token_headers(value).items():
                self._redaction.know(text.rpartition(" ")[2])
                headers[name] = text
        return exchange(
            self._transport,
            question.method,
            tries.url,
            headers=headers,
            body=question.body,
            seconds=connecting.timeout_seconds,
            most=connecting.max_response_size,
        )

    def _unanswered(self, tries: _Tries, error: Unanswered) -> None:
        if error.kind == "certificate":
            raise InputError(
                f"{self._origin} shows a certificate that is not trusted",
                where=self._where(tries),
                remedy="set `ca_bundle` to the file with your authority's certificates",
            )
        self._again(tries, error.reason, heavy=error.kind in ("time", "cut"))

    def _again(self, tries: _Tries, reason: str, *, heavy: bool, got: Exchange | None = None) -> None:
        """Wait before the next try, or give up."""
        tries.failed += 1
        most = TRIES if self._reached else FIRST_TRIES
        if heavy and tries.question.halvable:
            most = HEAVY_TRIES
        if tries.failed >= most:
            if heavy:
                self._give_up(tries, f"no answer after {tries.failed} tries ({reason})", AGAIN)
            raise InputError(
                f"no answer after {tries.failed} tries ({reason})",
                where=self._where(tries),
                remedy=AGAIN if self._reached else "check `url`, the network and `proxy`; then run it again",
            )
        seconds = self._backoff.seconds(tries.failed)
        if got is not None and (asked := retry_after(got.headers, self._clock.now())) is not None:
            seconds = max(seconds, self._quotas.bearable(asked, self._where(tries)))
        why = f"{reason}, try {tries.failed + 1} of {most}"
        self._waiting.until(self._clock.monotonic() + seconds, why)

    def _give_up(self, tries: _Tries, what: str, remedy: str) -> NoReturn:
        if tries.question.halvable:
            raise TooHeavy(what, where=self._where(tries), remedy=remedy)
        raise InputError(what, where=self._where(tries), remedy=remedy)

    def _limited(self, tries: _Tries, got: Exchange, kind: LimitKind) -> None:
        tries.waits += 1
        if tries.waits > _WAITS:
            raise InputError(
                f"its limits held up one question {_WAITS} times", where=self._where(tries), remedy=AGAIN
            )
        self._quotas.note_limit(self._held(tries), got, kind)

    def _follow(self, tries: _Tries, got: Exchange) -> None:
        """Go where a redirect leads, on the same host only."""
        tries.hops += 1
        location = got.headers.get("location", "")
        try:
            target = urljoin(tries.url, location)
        except ValueError:  # refused below, as what it is
            target = location
        self._check(target, sent_from=tries)
        if tries.hops > _HOPS or target == tries.url:
            raise InputError(
                "the forge sends from one address to the next without end",
                where=self._where(tries),
                remedy="check `url` and the repository's name",
            )
        if got.status in _MOVED:
            self.warn_once(
                "what the recipe names has moved: the forge answers from its new place; write the new name into the recipe"
            )
        tries.url = target

    def _check(self, url: str, sent_from: _Tries | None = None) -> None:
        """Raise unless that URL is on the API's own scheme, host and port."""
        try:
            other = origin(url)
            if other == self._origin and "@" not in split(url).netloc:
                return
            name = f"{other.scheme}://{clean(other.host)}:{other.port}"
        except ValueError:
            name = "an address that cannot be read"
        raise self._wording.foreign(name, self._where(sent_from) if sent_from else self._asked.source or None)

    def _without_token(self, tries: _Tries, got: Exchange) -> bool:
        """After a 401: whether to ask again, with a token renewed or another one."""
        token = tries.token
        if token is None:
            return False
        if not tries.renewed and token.renew():
            tries.renewed = True
            return True
        if not self._quotas.pool.drop(token):
            return False
        self.warn_once(
            f"the forge refuses the token {token.reference}{self._wording.quoted(got)}: it is left out, the others go on"
        )
        tries.renewed = False
        return True

    def _kept(self, got: Exchange) -> dict[str, str]:
        """The headers that callers see. The time of an answer is always among them: a replay that had none would tell another."""
        kept = {n: self._redaction.text(v) for n, v in got.headers.items() if n in KEPT_HEADERS}
        return {"date": formatdate(self._clock.now(), usegmt=True)} | kept

    def _held(self, tries: _Tries) -> Held:
        return Held(tries.token, tries.url, tries.question.resource, tries.asked_at, self._where(tries))

    def _where(self, tries: _Tries) -> str:
        return self._wording.where(tries.question.method, tries.url)
