"""Replay files that are damaged, made up, or meant badly."""

from __future__ import annotations

import json
import struct
import tempfile
import zipfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leonardo_nb.errors import ReplayError
from leonardo_nb.library.shelf import Mark
from leonardo_nb.sweeps.recorded import unpacking
from leonardo_nb.sweeps.recorded.unpacking import unpacked
from leonardo_nb.sweeps.replay import Replay, replay
from tests.sweeps.recordings import manifest, marked, packed, picture, put, take, webp

WHOLE = packed(manifest())


def refused(tmp_path: Path, data: bytes) -> str:
    """Return why *data* cannot be played."""
    folder = tmp_path / "unpacked"
    folder.mkdir(exist_ok=True)
    with pytest.raises(ReplayError) as caught:
        unpacked(put(tmp_path / "foxes.zip", data), folder)
    said = str(caught.value)
    assert said.startswith('"foxes.zip" ')
    assert "Nothing of it was kept" in said
    assert set() == {each for each in tmp_path.rglob("*") if each.parent.name not in WHERE} - {
        folder,
        folder / "media",
        tmp_path / "foxes.zip",
    }
    return said


WHERE = {"media"}
"""The one folder that anything is ever written to."""


def linked(name: str) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name)
    info.external_attr = 0o120777 << 16
    return info


def test_a_whole_file_is_read(tmp_path: Path) -> None:
    """The one that all others here are damaged from is good."""
    recording, files = unpacked(put(tmp_path / "foxes.zip", WHOLE), tmp_path / "unpacked")

    assert 4 == len(recording.cells) == len(files)
    assert {"media"} == {each.path.parent.name for each in files.values()}


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "no whole zip file"),
        (b"not a zip file at all", "no whole zip file"),
        (WHOLE[: len(WHOLE) // 2], "no whole zip file"),
        (WHOLE[:-30], "no whole zip file"),
        (packed(None), "it has no manifest.json"),
        (packed(b"{"), "its manifest is no JSON"),
        (packed(b"\xff\xfe"), "its manifest is no JSON"),
        (packed(b"[" * 100_000), "its manifest is no JSON"),
        (packed(b"[]"), "something else"),
        (packed({"leonardo_nb": "sweep", "version": 1}), "something else"),
        (packed(manifest(version=0)), "version"),
        (packed(manifest(version=True)), "version"),
        (packed(manifest(jobs=[])), "jobs"),
        (packed(manifest(cells=[])), "cells"),
        (packed(json.dumps(manifest(fixed={"a": 1}))[:-1].encode() + b', "x": NaN}'), "no JSON"),
    ],
)
def test_what_is_no_replay_is_refused(tmp_path: Path, data: bytes, why: str) -> None:
    """Each has its own sentence."""
    assert why in refused(tmp_path, data)


def test_a_newer_file_says_so(tmp_path: Path) -> None:
    """What a later version has made asks for that version."""
    assert "newer leonardo_nb" in refused(tmp_path, packed(manifest(version=2, cells="elsewhere")))


@pytest.mark.parametrize(
    "name",
    [
        "../out.txt",
        "media/../../out.txt",
        "/etc/out.txt",
        "C:\\out.txt",
        "media\\..\\out.txt",
        "media/",
        "media/fox.webp",
        f"media/{'0' * 64}.svg",
        "note.txt",
    ],
)
def test_names_that_we_do_not_give_are_refused(tmp_path: Path, name: str) -> None:
    """A member is one of ours by its name, or nothing of the file is taken."""
    assert "does not belong" in refused(tmp_path, packed(manifest(), [(name, b"out")]))


def test_a_name_with_a_second_end_is_refused(tmp_path: Path) -> None:
    """What readers see before and behind a zero byte are two names."""
    entry = f"media/{'0' * 64}.webp"
    data = packed(manifest(), [(f"{entry}_x.png", b"out")])

    said = refused(tmp_path, data.replace(f"{entry}_x".encode(), f"{entry}\0x".encode()))

    assert "does not belong" in said or "no whole zip file" in said


def test_links_are_refused(tmp_path: Path) -> None:
    """A member with a good name that is a symbolic link is none of ours."""
    data = packed(manifest(), [(linked(f"media/{'0' * 64}.png"), b"/etc/passwd")])

    assert "a link" in refused(tmp_path, data)


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_doubles_are_refused(tmp_path: Path) -> None:
    """Of two members of one name nobody knows which one counts."""
    name = picture(webp(1))["file"]

    assert "twice" in refused(tmp_path, packed(manifest(), [(name, b"another")]))


