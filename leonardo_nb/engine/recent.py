"""
The account's newest generations, asked for once for all who want to look.

A thousand jobs that are taken up together are found in as few requests as the list has pages.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final

import anyio

from leonardo_nb.engine.looks import LIST_LONGEST

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from datetime import datetime

    from leonardo_nb.clock import Clock
    from leonardo_nb.service.client import Client
    from leonardo_nb.service.responses import Generation

__all__ = ["Listing", "Recent"]

MOST_PAGES: Final = 25
"""Of `LIST_LONGEST` rows each; what is older is asked for by its id."""
FAR: Final = timedelta(days=3650)


@dataclass(frozen=True, slots=True)
class Listing:
    """
    The newest generations at one moment.

    Attributes:
        rows: Newest first.
        asked: When the first page was asked for, in clock seconds.
        since: How far back it goes, by our clock; None for its beginning.
        offset: By how much the service's clock is ahead of ours; None where it does not say.
    """

    rows: tuple[Generation, ...]
    asked: float
    since: datetime | None
    offset: timedelta | None

    def serves(self, wanted_at: float, since: datetime) -> bool:
        """Whether it is as new as *wanted_at*, and goes back to *since*."""
        return self.asked >= wanted_at and (self.since is None or self.since <= since)


class Recent:
    """
    Reads the list, page by page, as far back as somebody wants.

    Args:
        client: The service.
        user_id: Gives the account's id.
        clock: Time.
    """

    def __init__(self, client: Client, user_id: Callable[[], Awaitable[str]], clock: Clock) -> None:
        self._client = client
        self._user_id = user_id
        self._clock = clock
        self._one_by_one = anyio.Lock()
        self._last: Listing | None = None

    async def since(self, moment: datetime, *, once: bool = False) -> Listing:
        """
        Return the generations that were made since *moment*, by our clock, and some before.

        Several callers who want them at the same time share the requests.

        Args:
            moment: By our clock.
            once: Whether the caller asks again where this fails.

        Raises:
            LeonardoError: The service does not answer, refuses the key, or does not say whose it
                is.
        """
        wanted_at = self._clock.now()
        async with self._one_by_one:
            if self._last is not None and self._last.serves(wanted_at, moment):
                return self._last
            self._last = await self._read(moment, once=once)
            return self._last

    async def _read(self, moment: datetime, *, once: bool) -> Listing:
        asked = self._clock.now()
        user_id = await self._user_id()
        found: dict[str, Generation] = {}  # a row moves to the next page when a job comes between
        offset: timedelta | None = None
        seen, oldest = 0, self._clock.wall() + FAR
        for _ in range(MOST_PAGES):
            rows = await self._client.generations(
                user_id, offset=seen, limit=LIST_LONGEST, once=once
            )
            seen += len(rows)
            found |= {row.id: row for row in rows}
            if self._client.service_time is not None:
                offset = self._client.service_time - self._clock.wall()
            if not rows:  # a short page may be a service that gives fewer than were asked for
                return Listing(tuple(found.values()), asked, None, offset)
            dates = [row.created_at for row in rows if row.created_at]
            oldest = min([oldest, *dates])
            if dates and min(dates) - (offset or timedelta()) < moment:
                return Listing(tuple(found.values()), asked, moment, offset)
        return Listing(tuple(found.values()), asked, oldest - (offset or timedelta()), offset)
