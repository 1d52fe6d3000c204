"""
Who may send when: plain values in, seconds to wait out.

It is on its own, and pure, because several kernels share it through a file: what is kept there is
changed only by the functions here, one change at a time. A line lets at most so many through in
any 60 seconds, in the order in which they came; "too many requests" halves that, and it grows
back by a tenth a minute.
"""

from __future__ import annotations

import math
from bisect import bisect_right, insort
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final, NamedTuple

__all__ = ["LATE", "Line", "Room", "Standing", "Ticket", "answered", "ask", "slow", "withdraw"]

MINUTE: Final = 60.0
LATE: Final = 1.0
"""Seconds; a request may leave, and arrive, as long after its turn. A later one says so itself."""
WINDOW: Final = MINUTE + LATE
"""Seconds for which a turn counts."""
GRACE: Final = 30.0
"""Seconds after which somebody who has not asked again when he was to is gone."""
LEAST_SHARE: Final = 1 / 20
"""Of what is allowed; a line is never slower than that, so that it finds out when all is well."""
GROWTH: Final = 0.1
"""Of what is allowed; by how much a slowed line grows back in each minute."""
LOOK_LONGEST: Final = 1.0
"""Seconds; how often at least somebody looks whether he has become the first of his line."""
HOLD_FIRST, HOLD_LONGEST = 1.0, 30.0
"""Seconds; how long a line stands still where "too many requests" names no time itself."""


class Ticket(NamedTuple):
    """
    Somebody in a line or in a room.

    Attributes:
        name: Whose it is; no two are alike.
        until: The moment at which he is taken for gone unless he has asked again.
    """

    name: str
    until: float


@dataclass(frozen=True, slots=True)
class Line:
    """
    Those who want to send, and those who lately have; every moment is in seconds.

    Attributes:
        taken: When turns were taken in the last 61 seconds, the oldest first.
        waiting: Who waits, in the order in which they came.
        share: How much of what is allowed is used, from `LEAST_SHARE` to 1, as it was at *since*.
        since: From when on the share grows back.
        held: Until when nobody may go.
        strikes: How often in a row the service has said "too many requests".
    """

    taken: tuple[float, ...] = ()
    waiting: tuple[Ticket, ...] = ()
    share: float = 1.0
    since: float = 0.0
    held: float = 0.0
    strikes: int = 0

    def at(self, now: float, longest_hold: float) -> Line:
        """
        Return what is left of it at *now*.

        A clock that several programs share may be set back. What it then shows in the future is
        taken to be now, or as far away as it can have been meant, so nobody waits for ever, and
        nobody goes too early.
        """
        longest_hold = max(longest_hold, WINDOW)
        taken = self.taken[bisect_right(self.taken, now - WINDOW) :]
        if taken and taken[-1] > now:
            taken = tuple(min(each, now) for each in taken)
        return replace(
            self,
            taken=taken,
            waiting=_living(self.waiting, now, WINDOW + longest_hold + GRACE),
            since=min(self.since, now + longest_hold),
            held=min(self.held, now + longest_hold),
        )

    def allowed(self, most: int, now: float) -> int:
        """Return how many may go in 60 seconds: *most*, or less after "too many requests"."""
        grown = self.share + GROWTH * max(0.0, now - self.since) / MINUTE
        return max(1, math.floor(most * min(1.0, grown) + 1e-9))

    def wait(self, most: int, now: float) -> float:
        """Return the seconds until the next one may go; 0 where that is now."""
        allowed = self.allowed(most, now)
        free = self.taken[-allowed] + WINDOW if len(self.taken) >= allowed else now
        return max(0.0, free - now, self.held - now)

    def slowed(
        self, now: float, retry_after: float | None, longest_hold: float, noise: float
    ) -> Line:
        """Return what it is after "too many requests", of which a burst counts once."""
        in_hold = now < self.held
        # a minute without a refusal after the last hold is a new start
        strikes = self.strikes if now - self.held < MINUTE else 0
        if retry_after is None:
            hold = min(HOLD_LONGEST, HOLD_FIRST * 2 ** min(strikes, 16)) * (1 + 0.5 * noise)
        else:  # what is no number is no reason to go on
            hold = longest_hold if math.isnan(retry_after) else max(0.0, retry_after)
        until = now + min(hold, longest_hold)
        if in_hold:
            # requests that were on their way when the first refusal came tell nothing new
            until = self.held if retry_after is None else max(self.held, until)
            return replace(self, held=until, since=max(self.since, until))
        share = min(1.0, self.share + GROWTH * max(0.0, now - self.since) / MINUTE)
        return replace(
            self,
            share=max(LEAST_SHARE, share / 2),
            since=until,
            held=until,
            strikes=strikes + 1,
        )


