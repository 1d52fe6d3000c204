"""
A sweep as a folder: its pictures under names that say where they stand, and what is known of them.

The folder is an image folder of the `datasets` library: `metadata.jsonl` lies with the pictures and
begins each line with `file_name`. Tried with datasets 4: in a folder called `train` it is found as
it is; beside other files only `load_dataset("imagefolder", data_dir=...)` finds it, and a label
such as "test" in a picture's name is then taken for a split.
"""

from __future__ import annotations

import io
import json
import textwrap
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, Final, Literal, get_args

from leonardo_nb.errors import ExportFailed, InvalidRequest
from leonardo_nb.service.values import shown
from leonardo_nb.sweeps import provenance as provenance_
from leonardo_nb.sweeps.estimate import counted
from leonardo_nb.sweeps.export.handout import Handout
from leonardo_nb.sweeps.export.names import stems_of
from leonardo_nb.sweeps.export.rows import rows_of
from leonardo_nb.sweeps.export.tables import as_csv
from leonardo_nb.sweeps.export.writing import MADE_BY, place_of, refused, written_folder
from leonardo_nb.whole import written_whole

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from pathlib import Path

    from leonardo_nb.engine.media import Image
    from leonardo_nb.sweeps.export.rows import Row
    from leonardo_nb.sweeps.export.writing import Told
    from leonardo_nb.sweeps.provenance import Embedded, Provenance
    from leonardo_nb.sweeps.run import Run

__all__ = ["FolderLayout", "to_folder", "write_beside"]

FolderLayout = Literal["train", "flat"]
SPEC: Final = "sweep.json"
"""What shows that a folder is one of ours."""
ENDINGS: Final = frozenset({".jpg", ".jpeg", ".png", ".webp"})
QUALITY: Final = 95
"""Of pictures that are drawn anew; PNG loses nothing."""
WIDTH: Final = 78
"""Characters in a line of README.txt."""


def to_folder(
    run: Run,
    path: str | Path,
    *,
    prompt: bool = True,
    layout: FolderLayout = "train",
    provenance: bool = True,
    told: Told | None = None,
) -> Path:
    """
    Write the pictures of *run* and what is known of them into a folder, and return its path.

    Pictures are the service's own files, encoded anew only where words are to be left out that
    cannot be taken out of a file. `data.csv` has every cell, also those without a picture; a
    picture whose file is gone or damaged is none. `sweep.json` makes the plan again. A folder that
    is ours and of the same sweep is gone on with: what is there already is not written again.

    Args:
        run: The run, or a part of it.
        path: The folder; a new one, an empty one, or one of the same sweep.
        prompt: False leaves out all words that somebody wrote, in names and files too. A picture
            that may say them and cannot be changed, such as a signed one, is drawn anew without
            its signature; so is one that has words where *provenance* is False.
        layout: `"train"` puts the pictures and `metadata.jsonl` into a folder of that name, where
            loaders of data sets look; `"flat"` puts everything into one folder.
        provenance: Put into each copy how it was made, without touching its pixels; False copies
            files byte for byte. A file that must not change gets a file beside it instead.
        told: Called with pictures written and pictures in all.

    Raises:
        ExportFailed: The folder holds something else, or the disk refuses it.
        LibraryError: A picture's file went while this was written.
        InvalidRequest: *layout* is no layout.
    """
    if layout not in get_args(FolderLayout):
        raise InvalidRequest(
            f'to_folder(): layout={shown(layout)} is neither "train" nor "flat".',
            member="layout",
            value=layout,
            nearest="train",
        )
    place, handout = place_of(path), Handout(run, prompt=prompt)
    names = {
        index: f"{stem}{handout.pictures[index].path.suffix}"
        for index, stem in enumerate(stems_of(handout))
        if index in handout.pictures
    }
    inner = "train" if layout == "train" else ""
    fill = partial(_fill, inner, handout, names, provenance=provenance, told=told)
    _filled(place, inner, handout, names, fill)
    return place


def write_beside(place: Path, handout: Handout, names: Mapping[int, str]) -> None:
    """
    Write pictures into the folder *place*, with a `sweep.json` by which it is known for ours.

    Raises:
        ExportFailed: It holds something else, or the disk refuses it.
        LibraryError: A picture's file went while this was written.
    """

    def fill(folder: Path) -> None:
        _put(folder / SPEC, _spec(handout))
        _write_pictures(folder, handout, names)

    _filled(place, "", handout, names, fill)


def _filled(
    place: Path,
    inner: str,
    handout: Handout,
    names: Mapping[int, str],
    fill: Callable[[Path], None],
) -> None:
    """Have *place* filled: a new folder when it is whole, one of the same sweep as it is."""
    try:
        if _goes_on(place, inner, handout, names.values()):
            fill(place)
        else:
            with written_folder(place) as whole:
                fill(whole)
    except OSError as error:
        raise refused(place, error) from error


def _goes_on(place: Path, inner: str, handout: Handout, names: Iterable[str]) -> bool:
    """
    Whether *place* is a folder of the same sweep; False where nothing is there.

    Raises:
        ExportFailed: It holds something else.
    """
    if not place.exists():
        return False
    if not place.is_dir():
        raise ExportFailed(f"{place} is a file; name a folder.", path=place)
    if not any(place.iterdir()):
        return False
    name = _name_in(place / SPEC)
    if name is None:
        raise ExportFailed(
            f"{place} has something else in it, so it was left alone; name a new folder.",
            path=place,
        )
    known = set(names)
    other = (file for file in (place / inner).glob("*") if file.suffix in ENDINGS)
    strange = next((file for file in other if file.name not in known), None)
    if name != handout.name or strange is not None:
        has = f'the sweep "{name}"' if name != handout.name else f"{strange.name}"  # type: ignore[union-attr]
        raise ExportFailed(
            f"{place} has {has}, which is no part of what is to be written; name another folder.",
            path=place,
        )
    return True