def test_bombs_are_refused(tmp_path: Path) -> None:
    """What would be far larger than it is, is not unpacked."""
    bomb = zipfile.ZipInfo(f"media/{'0' * 64}.png")
    bomb.compress_type = zipfile.ZIP_DEFLATED

    assert "would be" in refused(tmp_path, packed(manifest(), [(bomb, bytes(2_000_000))]))


def test_a_large_claim_is_refused(tmp_path: Path) -> None:
    """A member that says that it is a gigabyte is refused before it is opened."""
    name = picture(webp(0))["file"].encode()
    at = WHOLE.rindex(name) - 46  # of its entry in the list
    data = WHOLE[: at + 24] + struct.pack("<I", 1_000_000_000) + WHOLE[at + 28 :]

    assert "1,000,000,000 bytes" in refused(tmp_path, data)


def test_a_long_list_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """More members than a replay may have are not looked at; nor is a list that says it is long."""
    at = WHOLE.rindex(b"PK\5\6")
    lying = WHOLE[: at + 12] + struct.pack("<I", 1 << 30) + WHOLE[at + 16 :]
    assert "more than the" in refused(tmp_path, lying)

    monkeypatch.setattr(unpacking, "MOST_FILES", 3)
    assert "more than the 3 files" in refused(tmp_path, WHOLE)


