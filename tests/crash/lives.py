"""
Studios that can be stopped between any two of their effects, on one thread and a time of its own.

An effect is whatever outlives a process: a ledger's transaction, a file written, a request that
leaves, an answer that comes. Each of them is counted, and at a chosen one the studio dies: nothing
that it does from then on has any effect, as after SIGKILL. All studios of a world, and the
simulator that they ask, run on one event loop whose clock jumps to the next timer, so that the same
story gives the same end every time and nothing waits.
"""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import json
import random
import selectors
import sys
import uuid
from collections import Counter, deque
from concurrent.futures import Future
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from functools import partial
from typing import TYPE_CHECKING, Any
from unittest import mock

import anyio
import anyio.lowlevel
import anyio.to_thread
import httpx

from leonardo_nb import studios
from leonardo_nb.engine import leases
from leonardo_nb.engine.leases import Lease
from leonardo_nb.engine.thread import CLOSED, Engine
from leonardo_nb.errors import EngineThreadError
from leonardo_nb.library.files import MediaStore
from leonardo_nb.library.ledger import Ledger
from leonardo_nb.library.records import JobRecord
from leonardo_nb.money import Cost
from leonardo_nb.service.client import Client
from leonardo_nb.simulator import Simulator
from leonardo_nb.studios import Studio

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Iterable, Iterator
    from pathlib import Path

MIDNIGHT = datetime(2026, 1, 1, tzinfo=UTC)
ON_ITS_WAY = 2.0
"""Seconds; a request, or its answer, is at most so long on its way."""
NAP = 0.5
"""Seconds; who sleeps sees after so long at most that it was woken."""
TRANSACTION = 0.02
"""Seconds; what is handed to a thread is done after so long at most."""
PATIENCE = 6 * 3600.0
"""Seconds of the world's time after which whatever has not ended never will."""


class Killed(BaseException):
    """This studio is dead, and what it wanted to do does not happen."""


class Stuck(Exception):
    """Nothing will ever happen again, and somebody waits for it."""


class _Jumps(selectors.SelectSelector):
    """Goes to the next timer at once; nobody outside of the loop is ever waited for."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        """Return what is ready; where nothing is, it is the time of the next timer."""
        ready = super().select(0)
        if not ready:
            if timeout is None:
                raise Stuck("nothing is left that could happen")
            self.now += max(0.0, timeout)
        return ready


class Loop(asyncio.SelectorEventLoop):
    """An event loop that lives in a time of its own."""

    def __init__(self) -> None:
        self._jumps = _Jumps()
        super().__init__(self._jumps)

    def time(self) -> float:
        """Return the seconds since this loop was made."""
        return self._jumps.now


class Life:
    """
    One process with one studio, until it ends.

    Attributes:
        effects: How many it has had.
        dies_at: At which of them it dies; None for never.
        sleeps_at: At which of them it stops as a machine does whose lid is closed; None for never.
        asleep: Whether it has, until somebody wakes it.
        dead: Whether it has died; nothing that it does has an effect any more.
    """

    def __init__(self, world: World, number: int) -> None:
        self.world = world
        self.number = number
        self.effects = 0
        self.dies_at: int | None = None
        self.sleeps_at: int | None = None
        self.asleep = False
        self.dead = False
        self.tasks: set[asyncio.Task[None]] = set()
        self.studio: Studio

    def __repr__(self) -> str:
        return f"<Life {self.number}{' dead' if self.dead else ''}, {self.effects} effects>"

    def effect(self, what: str) -> None:
        """Count an effect that is about to happen, or die of it."""
        self.goes_on()
        self.effects += 1
        self.world.effects += 1
        if not what.startswith("ledger."):
            self.world.tells(self, what)
        if self.dies_at is not None and self.effects >= self.dies_at:
            self.world.killed_at[what] += 1
            self.die()
            raise Killed(what)

    async def awake(self, *, may_sleep: bool = True) -> None:
        """Return before an effect, once this life is not asleep; it falls asleep at its hour."""
        if may_sleep and self.sleeps_at is not None and self.effects + 1 >= self.sleeps_at:
            self.sleeps_at, self.asleep = None, True
            self.world.tells(self, "SLEEPS")
        while self.asleep and not self.dead:  # noqa: ASYNC110  it is woken outside of the loop
            await asyncio.sleep(NAP)

    def goes_on(self) -> None:
        """Raise where this life is over."""
        if self.dead:
            raise Killed

    def die(self) -> None:
        """End as SIGKILL ends a process: at once, and without a last word."""
        self.dead = True
        self.world.kills += 1
        self.world.tells(self, "DIES")
        for task in tuple(self.tasks):
            if not self.world.loop.is_running() or task is not asyncio.current_task():
                task.cancel()
        self._let_go()

    def _let_go(self) -> None:
        """Do what the system does for a dead process: let go of its locks."""
        studio = getattr(self, "studio", None)
        for part in () if studio is None else vars(studio._runner).values():
            if isinstance(part, Lease):
                part._held.close()


_LIFE: contextvars.ContextVar[Life | None] = contextvars.ContextVar("life", default=None)


class OneThread(Engine):
    """An engine on the world's loop; its owner drives that loop by waiting."""

    def __init__(self, life: Life) -> None:
        super().__init__()
        self._life = life
        self._over = False

    def run(self, function: Callable[..., Any], *args: Any) -> Future[Any]:  # type: ignore[override]
        """Start *function* on the world's loop and return a future of its result."""
        if self._over:
            raise RuntimeError(CLOSED)
        future: Future[Any] = Future()
        future.set_running_or_notify_cancel()

        async def carry() -> None:
            try:
                future.set_result(await function(*args))
            except BaseException as error:  # noqa: BLE001  whoever waits for it gets it
                future.set_exception(error)

        context = contextvars.Context()
        context.run(_LIFE.set, self._life)
        task = self._life.world.loop.create_task(carry(), context=context)
        self._life.tasks.add(task)
        task.add_done_callback(self._life.tasks.discard)
        return future

    def spawn(self, function: Callable[..., Any], *args: Any) -> None:  # type: ignore[override]
        """Start *function* on the world's loop for nobody to wait for."""
        self.run(self._logged, function, *args)

    def spawn_each(  # type: ignore[override]
        self, function: Callable[..., Any], each: Iterable[Any], *args: Any
    ) -> None:
        """Start *function* on the world's loop for each of *each*."""
        for one in each:
            self.spawn(function, one, *args)

    def is_current_thread(self) -> bool:
        """Whether something on the world's loop asks."""
        return self._life.world.loop.is_running()

    def wait(self, future: Future[Any], timeout: float | None = None) -> Any:
        """Return *future*'s result, letting the world go on meanwhile."""
        if self.is_current_thread():
            raise EngineThreadError("This would wait for itself.")
        self._life.world.until(future.done, PATIENCE if timeout is None else timeout)
        self._life.goes_on()
        return future.result(0)

    def close(self) -> None:
        """Cancel what still runs."""
        self._over = True
        for task in tuple(self._life.tasks):
            task.cancel()
        self._life.world.until(lambda: not self._life.tasks, PATIENCE)