def _name_in(file: Path) -> str | None:
    """Return the name of the sweep that *file* is the `sweep.json` of, or None."""
    if not file.is_file():
        return None
    try:
        spec = json.loads(file.read_text(encoding="utf-8"))
    except ValueError:
        return None
    if not isinstance(spec, dict) or spec.get("leonardo_nb") != "sweep":
        return None
    return str(spec.get("name"))


def _fill(
    inner: str,
    handout: Handout,
    names: Mapping[int, str],
    folder: Path,
    *,
    provenance: bool,
    told: Told | None,
) -> None:
    files = {index: f"{inner}/{name}" if inner else name for index, name in names.items()}
    rows = rows_of(handout, files)
    # first, so that a folder that was interrupted is known to be ours
    _put(folder / SPEC, _spec(handout))
    _write_pictures(folder / inner, handout, names, provenance=provenance, told=told)
    _put(folder / inner / "metadata.jsonl", _metadata(rows, names))
    _put(folder / "data.csv", as_csv(rows))
    _put(folder / "README.txt", _readme(handout, inner).encode())


def _spec(handout: Handout) -> bytes:
    return f"{json.dumps(handout.spec, ensure_ascii=False, indent=1)}\n".encode()


def _write_pictures(
    folder: Path,
    handout: Handout,
    names: Mapping[int, str],
    *,
    provenance: bool = True,
    told: Told | None = None,
) -> None:
    """
    Write the picture of each cell into *folder*, under its name; what is there stays if it is it.

    Raises:
        OSError: The disk refuses it.
        LibraryError: A picture's file went while this was written.
    """
    for done, (index, name) in enumerate(names.items()):
        if told is not None:
            told(done, len(names))
        what = None
        if provenance:
            what = provenance_.of_cell(handout.run, handout.cells[index], prompt=handout.prompt)
            # a name may be made of the first words of a prompt
            what = replace(what, sweep=handout.name)
        copy = _copy(handout.pictures[index], what, is_whole=handout.prompt)
        if copy.sidecar is not None:
            _put((folder / name).with_suffix(".json"), copy.sidecar)
        _put(folder / name, copy.data)
    if told is not None:
        told(len(names), len(names))


def _copy(image: Image, what: Provenance | None, *, is_whole: bool) -> Embedded:
    """Return a copy of *image* that says *what*; and nothing else that tells, but if *is_whole*."""
    data = image.read_bytes()
    if what is None:
        is_kept = is_whole or not provenance_.is_telling(data)
        return provenance_.Embedded(data if is_kept else _redrawn(image))
    try:
        return provenance_.embed(data, what)
    except InvalidRequest:  # it may say what is withheld
        return provenance_.embed(_redrawn(image), what)


def _redrawn(image: Image) -> bytes:
    """Return *image* in its own format with its colours, and without what else is in its file."""
    picture = image.pil()
    colours = picture.info.get("icc_profile")
    picture.info.clear()
    drawn = io.BytesIO()
    kind = image.media_type.removeprefix("image/").upper()
    picture.save(drawn, kind, quality=QUALITY, icc_profile=colours)
    return drawn.getvalue()


def _put(file: Path, data: bytes) -> None:
    """Write *data* to *file*, unless it is there."""
    if file.is_file() and file.stat().st_size == len(data) and file.read_bytes() == data:
        return
    file.parent.mkdir(parents=True, exist_ok=True)
    with written_whole(file) as part:
        part.write_bytes(data)


def _metadata(rows: list[Row], names: Mapping[int, str]) -> bytes:
    """Return one line of JSON for each picture; every line has the same members."""
    lines: list[dict[str, Any]] = [
        {"file_name": names[row["cell"]], **{k: v for k, v in row.items() if k != "file"}}
        for row in rows
        if row["cell"] in names
    ]
    return "".join(f"{json.dumps(line, ensure_ascii=False)}\n" for line in lines).encode()


def _readme(handout: Handout, inner: str) -> str:
    simulated = " They were drawn by the built-in simulator." if handout.run.simulated else ""
    has = counted(len(handout.pictures), "picture")
    where = f"{inner}/" if inner else "this folder"
    said = [
        f'{has} of the sweep "{handout.name}": {handout.headline()}.{simulated}',
        handout.missing(),
        f"The pictures are in {where}, named after their place in the sweep, with "
        "metadata.jsonl, which says of each how it was made. data.csv has one line for each cell, "
        "also for those without a picture. sweep.json says what was asked for"
        + ("." if handout.prompt else ", without its words."),
    ]
    asked = '"."' if inner else '"imagefolder", data_dir="."'
    code = [
        f"datasets:     load_dataset({asked})",
        'pandas:       pandas.read_csv("data.csv")',
    ]
    if handout.prompt:
        code.append('leonardo_nb:  leo.from_files(".")')
    wrapped = "\n\n".join(textwrap.fill(each, WIDTH) for each in said if each)
    made = f"Made with {MADE_BY.decode()}."
    return "\n".join([wrapped, "", *(f"  {line}" for line in code), "", made, ""])
