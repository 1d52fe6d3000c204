from __future__ import annotations

import itertools
import re
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest

import leonardo_nb as leo
from leonardo_nb.errors import InvalidRequest
from leonardo_nb.library.shelf import Mark
from leonardo_nb.sweeps.judging import pool
from leonardo_nb.sweeps.judging.ranking import Ranked, percent
from leonardo_nb.testing import ManualClock
from tests.sweeps.recordings import manifest, packed, put
from tests.sweeps.votes import SMALL, foxes, judged, prefer, run

if TYPE_CHECKING:
    from pathlib import Path

    from leonardo_nb.simulator import Simulator
    from leonardo_nb.studios import Studio
    from leonardo_nb.sweeps.run import Run

__all__ = ["foxes", "run"]  # fixtures


def by_taste(run: Run, step: int = 1) -> list[tuple[int, int]]:
    """Return every *step*-th pair of cells, the better one first."""
    pairs = list(itertools.combinations(run.cells, 2))[::step]
    better = [sorted(pair, key=prefer, reverse=True) for pair in pairs]
    return [(one.index, other.index) for one, other in better if prefer(one) != prefer(other)]


def test_without_votes_it_says_what_to_do(run: Run) -> None:
    """Nothing is made up, and its repr is no error."""
    ranking = run.rank()
    for ask in (ranking.best, ranking.table, ranking.suggest, lambda: ranking.by("seed")):
        with pytest.raises(InvalidRequest, match=r"no votes yet; run.judge\(\) asks"):
            ask()

    assert "There are no votes yet" in repr(ranking)
    assert "There are no votes yet" in ranking._repr_html_()


def test_one_picture_is_nothing_to_compare(studio: Studio) -> None:
    """The sentence says how many there are, and how to have more."""
    run = leo.sweep("a fox", studio=studio, seed=[1], **SMALL).result(20)
    with pytest.raises(InvalidRequest, match=r"has one finished picture, and two are needed"):
        run.rank().best()
    with pytest.raises(InvalidRequest, match=r"has one finished picture, and two are needed"):
        run.judge()


@pytest.mark.parametrize("n", [0, -1, 2.5, "3", True])
def test_how_many_is_a_whole_number(run: Run, n: Any) -> None:
    """Said before anything is looked up."""
    for asked in (run.rank().best, run.rank().suggest):
        with pytest.raises(InvalidRequest, match="how many is a whole number above 0") as caught:
            asked(n)
        assert (1 if n in {0, -1} else 5) == caught.value.nearest


def test_the_best_come_first(run: Run) -> None:
    """As cells with their scores, each inside its interval; the list can be sliced."""
    judged(run, by_taste(run))
    best = run.rank().best(4)
    likes = [prefer(each.cell) for each in best]

    assert sorted(map(prefer, run.cells))[:-5:-1] == likes
    assert all(0 < low < score < high < 1 for _, score, low, high in best)
    assert best[0] == best[:2][0]
    assert isinstance(best[0], Ranked)
    assert repr(best).startswith(f"1. {percent(best[0].score)} (")


def test_few_votes_speak_for_values(run: Run) -> None:
    """Pictures that nobody has judged are ranked by what they share with those that were."""
    votes = [pair for pair in by_taste(run, 3) if 11 not in pair]
    judged(run, votes * 2)
    styles = run.rank().by("presetStyle")

    assert ["CINEMATIC", "ANIME"] == [row.label for row in styles]
    assert styles[1].score > 0.6
    assert styles[0].score < 0.4
    assert 11 in [each.cell.index for each in run.rank().best(6)]


def test_scores_of_an_axis_keep_its_order(run: Run) -> None:
    """With how many pictures have the value, and an interval; any spelling of its name will do."""
    judged(run, by_taste(run))
    table = run.rank().by("guidanceScale")

    assert [(4, 4), (7, 4), (10, 4)] == [(row.value, row.pictures) for row in table]
    assert table[0].score < table[2].score
    assert all(row.low < row.score < row.high for row in table)
    with pytest.raises(
        InvalidRequest, match=r'by\(\): "colour" is no axis of this sweep'
    ) as caught:
        run.rank().by("colour")
    assert "colour" == caught.value.member


def test_rejected_pictures_are_not_the_best(run: Run) -> None:
    """They stand last in the table, without a place; what was said of them still counts."""
    judged(run, by_taste(run))
    first = run.rank().best(1)[0].cell
    run.studio.shelf.mark(first.picture, Mark(reject=True))
    ranking = run.rank()
    table = ranking.table()

    assert first != ranking.best(1)[0].cell
    assert (None, first) == (table[-1].place, table[-1].ranked.cell)
    assert 0.0 == table[-1].best
    assert 1.0 == pytest.approx(sum(row.best for row in table))


