from __future__ import annotations

import json
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leonardo_nb.errors import ExportFailed, InvalidRequest
from leonardo_nb.library.ledger import Ledger
from leonardo_nb.library.shelf import Shelf
from leonardo_nb.sweeps.judging.votes import Votes
from tests.sweeps.votes import vote

if TYPE_CHECKING:
    from random import Random

    from leonardo_nb.studios import Studio

PICTURES = frozenset("abcd")
HEADER = '{"leonardo_nb": "votes", "version": 1}\n'
LINE = json.dumps(
    {"uid": "x", "winner": "a", "loser": "b", "at": "2026-11-22T12:00:00", "tie": False}
)


def of(studio: Studio, by: str | None = None) -> Votes:
    return Votes(studio.shelf, "foxes", PICTURES, by=by)


def test_votes_are_those_on_pictures_of_the_run(studio: Studio) -> None:
    """Whichever sweep they were given in, oldest first; of one person where that is asked."""
    studio.shelf.add_votes(
        [vote("2", "a", "b", by="ann"), vote("1", "c", "d", tie=True), vote("3", "a", "z")]
    )

    assert ["1", "2"] == [each.uid for each in of(studio)]
    assert ["2"] == [each.uid for each in of(studio, "ann")]
    assert "<Votes: 2, 1 of them equal, by 2 people>" == repr(of(studio))


def test_saved_votes_come_back(studio: Studio, tmp_path: Path) -> None:
    """As they were; merged a second time, they are known."""
    given_ = [vote("1", "a", "b", by="Ännchen"), vote("2", "c", "a", tie=True)]
    studio.shelf.add_votes(given_)
    path = of(studio).save(tmp_path / "votes.jsonl")
    studio.shelf.remove_votes(["1", "2"])
    votes = of(studio)

    assert "2 new votes." == str(votes.merge(path))
    assert given_ == list(votes)
    assert "0 new votes, 2 known already." == str(votes.merge(path))


def test_votes_on_other_pictures_are_kept_and_counted(studio: Studio, tmp_path: Path) -> None:
    """A friend's sweep may have more pictures."""
    file = tmp_path / "votes.jsonl"
    file.write_text(HEADER + LINE + "\n" + LINE.replace('"x"', '"y"').replace('"a"', '"far"'))
    votes = of(studio)
    merged = votes.merge(file)

    assert (2, 0, 1) == (merged.new, merged.known, merged.unknown)
    assert "1 is about pictures that this run does not have" in str(merged)
    assert (1, 2) == (len(votes), len(studio.shelf.votes()))


def test_a_file_has_no_name_of_the_sweep(studio: Studio, tmp_path: Path) -> None:
    """A sweep's name begins with the prompt's words, which are nobody else's business."""
    studio.shelf.add_votes([vote("1", "a", "b")])

    assert "foxes" not in of(studio).save(tmp_path / "votes.jsonl").read_text("utf-8")


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("", "is empty"),
        ("a,b\n1,2\n", "is no file of votes"),
        ('{"leonardo_nb": "sweep", "version": 1}', "is no file of votes"),
        ('{"leonardo_nb": "votes", "version": 2}', "was written by a newer leonardo_nb"),
        (HEADER + LINE + "\n" + LINE[:40], "is damaged: its line 3 is no vote"),
        (HEADER + LINE.replace('"b"', '"a"'), "line 2 is no vote"),
        (HEADER + LINE.replace("2026-11", "2026-13"), "line 2 is no vote"),
        (HEADER + LINE.replace('"b"', json.dumps("\ud800")), "line 2 is no vote"),
        (HEADER + LINE.replace('"b"', json.dumps("b" * 1_000)), "line 2 is no vote"),
        (HEADER + "[" * 100_000, "line 2 is no vote"),
    ],
)
def test_other_files_are_refused(
    studio: Studio, tmp_path: Path, content: str, sentence: str
) -> None:
    """One sentence says why, and nothing of the file was added."""
    file = tmp_path / "votes.jsonl"
    file.write_text(content, "utf-8")
    with pytest.raises(InvalidRequest) as caught:
        of(studio).merge(file)

    assert sentence in str(caught.value)
    assert "no vote was added" in str(caught.value)
    assert () == studio.shelf.votes()


def test_files_that_cannot_be_read_or_written_are_refused(studio: Studio, tmp_path: Path) -> None:
    """A picture, a folder, a path that is not there."""
    (tmp_path / "fox.png").write_bytes(b"\x89PNG\xff")
    for path in (tmp_path / "fox.png", tmp_path, tmp_path / "gone.jsonl"):
        with pytest.raises(InvalidRequest, match="no vote was added"):
            of(studio).merge(path)
    with pytest.raises(ExportFailed, match="is a folder"):
        of(studio).save(tmp_path)


def test_saving_replaces_votes_and_nothing_else(studio: Studio, tmp_path: Path) -> None:
    """Somebody's own file stays as it is, and no half of ours lies beside it."""
    own, votes = tmp_path / "thesis.jsonl", tmp_path / "votes.jsonl"
    own.write_text("three years of work", "utf-8")
    of(studio).save(votes)
    studio.shelf.add_votes([vote("1", "a", "b")])
    of(studio).save(votes)
    with pytest.raises(ExportFailed, match="left alone"):
        of(studio).save(own)

    assert "three years of work" == own.read_text("utf-8")
    assert 2 == len(votes.read_text("utf-8").splitlines())
    assert [own, votes] == sorted(tmp_path.glob("*.jsonl"))
    assert [] == list(tmp_path.glob("*.part"))


LOGS = st.lists(st.lists(st.integers(0, 30), max_size=8), min_size=1, max_size=4)
PAIRS = [("a", "b"), ("c", "b"), ("d", "a"), ("b", "d")]


@settings(max_examples=12, deadline=None)
@given(LOGS, st.randoms())
def test_logs_merge_in_any_order(logs: list[list[int]], random: Random) -> None:
    """Several people's logs, in any order and some of them twice, are the same votes."""
    again = [*range(len(logs)), *range(len(logs))[:2]]
    random.shuffle(again)
    results = []
    with TemporaryDirectory() as name:
        folder = Path(name)
        for number, log in enumerate(logs):
            (folder / f"from-{number}").mkdir()
            with closing(Ledger(folder / f"from-{number}")) as ledger:
                shelf = Shelf(ledger.database, "simulator")
                shelf.add_votes(vote(f"v{n}", *PAIRS[n % 4], tie=n % 7 == 0) for n in log)
                Votes(shelf, "foxes", PICTURES).save(folder / f"{number}.jsonl")
        for number, order in enumerate((range(len(logs)), again)):
            (folder / f"to-{number}").mkdir()
            with closing(Ledger(folder / f"to-{number}")) as ledger:
                votes = Votes(Shelf(ledger.database, "simulator"), "foxes", PICTURES)
                for log_number in order:
                    votes.merge(folder / f"{log_number}.jsonl")
                results.append(list(votes))

    assert results[0] == results[1]
    assert {f"v{n}" for log in logs for n in log} == {each.uid for each in results[0]}
