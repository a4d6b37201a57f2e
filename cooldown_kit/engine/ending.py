"""How a child ended: the content of ``exit.json``, and which error has which reason."""

from __future__ import annotations

import errno
from typing import Any, Literal

import msgspec

from cooldown_kit.client.states import Reason
from cooldown_kit.errors import (
    CooldownError,
    InputError,
    LossNotFinite,
    OutOfMemory,
    RecipeError,
    Stopped,
    StorageError,
)

EXIT_STATUS = {"succeeded": 0, "failed": 1, "stopped": Stopped.exit_code}


class Failure(msgspec.Struct, frozen=True, kw_only=True):
    """What a person is told: shape of :class:`cooldown_kit.client.wire.JobError`."""

    code: str
    message: str
    where: str | None = None
    remedy: str | None = None


class ArtefactFile(msgspec.Struct, frozen=True, kw_only=True):
    """A file of the result. ``name`` is what people call it (``model/config.json``), ``path`` where it lies."""

    name: str
    path: str


class Ending(msgspec.Struct, frozen=True, kw_only=True):
    """The end of an attempt, as its child tells it."""

    status: Literal["succeeded", "stopped", "failed"]
    reason: str
    """A :class:`~cooldown_kit.client.states.Reason`."""
    detail: str = ""
    error: Failure | None = None
    result: dict[str, Any] = {}
    """Fields of :class:`cooldown_kit.client.wire.JobResult`, and `lineage`."""
    artefacts: list[ArtefactFile] = []


def reason_of(error: BaseException) -> Reason:
    """The reason for which a job fails with that error."""
    from cooldown_kit.guard import NotAllowed

    kinds: list[tuple[type[BaseException], Reason]] = [
        (NotAllowed, Reason.REFUSED),
        (OutOfMemory, Reason.OUT_OF_MEMORY),
        (MemoryError, Reason.OUT_OF_MEMORY),
        (LossNotFinite, Reason.LOSS),
        (RecipeError, Reason.RECIPE),
        (InputError, Reason.INPUT),
        (StorageError, Reason.STORAGE),
    ]
    for kind, reason in kinds:
        if isinstance(error, kind):
            return reason
    if isinstance(error, OSError) and error.errno in (
        errno.ENOSPC,
        errno.EDQUOT,
        errno.EFBIG,
        errno.EROFS,
        errno.EIO,
    ):
        return Reason.STORAGE
    return Reason.ERROR


def failed(error: BaseException, reason: Reason | None = None) -> Ending:
    """The ending of an attempt that raised. The text of an error that is not ours is not repeated: it may hold anything."""
    reason = reason or reason_of(error)
    if isinstance(error, CooldownError):
        failure = Failure(code=reason.value, message=error.what, where=error.where, remedy=error.remedy)
    else:
        failure = Failure(
            code=reason.value,
            message=_WORDS.get(reason, f"an error inside the kit ({type(error).__name__})"),
            remedy="read the job's log: it says where",
        )
    return Ending(status="failed", reason=reason.value, detail=failure.message, error=failure)


_WORDS = {
    Reason.OUT_OF_MEMORY: "memory ran out",
    Reason.STORAGE: "the disk is full, or cannot be written",
}