def test_all_rejected_is_said(run: Run) -> None:
    """No leader, no error."""
    judged(run, by_taste(run))
    run.studio.shelf.mark_all({cell.picture: Mark(reject=True) for cell in run.cells})

    assert "Every picture is rejected, so none is the best." == run.rank().sentence
    assert 0 == len(run.rank().best())


def test_failed_cells_take_no_part(studio: Studio, simulator: Simulator) -> None:
    """Nor do those that are not there yet; the others are ranked as ever."""
    simulator.script(method="POST", path="/generations", fail=True, times=1)
    run = leo.sweep("a fox", studio=studio, seed=[1, 2, 3], **SMALL).result(20)
    failed = next(iter(run.failures))
    others = [cell.index for cell in run.cells if cell.index != failed]
    judged(run, [(others[0], others[1]), (failed, others[1])])

    assert others == [each.cell.index for each in run.rank().best()]
    assert 2 == len(run.rank().table())


def test_votes_outlive_the_run(run: Run) -> None:
    """The same line again, parts of a run and unions know what was said of their pictures."""
    judged(run, by_taste(run))
    again = leo.sweep(
        "a fox",
        studio=run.studio,
        seed=[2, 3],
        guidance_scale=[4, 7, 10],
        presetStyle=["CINEMATIC", "ANIME"],
        **SMALL,
    ).result(20)

    whole, half = len(run.rank().votes), len(run.where(lambda point: point.seed == 2).rank().votes)
    assert whole > half > 0
    assert half == len(again.rank().votes)
    assert whole == len((run | again).rank().votes)


def test_votes_of_one_person_are_ranked_alone(run: Run) -> None:
    """Two tastes, two rankings, and one of both together."""
    judged(run, by_taste(run), by="Ann")
    judged(run, [(other, one) for one, other in by_taste(run)], by="Bob")
    ann, bob = run.rank(by="Ann").best(1)[0], run.rank(by="Bob").best(1)[0]

    assert prefer(ann.cell) > prefer(bob.cell)
    assert 0.4 < run.rank().best(1)[0].score < 0.75


def test_merged_votes_are_ranked_at_once(run: Run, tmp_path: Any) -> None:
    """The ranking that merged a file sees what came with it."""
    judged(run, by_taste(run))
    ranking = run.rank()
    before = [each.cell.index for each in ranking.best(5)]
    path = ranking.votes.save(tmp_path / "votes.jsonl")
    run.studio.shelf.remove_votes([vote.uid for vote in ranking.votes])
    gone = ranking.sentence
    ranking.votes.merge(path)

    assert "no votes yet" in gone
    assert before == [each.cell.index for each in ranking.best(5)]


def test_it_shows_itself(run: Run) -> None:
    """The sentence, five pictures with place and score, and nothing of a prompt that is markup."""
    judged(run, by_taste(run))
    html = run.rank()._repr_html_()

    assert 5 == html.count("<img src='data:image/jpeg;base64,")
    assert run.rank().sentence in re.sub(r"<[^>]+>", "", html)
    assert "is ahead after" in run.rank().sentence
    assert f"<Ranking of 'foxes': {run.rank().sentence}>" == repr(run.rank())
    assert len(html) < 300_000


def test_a_table_has_every_picture(run: Run) -> None:
    """Place by place, with how many votes each had; pandas takes it with a column an axis."""
    pairs = by_taste(run)
    judged(run, pairs)
    table = run.rank().table()
    frame = run.rank().to_pandas()

    assert list(range(1, 13)) == [row.place for row in table]
    assert 2 * len(pairs) == sum(row.votes for row in table)
    assert ["place", "seed", "guidance_scale", "presetStyle", "score"] == list(frame.columns)[:5]
    assert [row.ranked.cell.index for row in table] == list(frame["cell"])
    assert "is the best" in repr(table)


