"""The account's newest generations, read once for all who want to look."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import anyio
import pytest

import leonardo_nb as leo
from leonardo_nb.engine.looks import LIST_LONGEST
from leonardo_nb.engine.recent import MOST_PAGES, Listing, Recent
from leonardo_nb.service.client import Client
from leonardo_nb.simulator import Simulator, images

from .scenes import LIST, SMALL, DatedSimulator, SkewedClock

if TYPE_CHECKING:
    from leonardo_nb.testing import ManualClock

LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


@pytest.fixture
def simulator(clock: ManualClock) -> DatedSimulator:
    """The service."""
    return DatedSimulator(clock, slots=10_000)


def made(simulator: Simulator, clock: ManualClock, number: int, *, apart: float = 1.0) -> list[str]:
    """Let *number* jobs be made, so many seconds *apart*; return their ids, newest first."""
    ids = []
    for seed in range(number):
        members = {"prompt": "a fox", **SMALL | {"seed": seed}}
        ids.append(simulator._house.create(images.IMAGE, members, "/generations").id)
        clock.advance(apart)
    return ids[::-1]


def recent_of(simulator: Simulator, clock: ManualClock) -> tuple[Recent, Client]:
    client = Client(
        base_url=simulator.base_url, api_key=simulator.key, transport=simulator.transport()
    )

    async def known() -> str:
        return simulator.world.user_id

    return Recent(client, known, clock), client


def pages(simulator: Simulator) -> int:
    return sum(path.startswith("/generations/user/") for _, path in simulator.requests)


async def test_all_of_a_short_list_is_read(simulator: DatedSimulator, clock: ManualClock) -> None:
    """To its end, which an empty page says."""
    ids = made(simulator, clock, 30)
    recent, client = recent_of(simulator, clock)

    listing = await recent.since(LONG_AGO)
    await client.aclose()

    assert (ids, None, 2) == ([row.id for row in listing.rows], listing.since, pages(simulator))


async def test_it_is_read_as_far_back_as_is_wanted(
    simulator: DatedSimulator, clock: ManualClock
) -> None:
    """Page by page, and no further than a row that is older."""
    ids = made(simulator, clock, 3 * LIST_LONGEST)
    recent, client = recent_of(simulator, clock)

    listing = await recent.since(clock.wall() - timedelta(seconds=150))
    await client.aclose()

    assert (ids[: 2 * LIST_LONGEST], 2) == ([row.id for row in listing.rows], pages(simulator))


@pytest.mark.parametrize("hours", [7.0, -7.0])
async def test_how_far_back_is_by_the_service_s_clock(
    simulator: DatedSimulator, clock: ManualClock, hours: float
) -> None:
    """Ours may be hours off; the difference is told with the list."""
    made(simulator, clock, 3 * LIST_LONGEST)
    ours = SkewedClock(clock, hours)
    recent, client = recent_of(simulator, ours)

    listing = await recent.since(ours.wall() - timedelta(seconds=150))
    await client.aclose()

    assert (2, timedelta(hours=-hours)) == (pages(simulator), listing.offset)


async def test_many_who_ask_together_share_it(
    simulator: DatedSimulator, clock: ManualClock
) -> None:
    """A hundred callers are as many requests as one."""
    made(simulator, clock, 5)
    recent, client = recent_of(simulator, clock)
    listings: list[Listing] = []

    async def look() -> None:
        listings.append(await recent.since(clock.wall() - timedelta(seconds=1)))

    async with anyio.create_task_group() as tasks:
        for _ in range(100):
            tasks.start_soon(look)
    await client.aclose()

    assert (100, 1, 1) == (len(listings), len({id(each) for each in listings}), pages(simulator))


async def test_an_older_list_is_no_list(simulator: DatedSimulator, clock: ManualClock) -> None:
    """Whoever comes later sees what was made meanwhile."""
    made(simulator, clock, 1)
    recent, client = recent_of(simulator, clock)
    await recent.since(LONG_AGO)
    (newest,) = made(simulator, clock, 1)

    listing = await recent.since(LONG_AGO)
    await client.aclose()

    assert (newest, 2) == (listing.rows[0].id, len(listing.rows))


async def test_who_wants_more_reads_further(simulator: DatedSimulator, clock: ManualClock) -> None:
    """A short list does not serve whoever looks for something older."""
    made(simulator, clock, 2 * LIST_LONGEST, apart=60)
    recent, client = recent_of(simulator, clock)
    clock.advance(-60)
    short = await recent.since(clock.wall() - timedelta(seconds=90))
    long = await recent.since(LONG_AGO)
    shorter = await recent.since(clock.wall())
    await client.aclose()

    assert (LIST_LONGEST, 2 * LIST_LONGEST) == (len(short.rows), len(long.rows))
    assert shorter is long


async def test_it_has_an_end(simulator: DatedSimulator, clock: ManualClock) -> None:
    """Of an account with tens of thousands of jobs the newest are read, and no more."""
    page = {"generations": [row(number) for number in range(LIST_LONGEST)]}
    simulator.script(**LIST, status=200, body=page, times=1000)
    recent, client = recent_of(simulator, clock)

    listing = await recent.since(LONG_AGO)
    await client.aclose()

    assert (MOST_PAGES, LIST_LONGEST) == (pages(simulator), len(listing.rows))


def row(number: int) -> dict[str, Any]:
    return {
        "id": f"9c1f9a5a-0000-4000-8000-{number:012}",
        "status": "COMPLETE",
        "createdAt": "2026-01-01T00:00:00.000",
    }


async def test_a_row_that_moves_to_the_next_page_is_there_once(
    simulator: DatedSimulator, clock: ManualClock
) -> None:
    """A job that is made between two pages moves every row by one."""
    first = {"generations": [row(number) for number in range(LIST_LONGEST)]}
    second = {"generations": [row(LIST_LONGEST - 1), row(LIST_LONGEST)]}
    for body in (first, second):
        simulator.script(**LIST, status=200, body=body)
    recent, client = recent_of(simulator, clock)

    listing = await recent.since(LONG_AGO)
    await client.aclose()

    assert LIST_LONGEST + 1 == len(listing.rows) == len({each.id for each in listing.rows})


async def test_a_service_without_a_date_says_no_offset(clock: ManualClock) -> None:
    """Then ours is taken for right."""
    simulator = Simulator(now=clock.now, wall=clock.wall)
    recent, client = recent_of(simulator, clock)

    listing = await recent.since(LONG_AGO)
    await client.aclose()

    assert listing.offset is None


async def test_a_list_that_fails_is_read_anew(
    simulator: DatedSimulator, clock: ManualClock
) -> None:
    """The first of several callers has the error, and the next one asks for himself."""
    ids = made(simulator, clock, 2)
    simulator.script(**LIST, status=503)
    recent, client = recent_of(simulator, clock)

    with pytest.raises(leo.LeonardoError):
        await recent.since(LONG_AGO)
    listing = await recent.since(LONG_AGO)
    await client.aclose()

    assert ids == [row.id for row in listing.rows]