class LifeClock:
    """A life's clock: the world's time, as long as it lives."""

    def __init__(self, life: Life) -> None:
        self._life = life

    def now(self) -> float:
        """Return seconds that never go back."""
        return self._life.world.loop.time() + self._life.world.jumped

    def wall(self) -> datetime:
        """Return the date and time, in UTC, as this machine has it."""
        return self._life.world.wall() + self._life.world.skew

    async def pause(self, seconds: float, until: anyio.Event | None = None) -> None:
        """Return after *seconds*, or as soon as *until* is set."""
        self._life.goes_on()
        with anyio.move_on_after(seconds):
            await (anyio.sleep_forever() if until is None else until.wait())
        self._life.goes_on()


def _briefly(values: tuple[object, ...]) -> str:
    """Return *values* in few words: jobs by their names and states."""
    words = []
    for value in values:
        if isinstance(value, JobRecord):
            words.append(f"{value.uid[:6]}={value.state}/{value.charge}")
        elif isinstance(value, tuple | list):
            words.append(f"({_briefly(tuple(value))})")
        else:
            words.append(f"{value!s:.40}" if isinstance(value, Cost) else repr(value)[:40])
    return " ".join(words)


class MortalLedger(Ledger):
    """A ledger each of whose methods is one effect."""

    _life: Life | None = None

    def __getattribute__(self, name: str) -> Any:
        found = super().__getattribute__(name)
        if name.startswith("_") or not callable(found):
            return found
        life = super().__getattribute__("_life")

        def effective(*args: Any, **named: Any) -> Any:
            if life is not None:
                life.effect(f"ledger.{name}")
            made = found(*args, **named)
            if life is not None:
                life.world.tells(life, f"{name} {_briefly(args)} -> {_briefly((made,))}")
            return made

        effective.is_counted = True  # type: ignore[attr-defined]
        return effective


class MortalStore(MediaStore):
    """A store whose files come to their places one effect after another."""

    _life: Life | None = None

    def _keep(self, *args: Any, **named: Any) -> Any:
        if self._life is not None:
            self._life.effect("file kept")
        return super()._keep(*args, **named)


