"""Methods that are declared once, as flows, and called on both clients.

``@endpoint`` makes of ``def get(self, id) -> Flow[Key]`` a method that returns a ``Key`` on the blocking client, and a coroutine of
one on the awaiting client. ``@listing`` does the same for iterators; ``@job_endpoint`` and ``@job_listing`` for jobs, whose handles
know their client.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Concatenate, Generic, ParamSpec, Self, TypeVar, overload

from cooldown_kit.client.actions import Flow
from cooldown_kit.client.awaiting import AwaitingDriver
from cooldown_kit.client.blocking import BlockingDriver

if TYPE_CHECKING:
    from cooldown_kit.client.job import AsyncJob, Job

P = ParamSpec("P")
T = TypeVar("T")


@dataclass(frozen=True)
class Listing(Generic[T]):
    """A flow that gives things of one type."""

    flow: Flow[None]


class Blocking:
    """Of the client that blocks. Subclasses have the driver."""

    @property
    def _driver(self) -> BlockingDriver:
        raise NotImplementedError


class Awaiting:
    """Of the client that is awaited."""

    @property
    def _driver(self) -> AwaitingDriver:
        raise NotImplementedError


class _Method:
    """What is common: a descriptor that binds a function to its instance and hands what it makes to the driver."""

    def __init__(self, function: Callable[..., Any]) -> None:
        self.function = function
        self.__doc__ = function.__doc__
        self.__name__ = function.__name__

    @property
    def __signature__(self) -> inspect.Signature:
        return inspect.signature(self.function)

    def _bound(self, instance: Any) -> Callable[..., Any]:
        @functools.wraps(self.function)
        def method(*arguments: Any, **named: Any) -> Any:
            asked = self.function(instance, *arguments, **named)
            driver = instance._driver
            return driver.iterate(asked.flow) if isinstance(asked, Listing) else driver.run(asked)

        parameters = list(inspect.signature(self.function).parameters.values())[1:]
        method.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
        return method


class endpoint(_Method, Generic[P, T]):  # noqa: N801 - a decorator
    """A call that gives one thing."""

    def __init__(self, function: Callable[Concatenate[Any, P], Flow[T]]) -> None:
        super().__init__(function)

    @overload
    def __get__(self, instance: None, owner: type) -> Self: ...
    @overload
    def __get__(self, instance: Blocking, owner: type) -> Callable[P, T]: ...
    @overload
    def __get__(self, instance: Awaiting, owner: type) -> Callable[P, Coroutine[Any, Any, T]]: ...
    def __get__(self, instance: object, owner: type) -> Any:
        return self if instance is None else self._bound(instance)


class listing(_Method, Generic[P, T]):  # noqa: N801 - a decorator
    """A call that gives many things, one by one."""

    def __init__(self, function: Callable[Concatenate[Any, P], Listing[T]]) -> None:
        super().__init__(function)

    @overload
    def __get__(self, instance: None, owner: type) -> Self: ...
    @overload
    def __get__(self, instance: Blocking, owner: type) -> Callable[P, Iterator[T]]: ...
    @overload
    def __get__(self, instance: Awaiting, owner: type) -> Callable[P, AsyncIterator[T]]: ...
    def __get__(self, instance: object, owner: type) -> Any:
        return self if instance is None else self._bound(instance)


class job_endpoint(_Method, Generic[P]):  # noqa: N801 - a decorator
    """A call that gives a job."""

    def __init__(self, function: Callable[Concatenate[Any, P], Flow[Any]]) -> None:
        super().__init__(function)

    @overload
    def __get__(self, instance: None, owner: type) -> Self: ...
    @overload
    def __get__(self, instance: Blocking, owner: type) -> Callable[P, Job]: ...
    @overload
    def __get__(self, instance: Awaiting, owner: type) -> Callable[P, Coroutine[Any, Any, AsyncJob]]: ...
    def __get__(self, instance: object, owner: type) -> Any:
        return self if instance is None else self._bound(instance)


class job_listing(_Method, Generic[P]):  # noqa: N801 - a decorator
    """A call that gives jobs, one by one."""

    def __init__(self, function: Callable[Concatenate[Any, P], Listing[Any]]) -> None:
        super().__init__(function)

    @overload
    def __get__(self, instance: None, owner: type) -> Self: ...
    @overload
    def __get__(self, instance: Blocking, owner: type) -> Callable[P, Iterator[Job]]: ...
    @overload
    def __get__(self, instance: Awaiting, owner: type) -> Callable[P, AsyncIterator[AsyncJob]]: ...
    def __get__(self, instance: object, owner: type) -> Any:
        return self if instance is None else self._bound(instance)