@dataclass(frozen=True, slots=True)
class Room:
    """
    A number of places; the first of those who came have them.

    Attributes:
        inside: Everybody who has a place or waits for one, in the order in which they came.
    """

    inside: tuple[Ticket, ...] = ()

    def entered(
        self, name: str, places: int, now: float, lease: float, *, at_once: bool = False
    ) -> tuple[Room, bool]:
        """
        Return the room with *name* in it, and whether he has a place.

        Args:
            name: Who asks, for the first time or again.
            places: How many places there are.
            now: The moment.
            lease: Seconds after which he is gone, unless he has asked again or renewed.
            at_once: Whether he has a place already, whoever else has one.
        """
        living = _living(self.inside, now, lease)
        names = [each.name for each in living]
        mine = Ticket(name, now + lease)
        if at_once:
            others = tuple(each for each in living if each.name != name)
            return Room((mine, *others)), True
        if name not in names:
            return Room((*living, mine)), len(living) < places
        index = names.index(name)
        return Room((*living[:index], mine, *living[index + 1 :])), index < places

    def renewed(self, names: Sequence[str], now: float, lease: float) -> Room:
        """Return the room with *names* at work in it, also if they were taken for gone."""
        living = _living(self.inside, now, lease)
        mine = {name: Ticket(name, now + lease) for name in names}
        return Room((*mine.values(), *(each for each in living if each.name not in mine)))

    def left(self, name: str) -> Room:
        """Return the room without *name*."""
        return Room(tuple(each for each in self.inside if each.name != name))


@dataclass
class Standing:
    """
    All lines and rooms of one account.

    Attributes:
        lines: By name: "requests" for all, and one for each endpoint that makes jobs.
        rooms: By the kind of job.
    """

    lines: dict[str, Line] = field(default_factory=dict)
    rooms: dict[str, Room] = field(default_factory=dict)

    def as_json(self) -> dict[str, object]:
        """Return it made of what JSON has."""
        return {
            "lines": {
                name: {
                    "taken": line.taken,
                    "waiting": line.waiting,
                    "share": line.share,
                    "since": line.since,
                    "held": line.held,
                    "strikes": line.strikes,
                }
                for name, line in self.lines.items()
            },
            "rooms": {name: room.inside for name, room in self.rooms.items()},
        }

    @classmethod
    def of_json(cls, found: object) -> Standing:
        """
        Return what `as_json` was made of.

        Raises:
            ValueError: It is not that.
        """
        if not isinstance(found, Mapping):
            raise ValueError("That is no standing of lines and rooms.")  # noqa: TRY004  as below
        try:
            lines, rooms = found["lines"], found["rooms"]
            return cls(
                lines={
                    str(name): Line(
                        taken=tuple(sorted(map(_moment, line["taken"]))),
                        waiting=_tickets(line["waiting"]),
                        share=min(1.0, max(LEAST_SHARE, _moment(line["share"]))),
                        since=_moment(line["since"]),
                        held=_moment(line["held"]),
                        strikes=max(0, int(_moment(line["strikes"]))),
                    )
                    for name, line in lines.items()
                },
                rooms={str(name): Room(_tickets(inside)) for name, inside in rooms.items()},
            )
        except (AttributeError, KeyError, TypeError, OverflowError) as error:
            raise ValueError("That is no standing of lines and rooms.") from error


