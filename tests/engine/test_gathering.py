"""What is written down together, and what becomes of it where that fails."""

from __future__ import annotations

from typing import TYPE_CHECKING

import anyio
import pytest

from leonardo_nb.engine.gathering import Gathering
from leonardo_nb.errors import LibraryError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


def ends(work: Callable[[Sequence[int]], Sequence[int]], count: int) -> list[object]:
    """Return what became of each of *count* things: what *work* made of it, or its error."""
    found: list[object] = [None] * count
    gathering = Gathering(work)

    async def one(number: int) -> None:
        try:
            found[number] = await gathering.done(number)
        except BaseException as error:  # noqa: BLE001  it is what is looked at
            found[number] = error

    async def every() -> None:
        async with anyio.create_task_group() as tasks:
            for number in range(count):
                tasks.start_soon(one, number)

    anyio.run(every)
    return found


def test_each_gets_its_own_result() -> None:
    """What has come together is written in one go."""
    batches: list[list[int]] = []

    def work(batch: Sequence[int]) -> list[int]:
        batches.append(list(batch))
        return [number * 10 for number in batch]

    assert [0, 10, 20, 30] == ends(work, 4)
    assert [[0, 1, 2, 3]] == batches


@pytest.mark.parametrize("error", [LibraryError("disk full"), RuntimeError("no thread")], ids=repr)
def test_error_of_the_work_is_everybodys(error: Exception) -> None:
    """Whatever it is, ours or not; the work is not asked for a second time."""
    batches: list[list[int]] = []

    def work(batch: Sequence[int]) -> list[int]:
        batches.append(list(batch))
        raise error

    assert [error] * 3 == ends(work, 3)
    assert [[0, 1, 2]] == batches


def test_work_that_returns_too_little_is_an_error_of_all() -> None:
    """Whose result is missing cannot be known."""
    assert [ValueError] * 3 == [type(end) for end in ends(lambda batch: batch[1:], 3)]


def test_broken_off_work_is_in_doubt_for_all() -> None:
    """Who began it gets what broke it off; the others learn that nobody knows how it ended."""

    class Broken(BaseException):
        """Such as an interrupt of the whole program."""

    def work(_: Sequence[int]) -> list[int]:
        raise Broken

    first, *others = ends(work, 3)

    assert Broken is type(first)
    assert [LibraryError] * 2 == [type(end) for end in others]
    assert all("nobody knows whether" in str(end) for end in others)
