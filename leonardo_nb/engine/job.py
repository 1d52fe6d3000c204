"""What a user holds: a job that can be awaited, watched, cancelled and made again, of any kind."""

from __future__ import annotations

import asyncio
import logging
from concurrent.futures import Future
from contextlib import suppress
from typing import TYPE_CHECKING, Any, ClassVar, Generic, NoReturn, TypeVar

from leonardo_nb.engine.deletion import delete_job
from leonardo_nb.engine.ingredients import with_images
from leonardo_nb.engine.lifecycle import Noted, State
from leonardo_nb.engine.standing import history
from leonardo_nb.engine.terms import Terms
from leonardo_nb.errors import EngineThreadError, JobCancelled, JobTimeout, LeonardoError

if TYPE_CHECKING:
    from collections.abc import Callable, Generator
    from datetime import datetime
    from typing import Self

    from ipywidgets import DOMWidget

    from leonardo_nb.engine.lifecycle import Charge, Event, Snapshot
    from leonardo_nb.engine.media import Images
    from leonardo_nb.engine.runner import Runner
    from leonardo_nb.library.records import MediaFile
    from leonardo_nb.money import Cost
    from leonardo_nb.service.requests import Body

__all__ = ["Job", "until_done"]

T = TypeVar("T")

log = logging.getLogger("leonardo_nb")

WAKE_EVERY = 0.2
"""Seconds; an interrupt reaches an awaiting cell only when its loop wakes."""
CANCEL_PATIENCE = 2.0
"""Seconds for which cancel() waits for the engine to have heard it."""
SHORT_ID = 8


async def until_done(future: Future[T]) -> T:
    """Return *future*'s result, from any loop; giving up waiting does not cancel its source."""
    waiter = asyncio.wrap_future(future)
    # an abandoned waiter must not complain that nobody fetched its exception
    waiter.add_done_callback(lambda ended: ended.cancelled() or ended.exception())
    while not waiter.done():
        await asyncio.wait({waiter}, timeout=WAKE_EVERY)
    return waiter.result()


