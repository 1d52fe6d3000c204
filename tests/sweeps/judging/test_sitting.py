from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

import leonardo_nb as leo
from leonardo_nb.library.shelf import Mark
from leonardo_nb.sweeps.judging.sitting import AHEAD, Judging
from tests.sweeps.votes import DAY, SMALL, foxes, prefer, run

if TYPE_CHECKING:
    from leonardo_nb.simulator import Simulator
    from leonardo_nb.studios import Studio
    from leonardo_nb.sweeps.run import Run

__all__ = ["foxes", "run"]  # fixtures


def sitting(run: Run, **more: Any) -> Judging:
    made = Judging(run, seed=1, now=lambda: DAY, **more)
    made.refresh()
    return made


def test_a_choice_is_a_vote_on_disk(run: Run) -> None:
    """Kept at once under the sweep's name, with who said it, and when."""
    judging = sitting(run, by="Ann")
    first, second, third = judging.pairs
    judging.choose(first.number, "left")
    judging.choose(second.number, "right")
    judging.choose(third.number, "equal")
    votes = {(each.winner, each.loser, each.tie) for each in run.studio.shelf.votes("foxes")}

    assert {
        (first.left.picture, first.right.picture, False),
        (second.right.picture, second.left.picture, False),
        (third.left.picture, third.right.picture, True),
    } == votes
    assert {("Ann", DAY)} == {(each.by, each.at) for each in run.studio.shelf.votes()}


def test_the_next_pairs_are_there_at_once(run: Run) -> None:
    """Three are chosen in advance; what is answered goes, and the others move up."""
    judging = sitting(run)
    before = judging.pairs
    judging.choose(before[0].number, "left")
    moved = judging.pairs
    judging.refresh()

    assert AHEAD == len(before)
    assert before[1:] == moved == judging.pairs[:2]
    assert AHEAD == len(judging.pairs)


def test_no_pair_comes_twice_in_a_row(run: Run) -> None:
    """Over forty votes, and whichever way round."""
    judging = sitting(run)
    asked = []
    for _ in range(40):
        pair = judging.pairs[0]
        asked.append(pair.cells)
        judging.choose(pair.number, "left")
        judging.refresh()

    assert [] == [one for one, other in itertools.pairwise(asked) if one == other]


def test_a_pair_that_is_not_asked_about_is_no_vote(run: Run) -> None:
    """A page that is behind sends the number of one that was answered."""
    judging = sitting(run)
    number = judging.pairs[0].number

    assert [True, False, False] == [judging.choose(n, "left") for n in (number, number, 99)]
    assert 1 == len(run.studio.shelf.votes())


def test_undo_takes_back_one_after_the_other(run: Run) -> None:
    """The vote goes from disk and its pair is asked again; then the one before it."""
    judging = sitting(run)
    first, second = judging.pairs[:2]
    judging.choose(first.number, "left")
    judging.choose(second.number, "skip")
    undone = [judging.undo(), judging.undo(), judging.undo()]
    judging.refresh()

    assert [True, True, False] == undone
    assert () == run.studio.shelf.votes()
    assert [first.cells, second.cells] == [pair.cells for pair in judging.pairs[:2]]
    assert judging.pairs[0].number > second.number


def test_undo_leaves_the_votes_of_others(run: Run) -> None:
    """Only this sitting's are taken back."""
    other = sitting(run)
    other.choose(other.pairs[0].number, "left")
    judging = sitting(run)

    assert not judging.undo()
    assert 1 == len(run.studio.shelf.votes())


def test_skipped_pairs_are_not_asked_again(run: Run) -> None:
    """Until they are taken back; no vote is kept of them."""
    judging = sitting(run)
    skipped = set()
    for _ in range(30):
        pair = judging.pairs[0]
        skipped.add(pair.cells)
        judging.choose(pair.number, "skip")
        judging.refresh()

    assert 30 == len(skipped)
    assert () == run.studio.shelf.votes()


def test_two_pictures_are_one_question(studio: Studio) -> None:
    """After the answer there is nothing left to ask, and undo asks it again."""
    run = leo.sweep("a fox", studio=studio, seed=[1, 2], **SMALL).result(20)
    judging = sitting(run)
    asked = [len(judging.pairs)]
    judging.choose(judging.pairs[0].number, "left")
    board = judging.refresh()
    asked.append(len(judging.pairs))
    judging.undo()
    judging.refresh()

    assert [1, 0, 1] == [*asked, len(judging.pairs)]
    assert board.sure > 0.5


def test_rejected_pictures_are_no_longer_asked_about(run: Run) -> None:
    """Also where their pair was chosen in advance."""
    judging = sitting(run)
    kept = list(run.cells)[3:6]
    run.studio.shelf.mark_all(
        {cell.picture: Mark(reject=True) for cell in run.cells if cell not in kept}
    )
    judging.refresh()

    assert {3, 4, 5} == {number for pair in judging.pairs for number in pair.cells}


def test_the_scoreboard_follows_a_taste(run: Run) -> None:
    """After 60 votes the best five are those that somebody likes best, nearly surely."""
    judging = sitting(run)
    for _ in range(60):
        pair = judging.pairs[0]
        better = prefer(pair.left) - prefer(pair.right)
        judging.choose(pair.number, "equal" if not better else "left" if better > 0 else "right")
        board = judging.refresh()
    likes = sorted(map(prefer, run.cells), reverse=True)

    assert (60, 12) == (board.votes, board.pictures)
    assert likes[:2] == [prefer(each.cell) for each in board.best[:2]]
    assert 5 == len(board.best)
    assert board.sure > 0.3


def test_pictures_take_part_as_they_come(studio: Studio, simulator: Simulator) -> None:
    """A run with one picture asks nothing, and asks once there are two."""
    simulator.script(method="POST", path="/generations", fail=True, times=2)
    run = leo.sweep("a fox", studio=studio, seed=[1, 2, 3], **SMALL).result(20)
    judging = Judging(run, seed=1)
    before = judging.refresh()
    asked = [len(judging.pairs)]
    run.retry_failed().result(20)
    after = judging.refresh()

    assert ([1, 3], [0, 3]) == ([before.pictures, after.pictures], [*asked, len(judging.pairs)])