def test_too_much_in_all_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The pictures together have a limit, too."""
    monkeypatch.setattr(unpacking, "MOST_BYTES", 100)

    assert "more than the 100 bytes" in refused(tmp_path, WHOLE)


def with_picture(**changes: Any) -> dict[str, Any]:
    return manifest(jobs=[take(0, media=[picture(webp(0), **changes)]), *map(take, (1, 2, 3))])


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"width": 17}, "not the picture that it says"),
        ({"height": 0}, "height"),
        ({"height": 10**30}, "height"),
        ({"file": "../../out.webp"}, "file"),
        ({"file": f"media/{'0' * 64}.webp"}, "not named by its content"),
        (
            {"file": f"media/{'0' * 64}.webp", "sha256": "0" * 64},
            "is not in it",
        ),
        ({"media_type": "image/svg+xml"}, "media_type"),
        ({"id": 7}, "id"),
        ({"nsfw": "no"}, "nsfw"),
    ],
)
def test_pictures_that_are_not_there_are_refused(
    tmp_path: Path, changes: dict[str, Any], why: str
) -> None:
    """What the manifest says of a picture has to be so."""
    assert why in refused(tmp_path, packed(with_picture(**changes)))


def test_what_is_no_picture_is_refused(tmp_path: Path) -> None:
    """Bytes whose name and sum are right and that nobody can draw."""
    fake = b"<svg onload=alert(1)>"
    entry = picture(fake)
    said = manifest(jobs=[take(0, media=[entry]), *map(take, (1, 2, 3))])

    assert "not the picture" in refused(tmp_path, packed(said, [(entry["file"], fake)]))


def test_a_picture_that_was_changed_is_refused(tmp_path: Path) -> None:
    """Its sum is not the one in the manifest, with a zip file that is whole."""
    entry = picture(webp(0) + b"1")
    said = manifest(jobs=[take(0, media=[entry]), *map(take, (1, 2, 3))])

    assert "was changed" in refused(tmp_path, packed(said, [(entry["file"], webp(0) + b"2")]))


@pytest.mark.parametrize(
    "changes",
    [
        {"ended": -1.0},
        {"ended": 1e300},
        {"ended": 0.1},
        {"sent": 0.7},
        {"accepted": "soon"},
        {"ended": None},
        {"key": "../x"},
        {"key": "f" * 64},
        {"request": {"prompt": 7}},
        {"request": {"prompt": "a fox", "spend": "everything"}},
        {"request": {"prompt": "a fox", "seed": 10**4000}},
        {"request": "a fox"},
        {"cost": {"amount": "1e999999999", "unit": "CREDITS"}},
        {"cost": {"amount": "7", "unit": "BITCOIN"}},
        {"cost": 7},
        {"end": "lost"},
        {"end": "failed"},
        {"media": []},
        {"media": [picture(webp(0))] * 101},
        {"id": None},
        {"simulated": "yes"},
        {"said": 5, "end": "failed", "media": []},
    ],
)
def test_jobs_that_cannot_be_are_refused(tmp_path: Path, changes: dict[str, Any]) -> None:
    """Times, amounts, types and requests are checked before any job is made."""
    jobs = [take(0, **changes), take(1), take(2), take(int("f" * 64, 16))]

    refused(tmp_path, packed(manifest(jobs=jobs)))


@pytest.mark.parametrize(
    "changes",
    [
        {"cells": [{"at": [0], "job": 0}] * 2},
        {"cells": [{"at": [4], "job": 0}]},
        {"cells": [{"at": [-1], "job": 0}]},
        {"cells": [{"at": [], "job": 0}]},
        {"cells": [{"at": [0, 0], "job": 0}]},
        {"cells": [{"at": [0], "job": 9}]},
        {"cells": [{"at": [0], "job": 0, "image": -1}]},
        {"cells": [{"at": [0], "job": 0}] * 10_001},
        {"axes": [{"name": "seed", "role": "member", "values": [1, 1], "labels": ["1", "1"]}]},
        {"axes": [{"name": "seed", "role": "member", "values": [1], "labels": []}]},
        {"axes": [{"name": "", "role": "member", "values": [1], "labels": ["1"]}]},
        {"axes": [{"name": "seed", "role": "king", "values": [1], "labels": ["1"]}]},
        {"axes": manifest()["axes"] * 2},
        {"axes": {}},
        {"fixed": []},
        {"fixed": {"seed": 1 << 64}},
        {"fixed": {"a": [[[[[[[]]]]]]]}},
        {"created": "yesterday"},
        {"created": "2026-01-01"},
        {"name": "x" * 1000},
    ],
)
def test_grids_that_cannot_be_are_refused(tmp_path: Path, changes: dict[str, Any]) -> None:
    """Each cell has one place on every axis, and a job; axes have values and labels."""
    refused(tmp_path, packed(manifest(**changes)))


@pytest.mark.parametrize(
    ("mark", "why"),
    [
        (7, "cells.1.mark"),
        ([], "cells.1.mark"),
        ("star", "cells.1.mark"),
        ({"star": 1}, "cells.1.mark.star"),
        ({"star": "yes"}, "cells.1.mark.star"),
        ({"reject": None}, "cells.1.mark.reject"),
        ({"note": 7}, "cells.1.mark.note"),
        ({"note": ["the ears"]}, "cells.1.mark.note"),
        ({"note": "x" * 2_001}, "at most 2000 characters"),
        ({"note": " ".join(map(str, range(700_000)))}, "at most 2000 characters"),
        ({"star": True, "reject": True}, "a picture has a star and is rejected"),
    ],
)
def test_marks_that_cannot_be_are_refused(tmp_path: Path, mark: object, why: str) -> None:
    """Flags are flags, and a note is a text as long as any; the sentence says which cell's."""
    said = json.dumps(manifest(cells=marked({1: mark}))).encode()

    assert why in refused(tmp_path, packed(said))


def test_half_a_character_in_a_note_is_refused(tmp_path: Path) -> None:
    """No database could keep it."""
    said = json.dumps(manifest(cells=marked({1: {"note": "\ud800"}}))).encode()

    assert "its manifest is no JSON" in refused(tmp_path, packed(said))


def test_two_marks_on_one_picture_are_refused(tmp_path: Path) -> None:
    """Of two cells that show it nobody knows which one counts."""
    cells = marked({0: {"star": True}, 1: {"reject": True}})
    cells[1]["job"] = 0

    assert "marked in two ways" in refused(tmp_path, packed(manifest(cells=cells)))


def test_what_a_newer_version_says_of_a_picture_is_passed_over(tmp_path: Path) -> None:
    """As everywhere in the manifest; what is known is taken."""
    cells = marked({0: {"star": True, "stars": 5}, 1: {"colour": "red"}, 2: None})
    path = put(tmp_path / "foxes.zip", packed(manifest(cells=cells)))

    run = replay(path)

    assert {0: Mark(star=True)} == run.marks
    run.close()


