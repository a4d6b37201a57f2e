"""What can go wrong between a client and the service, each with its own type. ``except CooldownError`` catches them all.

The exit statuses are those of `cooldown jobs`; docs/jobs.md lists them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Final

from cooldown_kit.errors import CooldownError

if TYPE_CHECKING:
    from cooldown_kit.client.wire import FieldProblem, Job


class ClientError(CooldownError):
    """Anything that a call of the service ends with, other than its answer."""

    def __reduce__(self) -> tuple[Any, ...]:
        return _restored, (type(self), self.args, self.__dict__)


def _restored(kind: type[ClientError], arguments: tuple[Any, ...], state: dict[str, Any]) -> ClientError:
    error = kind.__new__(kind, *arguments)
    error.args = arguments
    error.__dict__.update(state)
    return error


class ConnectionFailed(ClientError):
    """The service could not be reached, or the connection broke before it had answered."""


class TimedOut(ConnectionFailed):
    """The service did not answer within ``timeout``."""


class UnexpectedAnswer(ClientError):
    """What answered is not this service, or of a version that this client cannot read."""


class DownloadFailed(ClientError):
    """An artefact could not be fetched whole, or its digest is not the one that the service told."""


class UnsafeName(DownloadFailed):
    """The service named an artefact that would lie outside the folder of the download; nothing was written."""


class ApiError(ClientError):
    """The service answered, and said no.

    ``status`` is that of HTTP, ``code`` the kind of problem (docs/api-problems.md), ``detail`` what is wrong, ``where`` the field or
    the place in the recipe, ``remedy`` what to do, ``errors`` every wrong field, ``request_id`` what the service's log calls the
    request, ``retry_after`` the seconds that it asked to wait.
    """

    default_code: ClassVar[str] = "error"

    def __init__(
        self,
        status: int,
        detail: str,
        *,
        code: str | None = None,
        where: str | None = None,
        remedy: str | None = None,
        errors: list[FieldProblem] | None = None,
        request_id: str | None = None,
        retry_after: float | None = None,
    ) -> None:
        self.status = status
        self.code = code or self.default_code
        self.detail = detail
        self.errors = errors or []
        self.request_id = request_id
        self.retry_after = retry_after
        super().__init__(detail, where=where, remedy=remedy)

    def to_json(self) -> dict[str, Any]:
        """As programs read it from the CLI's standard error."""
        return {
            "code": self.code,
            "message": self.detail,
            "status": self.status,
            "where": self.where,
            "remedy": self.remedy,
            "errors": [problem.model_dump(mode="json") for problem in self.errors],
            "request_id": self.request_id,
        }


class BadRequest(ApiError):
    """400 and the other answers to a request that is formed wrongly: 405, 406, 413, 415, 416."""


class NotAuthenticated(ApiError):
    """401: no key, or one that is wrong, revoked or expired."""

    exit_code = 77


class NotAllowed(ApiError):
    """403: the key's role, or the operator's policy, does not allow it."""

    exit_code = 77


class QuotaExceeded(NotAllowed):
    """403 ``quota-exceeded``: the project has used up what it may."""

    exit_code = 9


class NotFound(ApiError):
    """404: there is no such thing in the project, or (410) it is no longer kept."""

    exit_code = 3


class Conflict(ApiError):
    """409: not possible in the present state, such as a pause of a job that has ended."""

    exit_code = 9


class ValidationFailed(ApiError):
    """422: a value is wrong; ``errors`` names each."""

    exit_code = 5


class RecipeRejected(ValidationFailed):
    """422 ``recipe``: the recipe is wrong."""


class TooManyRequests(ApiError):
    """429: asked too often, or the project's queue is full. The client had waited and asked again before it gave up."""

    exit_code = 9


class ServerError(ApiError):
    """5xx: an error of the service, or it is not ready. The client had asked again before it gave up."""


_BY_CODE: Final[Mapping[str, type[ApiError]]] = {
    "quota-exceeded": QuotaExceeded,
    "recipe": RecipeRejected,
}
_BY_STATUS: Final[Mapping[int, type[ApiError]]] = {
    401: NotAuthenticated,
    403: NotAllowed,
    404: NotFound,
    409: Conflict,
    410: NotFound,
    422: ValidationFailed,
    429: TooManyRequests,
}


def error_type(status: int, code: str | None) -> type[ApiError]:
    """The type for an answer."""
    return (
        _BY_CODE.get(code or "") or _BY_STATUS.get(status) or (ServerError if status >= 500 else BadRequest)
    )


class JobEnded(ClientError):
    """A job that was waited for did not succeed. ``job`` is its last state."""

    def __init__(self, what: str, job: Job, *, remedy: str | None = None) -> None:
        self.job = job
        super().__init__(what, where=f"{job.id} ({job.name})", remedy=remedy)


class JobFailed(JobEnded):
    """The job failed; ``job.error`` says why."""

    exit_code = 6


class JobCancelled(JobEnded):
    """The job was cancelled."""

    exit_code = 7


class WaitTimeout(JobEnded):
    """The job had not ended when the time to wait was over. It goes on."""

    exit_code = 8