class Job(Generic[T]):
    """
    One paid piece of work, which goes on while cells run, are interrupted, or end.

    Awaiting it, from any asyncio loop and any number of times, gives its result or raises its
    error; giving up waiting never cancels it. Everything here may be used from any thread.
    """

    __module__ = "leonardo_nb"

    kind: ClassVar[str] = "job"
    noun: ClassVar[str] = "Job"
    gives: ClassVar[str] = "files"

    def __init__(self, runner: Runner, snapshot: Snapshot) -> None:
        self._runner = runner
        self._snapshot = snapshot
        self._future: Future[T] = Future()
        self._future.set_running_or_notify_cancel()  # from here on nobody's waiting can cancel it
        self._balance_at_end: Cost | None = None
        self._subscribers: list[Callable[[Any], object]] = []

    # what is known

    @property
    def snapshot(self) -> Snapshot:
        """Everything known of the job now, as one frozen value."""
        return self._snapshot

    @property
    def uid(self) -> str:
        """Our own name for the job, there before the service has given one."""
        return self._snapshot.uid

    @property
    def id(self) -> str | None:
        """The service's id of the job, or None before it was accepted."""
        return self._snapshot.job_id

    @property
    def state(self) -> State:
        """`"request"`, `"ack"`, `"pending"`, `"complete"`, `"failed"` or `"cancelled"`."""
        return self._snapshot.state

    @property
    def request(self) -> Body:
        """What was asked for, with every default filled in."""
        return self._snapshot.request

    @property
    def created(self) -> datetime:
        """When it was asked for, in UTC."""
        return self._snapshot.created

    @property
    def sent(self) -> bool:
        """Whether the request has left; before that, cancelling costs nothing."""
        return self._snapshot.sent

    @property
    def price(self) -> Cost | None:
        """What the calculator says, known before anything is sent; None where it cannot say."""
        return self._snapshot.price

    @property
    def cost(self) -> Cost | None:
        """What the service charged, or None while it has not said."""
        return self._snapshot.cost

    @property
    def charge(self) -> Charge:
        """`"none"`, `"unknown"`, `"charged"` or `"refunded"`: whether money was spent on it."""
        return self._snapshot.charge

    @property
    def balance(self) -> Cost | None:
        """
        What the account has left, as last seen, or as it was when the job ended.

        None where the service does not say.
        """
        if self._snapshot.ended is not None:
            return self._balance_at_end
        account = self._runner.account
        return None if account is None else account.balance

    @property
    def elapsed(self) -> float:
        """Seconds since it was asked for, until now or until it ended."""
        ended = self._snapshot.ended
        return (self._runner.clock.now() if ended is None else ended) - self._snapshot.started

    @property
    def expected(self) -> float | None:
        """Seconds that such a job usually takes once it is accepted; None where nobody knows."""
        return self._snapshot.expected

    @property
    def remaining(self) -> float | None:
        """Seconds that are probably left, at least 0; None before it is accepted, or unknown."""
        snapshot = self._snapshot
        if snapshot.accepted is None or snapshot.expected is None or snapshot.ended is not None:
            return None
        return max(0.0, snapshot.accepted + snapshot.expected - self._runner.clock.now())

    @property
    def error(self) -> LeonardoError | None:
        """Why it failed, or None."""
        return self._snapshot.error

    @property
    def simulated(self) -> bool:
        """Whether the built-in simulator draws it."""
        return self._snapshot.simulated

    @property
    def notes(self) -> tuple[str, ...]:
        """Sentences worth showing beside it, what became of its request first."""
        return (*history(self._snapshot), *self._snapshot.notes)

    def belongs_to(self, runner: object) -> bool:
        """Whether it is *runner* who carries it."""
        return self._runner is runner

    # waiting

    def done(self) -> bool:
        """Whether it has ended, in whatever way."""
        return self._future.done()

    def result(self, timeout: float | None = None) -> T:
        """
        Return the result, blocking the cell; buttons sleep meanwhile, so prefer `await job`.

        Args:
            timeout: Seconds to wait at most; the job goes on afterwards.

        Raises:
            JobTimeout: *timeout* has passed.
            JobFailed: It failed; other errors of `leonardo_nb.LeonardoError` say how.
            JobCancelled: It was withdrawn or given up.
            EngineThreadError: Called on the engine's thread, which has to finish the job.
        """
        self._refuse_on_engine("result()")
        try:
            return self._future.result(timeout)
        except TimeoutError:
            if self._future.done():
                raise
            raise JobTimeout(
                f"{self._named()} has not ended after {timeout:g} s and goes on; "
                "wait again with `await job`.",
                snapshot=self._snapshot,
            ) from None
        except KeyboardInterrupt:
            raise KeyboardInterrupt(self._interrupted()) from None

    def exception(self, timeout: float | None = None) -> BaseException | None:
        """Wait until it has ended; return its error, or None if it has a result."""
        self._refuse_on_engine("exception()")
        try:
            return self._future.exception(timeout)
        except TimeoutError:
            raise JobTimeout(
                f"{self._named()} has not ended after {timeout:g} s and goes on.",
                snapshot=self._snapshot,
            ) from None
        except KeyboardInterrupt:
            raise KeyboardInterrupt(self._interrupted()) from None

    def __await__(self) -> Generator[Any, None, T]:
        return self._wait().__await__()

    async def _wait(self) -> T:
        try:
            return await until_done(self._future)
        except asyncio.CancelledError as error:
            sentence = self._interrupted()
            if not error.args:  # the cell then ends with a sentence instead of nothing
                error.args = (sentence,)
            raise

    def add_done_callback(self, function: Callable[[Self], object]) -> None:
        """Call *function* with the job once it has ended; on the engine, or now if it has."""

        def guarded(_future: Future[T]) -> None:
            try:
                function(self)
            except Exception:
                log.exception("A callback of %r failed", self)

        self._future.add_done_callback(guarded)

    def subscribe(self, function: Callable[[Self], object]) -> Callable[[], None]:
        """
        Call *function* with the job at every change, on the engine's thread.

        Returns:
            What ends the subscription.
        """
        self._subscribers.append(function)

        def unsubscribe() -> None:
            if function in self._subscribers:
                self._subscribers.remove(function)

        return unsubscribe

    # acting

    def cancel(self) -> bool:
        """
        Withdraw the job, or stop watching it; the service knows no cancelling.

        Before it is sent it is withdrawn and costs nothing. Afterwards only the watching stops:
        the service finishes the job and keeps what it charged, and `leo.job(id)` looks for it
        again.

        Returns:
            False if it had ended already.
        """
        if self.done():
            return False
        engine = self._runner.engine
        if engine.is_current_thread():
            self._runner.cancel(self)
            return True
        try:
            engine.run(self._runner.cancelled, self).result(CANCEL_PATIENCE)
        except TimeoutError:
            log.info("%r will be cancelled once its answer is here", self)
        return True

    def again(self, *, check: bool = True, **changes: Any) -> Self:  # noqa: ANN401  request members
        """
        Ask for the same once more, with *changes*; it is paid once more, too.

        Without changes the request goes out as it was, also one that was made with `check=False`.
        `reuse`, `budget`, `unpriced` and `resend` are as in `leo.generate`.
        """
        terms = Terms.taken_from(changes, self._runner.usual)
        if self.kind == "generation":
            changes = with_images(changes)
        request = self.request.replaced(check=check, **changes) if changes else self.request
        begins_alike = (request.source_id, request.source_type) == (
            self.request.source_id,
            self.request.source_type,
        )
        source = self._snapshot.source if begins_alike else None
        return self._runner.submit(request, source, check=check, terms=terms)  # type: ignore[return-value]

    def adopt(self, job_id: str) -> Self:
        """
        Say that the service's job *job_id* is this one, whose answer was lost; nothing is paid.

        Returns:
            The job, which goes on from there, under the same `uid`.

        Raises:
            LibraryError: This job's answer was not lost, or *job_id* is another job's already.
            NotFound: The service has no such job.
            EngineThreadError: Called on the engine's thread, which has to do it.
        """
        self._refuse_on_engine("adopt()")
        return self._runner.taking_up.assign(self.uid, job_id)  # type: ignore[return-value]

    def resend(self) -> Self:
        """
        Send this job, whose answer was lost, once more; it may then be paid twice.

        Returns:
            The job, which begins again, under the same `uid`.

        Raises:
            LibraryError: This job's answer was not lost, or another kernel has it.
            EngineThreadError: Called on the engine's thread, which has to do it.
        """
        self._refuse_on_engine("resend()")
        return self._runner.taking_up.resend(self.uid)  # type: ignore[return-value]

    def delete(self) -> str:
        """
        Delete the job at the service; its files in the library stay.

        Returns:
            A sentence that says what is gone and what stays.

        Raises:
            InvalidRequest: It is in flight, has files that are not here, was never accepted, or
                is a variation, which the service does not delete.
            NotFound: The service does not have it any more.
        """
        self._refuse_on_engine("delete()")
        return self._runner.engine.wait(
            self._runner.engine.run(delete_job, self._runner.client, self)
        )

    def ask_price(self, request: Body, told: Callable[[Cost], object]) -> None:
        """Tell *told*, on the engine, what *request* would cost, if the calculator knows."""

        async def ask() -> None:
            with suppress(LeonardoError):
                told(await self._runner.price(request))

        self._runner.engine.spawn(ask)

    # showing

    def to_dict(self) -> dict[str, Any]:
        """Return what is known as JSON values."""
        snapshot = self._snapshot
        cost = snapshot.cost
        return {
            "kind": self.kind,
            "uid": snapshot.uid,
            "id": snapshot.job_id,
            "state": str(snapshot.state),
            "request": self.request.wire(),
            "created": snapshot.created.isoformat(),
            "elapsed": round(self.elapsed, 3),
            "cost": None if cost is None else {"amount": str(cost.amount), "unit": cost.unit},
            "charge": str(snapshot.charge),
            "resent": snapshot.resent,
            "reused": snapshot.reused,
            "simulated": snapshot.simulated,
            "error": None if snapshot.error is None else str(snapshot.error),
            self.gives: [_described(item) for item in snapshot.media],
        }

    def __reduce__(self) -> NoReturn:
        raise TypeError(
            "A job lives in its process and cannot be copied or pickled; keep `job.id`, and "
            "`leo.job(id)` finds it again anywhere that has the library."
        )

    def __repr__(self) -> str:
        facts = [str(self.state), *self._facts()]
        name = "" if self.id is None else f" {self.id[:SHORT_ID]}"
        return f"<{self.noun}{name} {', '.join(facts)}>"

    def _facts(self) -> list[str]:
        return [] if self.cost is None else [str(self.cost)]

    def _named(self) -> str:
        return self.noun if self.id is None else f"{self.noun} {self.id}"

    def _refuse_on_engine(self, call: str) -> None:
        if self._runner.engine.is_current_thread() and not self.done():
            raise EngineThreadError(
                f"{call} would block the engine that has to finish this job; use `await job` here."
            )

    def _interrupted(self) -> str:
        """Note that somebody gave up waiting; return the sentence that says so."""
        sentence = "Stopped waiting; the job goes on. `await job` waits again."
        if not self.done() and sentence not in self.notes:
            self._runner.engine.call_soon(self.apply, Noted(sentence))
        return sentence

    # for the engine alone

    def apply(self, event: Event) -> None:
        """Take *event* in and tell everybody; only on the engine's thread."""
        before = self._snapshot
        self._balance_at_end = self.balance
        self._snapshot = before.after(event)
        if self._snapshot is before:
            return
        if self._snapshot.state.is_final:
            self.end()
        for function in tuple(self._subscribers):
            try:
                function(self)
            except Exception:
                log.exception("A subscriber of %r failed", self)

    def abandon(self, error: BaseException) -> None:
        """Wake whoever waits, with *error*; for an engine that closes before the job has ended."""
        if not self._future.done():
            self._future.set_exception(error)

    def end(self) -> None:
        """Wake whoever waits with the result or the error that the snapshot has."""
        if self._future.done():
            return
        match self.state:
            case State.COMPLETE:
                self._future.set_result(self._result())
            case State.FAILED:
                self._future.set_exception(self._snapshot.error)
            case _:
                self._future.set_exception(
                    JobCancelled(self._cancelled_sentence(), snapshot=self._snapshot)
                )

    def _cancelled_sentence(self) -> str:
        if self.id is None and self.sent:
            return (
                f"You stopped looking for this {self.noun.lower()}, whose answer was lost, so "
                'nobody knows whether it was paid. `job.adopt("<id>")` takes a job that is '
                "there, `job.resend()` sends it again."
            )
        if self.id is None:
            return f"{self.noun} was withdrawn before it was sent; nothing was spent."
        spent = "" if self.cost is None else f" Its {self.cost} are spent."
        return (
            f"You stopped watching {self.noun.lower()} {self.id}.{spent} "
            f'leo.job("{self.id}") looks for it again.'
        )

    def _result(self) -> T:
        raise NotImplementedError

    @property
    def images(self) -> Images:
        """The pictures that have arrived so far; of a video, its still."""
        raise NotImplementedError

    def card(self) -> DOMWidget:
        """Return the live card, an ipywidget that sits in any box; one model for all its views."""
        from leonardo_nb.widgets.card import card_for

        return card_for(self)

    def _ipython_display_(self) -> None:
        from leonardo_nb.widgets.show import show_job

        show_job(self)


def _described(item: MediaFile) -> dict[str, Any]:
    """Return one file of a job as JSON values."""
    described: dict[str, Any] = {
        "id": item.image_id,
        "url": item.url,
        "path": str(item.file.path),
        "width": item.file.width,
        "height": item.file.height,
        "nsfw": item.nsfw,
    }
    if item.file.duration is not None:
        described["duration"] = item.file.duration
    if item.poster is not None:
        described["poster"] = str(item.poster.path)
    return described
