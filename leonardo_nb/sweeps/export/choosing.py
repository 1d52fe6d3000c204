"""Which export a name means: by its ending for `run.export`, by its word for the command."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from leonardo_nb.errors import InvalidRequest
from leonardo_nb.sweeps.export.names import plain_name
from leonardo_nb.sweeps.export.writing import place_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from leonardo_nb.sweeps.export.writing import Told
    from leonardo_nb.sweeps.run import Run

__all__ = ["KINDS", "Kind", "export", "kind_of", "named", "place_for"]


@dataclass(frozen=True, slots=True)
class Kind:
    """
    A way to hand a sweep on.

    Attributes:
        word: What the command calls it.
        endings: Of the files; the first one is taken where none is named.
        says: What it is, for whoever chooses.
        tells: Whether it says how far it is.
    """

    word: str
    endings: tuple[str, ...]
    says: str
    tells: bool = False


KINDS: Final = (
    Kind("html", (".html", ".htm"), "one file with the whole sheet, for any browser", tells=True),
    Kind("folder", ("",), "pictures, a table, and what a data set loader wants", tells=True),
    Kind("sheet", (".jpg", ".jpeg", ".png"), "contact sheets to look at or print", tells=True),
    Kind("replay", (".zip",), "a file that plays the run again"),
    Kind("csv", (".csv",), "a table for spreadsheets"),
    Kind("parquet", (".parquet",), "a table with types; needs pyarrow"),
    Kind("json", (".json",), "the plan, to be made again"),
    Kind("gif", (".gif",), "a film along one axis, 256 colours", tells=True),
    Kind("webp", (".webp",), "a film along one axis, small", tells=True),
    Kind("mp4", (".mp4",), "a film along one axis, for players", tells=True),
)


def kind_of(path: Path) -> Kind:
    """
    Return the kind that the ending of *path* means; none means a folder.

    Raises:
        InvalidRequest: It means none; the error names those there are.
    """
    ending = path.suffix.lower()
    for kind in KINDS:
        if ending in kind.endings:
            return kind
    endings = [each for kind in KINDS for each in kind.endings if each]
    usual = [kind.endings[0] for kind in KINDS if kind.endings[0]]
    raise InvalidRequest(
        f"export(): {path.name} ends in none of {', '.join(endings)}; a name without an ending is "
        "a folder.",
        member="path",
        value=str(path),
        nearest=next(iter(difflib.get_close_matches(ending, usual, 1, 0.4)), ".html"),
    )


def named(word: str) -> Kind:
    """
    Return the kind that the command calls *word*.

    Raises:
        InvalidRequest: There is none; the error names those there are.
    """
    by_word = {kind.word: kind for kind in KINDS}
    if word in by_word:
        return by_word[word]
    near = next(iter(difflib.get_close_matches(word[:100], by_word, 1, 0.5)), "html")
    raise InvalidRequest(
        f'A sweep is not handed on as "{word[:100]}"; did you mean "{near}"? There are '
        f"{', '.join(by_word)}.",
        member="to",
        value=word,
        nearest=near,
    )


def place_for(run: Run, kind: Kind, *, prompt: bool = True) -> Path:
    """Return where *run* is handed on to where nobody has said it: here, by its name."""
    name = run.name if prompt else " x ".join(axis.name for axis in run.axes)
    return Path(f"{plain_name(name, 60) or 'sweep'}{kind.endings[0]}")


def export(
    run: Run,
    path: str | Path,
    kind: Kind | None = None,
    *,
    prompt: bool = True,
    told: Told | None = None,
    **options: Any,  # noqa: ANN401  those of the export that is meant
) -> Path:
    """
    Hand *run* on as the ending of *path*, or *kind*, says, and return what was written.

    Of several contact sheets it is the first page.
    """
    place = place_of(path)
    kind = kind or kind_of(place)
    if kind.tells and told is not None:
        options["told"] = told
    made = _way(run, kind)(place, prompt=prompt, **options)
    return made if isinstance(made, Path) else made[0]


def _way(run: Run, kind: Kind) -> Callable[..., Path | Sequence[Path]]:
    """Return what writes *run* as *kind*; each room opens when it is needed."""
    match kind.word:
        case "html":
            from leonardo_nb.sweeps.export.html import to_html

            return partial(to_html, run)
        case "folder":
            from leonardo_nb.sweeps.export.folder import to_folder

            return partial(to_folder, run)
        case "gif" | "webp" | "mp4":
            from leonardo_nb.sweeps.export.animation import animate

            return partial(animate, run)
        case "sheet":
            return run.contact_sheets
        case "replay":
            return run.to_replay
        case "csv":
            return run.to_csv
        case "parquet":
            return run.to_parquet
        case _:
            return run.to_json
