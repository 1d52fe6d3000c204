"""A library that is damaged behind its head, or that was taken away from its pictures."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from leonardo_nb import doctor
from leonardo_nb.errors import LibraryError
from leonardo_nb.library.ledger import Ledger
from leonardo_nb.library.records import JobRecord

if TYPE_CHECKING:
    from pathlib import Path


def record(number: int) -> JobRecord:
    return JobRecord(
        uid=f"u{number}",
        kind="generation",
        state="request",
        request={"prompt": "a fox " * 100},
        content_key=f"k{number}",
        simulated=True,
        base_url="http://simulator.invalid",
        created=datetime(2026, 1, 1, tzinfo=UTC),
    )


def found(what: str) -> doctor.Finding:
    return next(each for each in doctor.examine() if each.what == what)


def test_the_doctor_reads_the_whole_library(library_folder: Path) -> None:
    """Damage in a page that no ordinary question reads is found, and nothing is changed."""
    library_folder.mkdir()
    ledger = Ledger(library_folder)
    ledger.intend_all([record(number) for number in range(400)])
    ledger.close()
    path = library_folder / "library.sqlite"
    assert doctor.Verdict.FINE == found("opens").verdict
    whole = path.read_bytes()
    place = whole.rindex(b"a fox") // 4096 * 4096
    path.write_bytes(whole[:place] + b"\xa5" * 4096 + whole[place + 4096 :])
    left = path.read_bytes()
    assert 400 == Ledger(library_folder).count()

    finding = found("opens")

    assert doctor.Verdict.MEND == finding.verdict
    assert "damaged" in finding.advice or "malformed" in finding.advice
    assert "Nothing was overwritten" in finding.advice
    assert left == path.read_bytes()


@pytest.mark.parametrize("has_pictures", [True, False])
def test_an_empty_file_beside_pictures_is_no_new_library(
    tmp_path: Path, has_pictures: bool
) -> None:
    """Something went wrong there; without pictures it is a new one."""
    path = tmp_path / "library.sqlite"
    path.touch()
    (tmp_path / "media").mkdir()
    if has_pictures:
        (tmp_path / "media" / "ab").mkdir()
        with pytest.raises(LibraryError, match=r"is empty, and there are pictures beside it"):
            Ledger(tmp_path)
        assert b"" == path.read_bytes()
    else:
        assert 0 == Ledger(tmp_path).count()