class Wire(httpx.AsyncBaseTransport):
    """
    The network between one life and the simulator.

    What has left arrives, although the life that sent it may be over then.
    """

    def __init__(self, life: Life, inner: httpx.AsyncBaseTransport) -> None:
        self._life = life
        self._inner = inner

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Return the simulator's answer to *request*."""
        world, name = self._life.world, _said(request)
        # Who is about to leave and stops there for minutes, without the lock that tells others
        # that it lives, sends what another has sent by then: no ledger can see into that moment.
        await self._life.awake(may_sleep=request.method != "POST")
        self._life.effect(f"{name} leaves")
        is_for_a_picture = request.method == "POST" and name.endswith("generations")
        arriving = world.loop.create_task(
            self._arrives(request, world.held_up if is_for_a_picture else 0.0),
            context=contextvars.Context(),
        )
        world.on_their_way.add(arriving)
        arriving.add_done_callback(world.arrived)
        response = await asyncio.shield(arriving)
        await self._life.awake()
        self._life.effect(f"{name} is answered")
        return response

    async def _arrives(self, request: httpx.Request, held_up: float) -> httpx.Response:
        world = self._life.world
        await asyncio.sleep(world.chance.uniform(0, ON_ITS_WAY) + held_up)
        try:
            response = await self._inner.handle_async_request(request)
            await response.aread()
        finally:
            world.paid()
        response.headers["Date"] = format_datetime(world.wall(), usegmt=True)
        await asyncio.sleep(world.chance.uniform(0, ON_ITS_WAY))
        if world.doubled and "/generations/user/" in request.url.path:
            world.doubled = False
            return _each_row_twice(response)
        return response


def _said(request: httpx.Request) -> str:
    """Return what *request* asks for, without ids."""
    path = request.url.path.removeprefix("/api/rest/v1/").split("/")
    return f"{request.method} {path[0] or path[1]}"


def _each_row_twice(response: httpx.Response) -> httpx.Response:
    try:
        body = json.loads(response.content)
    except ValueError:  # it was cut in half as well
        return response
    body = {name: [row for row in rows for _ in range(2)] for name, rows in body.items()}
    return httpx.Response(response.status_code, json=body)


class _Chance:
    """What stands for the module `random`, so that a story can be told again."""

    def __init__(self, chance: random.Random) -> None:
        self._chance = chance

    def Random(self, *seed: Any) -> random.Random:  # noqa: N802  the module's name
        """Return a generator of the world's chance, unless it has a *seed* of its own."""
        return random.Random(*(seed or (self._chance.random(),)))

    SystemRandom = Random

    def __getattr__(self, name: str) -> Any:
        return getattr(self._chance, name)