def test_of_very_many_pictures_a_part_is_compared(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Those with votes, and others spread over the run; the table says so."""
    monkeypatch.setattr(pool, "MOST_COMPARED", 6)
    judged(run, [(3, 5), (3, 7)])
    table = run.rank().table()
    kept = {row.ranked.cell.index for row in table}

    assert 6 == len(kept)
    assert {3, 5, 7} < kept
    assert 3 == run.rank().best(1)[0].cell.index
    assert "6 of 12 pictures take part." in repr(table)


# -- what to try next


def test_suggested_cells_are_new(run: Run) -> None:
    """Between and beyond the numbers of the best, and other seeds; nothing is sent."""
    judged(run, by_taste(run) * 2)
    simulator = run.studio.simulator
    assert simulator is not None
    sent = simulator.creates
    plan = run.rank().suggest(6)
    have = {cell.picture for cell in run.cells}

    assert 6 == len(plan)
    assert set() == have & {cell.picture for cell in plan}
    assert {"ANIME"} == {cell.coords["presetStyle"] for cell in plan}
    assert any(cell.coords["guidance_scale"] > 7 for cell in plan)
    assert sent == simulator.creates
    assert plan.name.startswith("foxes, suggested")


def test_a_suggested_plan_can_be_started_and_joined(run: Run) -> None:
    """It takes no other sweep's name, and its pictures can be judged with the others."""
    judged(run, by_taste(run))
    plan = run.rank().suggest(3)
    both = run | plan.start().result(20)

    assert 15 == len(both)
    assert plan.name != run.name
    assert "on 15 pictures" in both.rank().sentence


def test_suggestions_do_not_take_each_others_names(run: Run) -> None:
    """Of two that were asked for before one was started, both are in the library."""
    judged(run, by_taste(run))
    plans = [run.rank().suggest(3), run.rank().suggest(2)]
    started = [plan.start().result(20) for plan in plans]

    assert ["foxes, suggested", "foxes, suggested 2"] == [each.name for each in started]
    assert [3, 2] == [len(leo.open_sweep(each.name, studio=run.studio)) for each in started]


@pytest.mark.parametrize(("n", "cells"), [(8, 8), (1, 4), (6, 4)])
def test_pictures_of_a_batch_are_all_counted(studio: Studio, n: int, cells: int) -> None:
    """Eight cells are two requests for four pictures, and one is the least."""
    run = leo.sweep(
        "a fox", studio=studio, seed=[1, 2], guidance_scale=[3, 7], num_images=4, **SMALL
    ).result(20)
    judged(run, [(0, 5), (1, 6), (2, 9)])

    assert cells == len(run.rank().suggest(n))


def test_holes_are_suggested(run: Run) -> None:
    """A combination that is missing, where its neighbours are liked."""
    judged(run, by_taste(run) * 2)
    best = run.rank().best(1)[0].cell.coords
    part = run.where(lambda point: dict(point) != best)
    plan = part.rank().suggest(8)

    assert best in [cell.coords for cell in plan]


def test_seeds_are_suggested_where_none_varies(studio: Studio) -> None:
    """The one that all cells share becomes an axis."""
    run = leo.sweep(
        "a fox", studio=studio, seed=7, presetStyle=["CINEMATIC", "ANIME"], **SMALL
    ).result(20)
    judged(run, [(1, 0)] * 3)
    plan = run.rank().suggest(3)

    assert [{"presetStyle": "ANIME", "seed": n} for n in (8, 9, 10)] == sorted(
        (cell.coords for cell in plan), key=lambda coords: coords["seed"]
    )


def test_what_the_service_refuses_is_not_suggested(studio: Studio) -> None:
    """Past the end of a limit, and between two whole numbers, there is nothing."""
    run = leo.sweep("a fox", studio=studio, seed=[1, 2], guidance_scale=[19, 20], **SMALL).result(
        20
    )
    judged(run, [(1, 0), (3, 2)] * 3)
    plan = run.rank().suggest(30)

    assert {19, 20} >= {cell.coords["guidance_scale"] for cell in plan if cell.coords["seed"] > 2}
    assert all(1 <= cell.coords["guidance_scale"] <= 20 for cell in plan)
    assert 0 < len(plan) < 30


def test_slots_of_a_prompt_are_kept(studio: Studio) -> None:
    """A word that varies stands in the suggested prompts, too."""
    space = leo.prompt("a {animal} at dawn", animal=["fox", "hare"])
    run = leo.sweep(space, studio=studio, seed=[1, 2], **SMALL).result(20)
    judged(run, [(cell.index, 1 - cell.index) for cell in run.cells[:1]] * 2)
    plan = run.rank().suggest(2)

    assert {"a fox at dawn", "a hare at dawn"} >= {cell.request.prompt for cell in plan}
    assert 2 == len(plan)


# -- runs that nobody paid for


def test_a_replay_is_judged_without_a_service(tmp_path: Path, studio: Studio) -> None:
    """Its pictures are ranked; what it suggests is a plan for a studio that can be asked."""
    path = put(tmp_path / "foxes.zip", packed(manifest()))
    with closing(leo.replay(path, speed=1_000, clock=ManualClock()).finish()) as run:
        judged(run, [(2, 0), (2, 1), (2, 3)])
        plan = run.rank().suggest(2)

        assert 2 == run.rank().best(1)[0].cell.index
        assert [4, 5] == sorted(cell.coords["seed"] for cell in plan)
        assert plan._studio is None


def test_pictures_of_a_folder_are_judged(run: Run, tmp_path: Path, studio: Studio) -> None:
    """A run that is made of files has the same rank as any."""
    run.to_folder(tmp_path / "foxes")
    found = leo.from_files(tmp_path / "foxes", studio=studio)
    judged(found, [(1, 0), (1, 2)])

    assert 1 == found.rank().best(1)[0].cell.index
    assert "on 12 pictures" in found.rank().sentence