def test_a_million_cells_are_refused(tmp_path: Path) -> None:
    """They are counted and not made."""
    cells = b",".join(b'{"at":[%d],"job":%d}' % (n * 7919 % 9973, n % 9967) for n in range(10**6))
    said = json.dumps(manifest(cells="HERE")).encode().replace(b'"HERE"', b"[" + cells + b"]")

    assert "10000" in refused(tmp_path, packed(said))


def test_a_missing_file_and_a_folder_are_refused(tmp_path: Path) -> None:
    """No path that cannot be read ends in another error."""
    with pytest.raises(ReplayError, match="is not there"):
        replay(tmp_path / "none.zip")
    with pytest.raises(ReplayError, match="cannot be read"):
        replay(tmp_path)


def test_a_full_disk_says_so(tmp_path: Path) -> None:
    """What cannot be written is not the file's fault."""
    folder = tmp_path / "unpacked"
    (folder / picture(webp(0))["file"]).mkdir(parents=True)  # where a picture is to be

    with pytest.raises(ReplayError, match="could not be unpacked"):
        unpacked(put(tmp_path / "foxes.zip", WHOLE), folder)


def test_no_place_for_pictures_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a folder for temporary files nothing can be played."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "nowhere"))

    with pytest.raises(ReplayError, match="TMPDIR"):
        replay(put(tmp_path / "foxes.zip", WHOLE))


def test_nothing_is_left_of_what_was_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file whose last picture is bad leaves no folder behind."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))
    (tmp_path / "temporary").mkdir()
    path = put(tmp_path / "foxes.zip", packed(with_picture(width=17)))

    with pytest.raises(ReplayError):
        replay(path)

    assert [] == list((tmp_path / "temporary").iterdir())


@settings(max_examples=300, deadline=None)
@given(
    at=st.integers(0, len(WHOLE) - 1),
    cut=st.integers(0, 40),
    put_in=st.binary(max_size=40),
)
def test_no_damage_is_another_error(at: int, cut: int, put_in: bytes) -> None:
    """Whatever is changed in a file, it is played, or refused with our own error."""
    data = WHOLE[:at] + put_in + WHOLE[at + cut :]

    with tempfile.TemporaryDirectory() as folder:
        path = put(Path(folder) / "foxes.zip", data)
        try:
            unpacked(path, Path(folder) / "unpacked")
        except ReplayError as error:
            assert '"foxes.zip"' in str(error)  # noqa: PT017  most are, and some are not


VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text(max_size=5)
    | st.sampled_from(["complete", "media/x", 10**12, -1]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner),
    max_leaves=5,
)


def paths(said: Any, at: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Return where everything in *said* stands."""
    inside = said.items() if isinstance(said, dict) else enumerate(said)
    found = [at] if at else []
    if isinstance(said, dict | list):
        for name, value in inside:
            found += paths(value, (*at, name)) if isinstance(value, dict | list) else [(*at, name)]
    return found


MARKED = manifest(2, cells=marked({0: {"star": True}, 1: {"reject": True, "note": "hm"}}, 2))
PLACES = paths(MARKED)


@settings(max_examples=100, deadline=None)
@given(place=st.sampled_from(PLACES), value=VALUES)
def test_no_manifest_is_another_error(place: tuple[Any, ...], value: Any) -> None:
    """Whatever stands anywhere in the manifest, it is played, or refused with our own error."""
    said = json.loads(json.dumps(MARKED))
    inside = said
    for step in place[:-1]:
        inside = inside[step]
    inside[place[-1]] = value

    with tempfile.TemporaryDirectory() as folder:
        path = put(Path(folder) / "foxes.zip", packed(said))
        try:
            run = replay(path)
        except ReplayError as error:
            assert '"foxes.zip"' in str(error)  # noqa: PT017  most are, and some are not
        else:
            looked_at(run)


def looked_at(run: Replay) -> None:
    """Do with *run* what a sheet does."""
    run.finish()
    assert run.done()
    assert len(run) == len(run.states) == run.counts.total
    for cell in run.cells:
        run.layout.place(cell.coords)
        assert cell.request.code()
        assert run.job(cell).to_dict()
    assert repr(run)
    assert all(axis.labels for axis in run.axes)
    assert all(run.marks.values())
    assert run.cost is None or run.cost.amount >= 0
    run.close()