def ask(
    standing: Standing,
    lines: Mapping[str, int],
    name: str,
    now: float,
    longest_hold: float,
) -> float:
    """
    Take a turn for *name* in every one of *lines* at once, and return 0; or wait in them.

    Args:
        standing: What is changed.
        lines: How many each lets through in 60 seconds. He stands in a later one only once he is
            the first in those before it and they would let him through, so that waiting for a
            narrow line does not hold up a wide one.
        name: Who asks; whoever waits asks again under the same name.
        now: The moment.
        longest_hold: The longest time for which a line may stand still.

    Returns:
        Seconds after which to ask again; 0 where the turn is taken.
    """
    for line_name, most in lines.items():
        line = standing.lines.get(line_name, Line()).at(now, longest_hold)
        wait = line.wait(most, now)
        names = [each.name for each in line.waiting]
        index = names.index(name) if name in names else len(names)
        is_first = index == 0
        if not is_first:  # as soon as the first can be through, and not much later
            wait = max(wait, min(LOOK_LONGEST, MINUTE / line.allowed(most, now)))
        mine = Ticket(name, now + wait + GRACE)
        waiting = (*line.waiting[:index], mine, *line.waiting[index + 1 :])
        standing.lines[line_name] = replace(line, waiting=waiting)
        if wait > 0:
            return wait
    for line_name in lines:
        line = standing.lines[line_name]
        standing.lines[line_name] = replace(
            line, taken=(*line.taken, now), waiting=_without(line.waiting, name)
        )
    return 0.0


def answered(standing: Standing, lines: Mapping[str, int], taken: float, now: float) -> None:
    """
    Count the turn that was *taken* in every one of *lines* as one of *now*.

    The service counts a request when it arrives, which on a slow connection is long after its turn.
    By the moment of the answer it has arrived, so that is the latest from which it counts.
    """
    for line_name in lines:
        line = standing.lines.get(line_name, Line())
        moments = list(line.taken)
        if taken in moments:  # else it is no longer known
            moments.remove(taken)
        insort(moments, now)
        standing.lines[line_name] = replace(line, taken=tuple(moments))


def withdraw(standing: Standing, lines: Mapping[str, int], name: str) -> None:
    """Let *name* wait no longer in any of *lines*."""
    for line_name in lines:
        if (line := standing.lines.get(line_name)) is not None:
            waiting = _without(line.waiting, name)
            standing.lines[line_name] = replace(line, waiting=waiting)


def slow(
    standing: Standing,
    line_name: str,
    now: float,
    *,
    retry_after: float | None,
    longest_hold: float,
    noise: float = 0.0,
) -> float:
    """
    Take in that the service said "too many requests", and return the seconds until it is asked.

    Args:
        standing: What is changed.
        line_name: Which line it was said to.
        now: The moment.
        retry_after: The seconds that it named, or None.
        longest_hold: The cap for those.
        noise: From 0 to 1; where no time was named, up to half as much more, so that programs
            which were refused together do not come back together.
    """
    line = standing.lines.get(line_name, Line()).at(now, longest_hold)
    standing.lines[line_name] = line.slowed(now, retry_after, longest_hold, noise)
    return standing.lines[line_name].held - now


def _without(tickets: tuple[Ticket, ...], name: str) -> tuple[Ticket, ...]:
    return tuple(each for each in tickets if each.name != name)


def _living(tickets: tuple[Ticket, ...], now: float, longest: float) -> tuple[Ticket, ...]:
    """Return those who are not gone; nobody is believed for longer than *longest* from now."""
    return tuple(
        Ticket(each.name, min(each.until, now + longest)) for each in tickets if each.until > now
    )


def _moment(found: object) -> float:
    if isinstance(found, bool) or not isinstance(found, int | float) or not math.isfinite(found):
        raise TypeError
    return float(found)


def _tickets(found: object) -> tuple[Ticket, ...]:
    if not isinstance(found, Sequence) or isinstance(found, str):
        raise TypeError
    return tuple(Ticket(str(name), _moment(until)) for name, until in found)