class World:
    """
    One account, one library, and the lives that share them.

    Args:
        folder: Where the library is.
        seed: Of everything that chance decides.
        budget: Of every studio, or None.
        url: Of the library's database, where it is on a server.
        skew: By how many seconds the machine's date is ahead of the service's.
        locks: Whether the library's folder has locks, by which others see at once who has died.

    Attributes:
        jumped: How far the clocks that never go back have jumped, in seconds.
        most: The most credits that were ever spent at once, and their limit, where there is one.
        doubled: Whether the next list has each row twice.
        held_up: For how many seconds more each request for a picture is on its way.
    """

    def __init__(
        self,
        folder: Path,
        seed: int,
        *,
        budget: Cost | None = None,
        url: str | None = None,
        skew: float = 0.0,
        locks: bool = True,
    ) -> None:
        self.folder = folder
        self.url = url
        self.budget = budget
        self.skew = timedelta(seconds=skew)
        self.loop = Loop()
        self.chance = random.Random(seed)
        self.jumped = self._slept = 0.0
        self.effects = self.kills = self.spent_most = 0
        self.killed_at: Counter[str] = Counter()
        self.lives: list[Life] = []
        self.on_their_way: set[asyncio.Task[httpx.Response]] = set()
        self.doubled = False
        self.held_up = 0.0
        self.told: deque[str] = deque(maxlen=2000)
        self.days: set[str] = set()
        self.simulator = Simulator(
            now=lambda: self.wall().timestamp(), pause=asyncio.sleep, seed=seed, balance=1_000_000
        )
        self._patches = contextlib.ExitStack()
        self._patches.enter_context(mock.patch.object(anyio.to_thread, "run_sync", self._on_thread))
        self._patches.enter_context(mock.patch.object(uuid, "uuid4", self._uuid))
        if not locks:
            self._patches.enter_context(mock.patch.object(leases, "is_on_network", _always))
        chance = _Chance(self.chance)
        for name, module in tuple(sys.modules.items()):
            is_ours = name.startswith("leonardo_nb.") and "simulator" not in name
            if is_ours and getattr(module, "random", None) is random:
                self._patches.enter_context(mock.patch.object(module, "random", chance))

    def wall(self) -> datetime:
        """Return the service's date and time, which go on while a machine sleeps."""
        return MIDNIGHT + timedelta(seconds=self.loop.time() + self.jumped + self._slept)

    def open(self) -> Life:
        """Return a new life with a studio on this world's library."""
        life = Life(self, len(self.lives))
        self.lives.append(life)
        self.days.add((self.wall() + self.skew).date().isoformat())

        def ledger(*args: Any, **named: Any) -> Ledger:
            made = MortalLedger(*args, **named)
            made._life = life
            return made

        def store(*args: Any, **named: Any) -> MediaStore:
            made = MortalStore(*args, **named)
            made._life = life
            return made

        def client(**named: Any) -> Client:
            return Client(**named, transport=Wire(life, self.simulator.transport()))

        with mock.patch.multiple(
            studios,
            Engine=partial(OneThread, life),
            Ledger=ledger,
            MediaStore=store,
            Client=client,
        ):
            life.studio = Studio(
                base_url=self.simulator.base_url,
                api_key=self.simulator.key,
                library=self.folder,
                database=self.url,
                budget=self.budget,
                clock=LifeClock(life),
            )
        return life

    @property
    def alive(self) -> list[Life]:
        """The lives that are not over."""
        return [life for life in self.lives if not life.dead]

    def go(self, seconds: float) -> None:
        """Let *seconds* go by."""
        self._drive(asyncio.sleep(seconds))

    def until(self, holds: Callable[[], bool], seconds: float = PATIENCE) -> None:
        """Let time go by until *holds*, for *seconds* at most; raise TimeoutError then."""

        async def look() -> None:
            ends = self.loop.time() + seconds
            turns = 0
            while not holds():
                # what is ready comes first, then time
                turns += 1
                await asyncio.sleep(0 if turns % 20 else 0.05)
                if self.loop.time() > ends:
                    raise TimeoutError

        self._drive(look())

    def jump(self, seconds: float, *, asleep: bool) -> None:
        """Let clocks jump; those of a machine *asleep* that count seconds stand still."""
        if asleep:
            self._slept += seconds
        else:
            self.jumped += seconds

    def tells(self, life: Life, what: str) -> None:
        """Remember what happened, for whoever looks for a mistake."""
        self.told.append(f"{self.loop.time():10.3f} {life.number} {what}")

    def arrived(self, task: asyncio.Task[httpx.Response]) -> None:
        """Take in that an answer is here, or lost, whether somebody still waits for it or not."""
        self.on_their_way.discard(task)
        if not task.cancelled():
            task.exception()

    def paid(self) -> None:
        """Take in what was spent just now."""
        self.spent_most = max(self.spent_most, self.simulator.world.spent)

    def close(self) -> None:
        """End whatever is left of this world."""
        for life in self.alive:
            life.die()
        tasks = asyncio.all_tasks(self.loop)
        for task in tasks:
            task.cancel()
        with contextlib.suppress(Stuck):
            self._drive(_all_of(tasks))
        for life in self.lives:
            studio = getattr(life, "studio", None)
            if studio is not None:
                Ledger.close(studio._ledger)
        self.loop.run_until_complete(self.loop.shutdown_asyncgens())
        self.loop.close()
        self._patches.close()

    def _drive(self, coroutine: Coroutine[Any, Any, None]) -> None:
        self.loop.run_until_complete(self.loop.create_task(coroutine))

    async def _on_thread(self, function: Callable[..., Any], *args: Any, **_: Any) -> Any:
        """Do what a thread would have done, a moment later, where the life still goes on."""
        life = _LIFE.get()
        await anyio.lowlevel.checkpoint()
        if life is None:
            return function(*args)
        with anyio.CancelScope(shield=True):
            await anyio.sleep(self.chance.uniform(0, TRANSACTION))
        await life.awake()
        if not getattr(function, "is_counted", False):
            life.effect(getattr(function, "__qualname__", "work").rpartition(".")[2])
        return function(*args)

    def _uuid(self) -> uuid.UUID:
        return uuid.UUID(int=self.chance.getrandbits(128), version=4)


def _always(_folder: Path) -> bool:
    return True


async def _all_of(tasks: set[asyncio.Task[Any]]) -> None:
    if tasks:
        await asyncio.wait(tasks)


@contextlib.contextmanager
def a_world(folder: Path, seed: int, **facts: Any) -> Iterator[World]:
    """Give a world, and end it afterwards."""
    world = World(folder, seed, **facts)
    try:
        yield world
    finally:
        world.close()
