"""
How a widget's page files are put together.

A page gets one self-contained script and one style sheet from each widget, and loads nothing. So
what widgets share, `common.js` and `common.css`, is put before each one's own files here, and so is
what some of them share, as cards do `card_base.js`, and the parts of a large one, as the sheet has
them. As they are, the files are real modules, which import each other, for node and for editors.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

__all__ = ["css", "esm"]

HERE: Final = Path(__file__).parent
IMPORT_LINE: Final = 'import { name, other } from "./common.js";'
SHARED: Final = "common.js"
IMPORT: Final = re.compile(r'^import \{ ([\w, ]+) \} from "\./(\w+\.js)";\n', re.MULTILINE)
EXPORT: Final = re.compile(r"^export (?=(?:const|function|async function) (\w+))", re.MULTILINE)
OTHER_IMPORT: Final = re.compile(
    r"""^\s*import\b.*|^export\b.*\bfrom ["'].*|\bimport\(.*""", re.MULTILINE
)
TYPES: Final = re.compile(r"/\*\*.*?\*/", re.DOTALL)
"""Comments that editors read types from, also those of other files."""
OTHER_EXPORT: Final = re.compile(r"^export\b.*", re.MULTILINE)
DECLARED: Final = re.compile(
    r"^(?:export )?(?:const|let|class|function|async function) (\w+)", re.MULTILINE
)
BETWEEN: Final = re.compile(r"\n\n+(?=\S)")
"""An empty line between two declarations."""
ROOT: Final = ".leo-widget"
"""What common.css calls the outermost element, which has a class of its own in every widget."""


def esm(name: str, *, folder: Path = HERE) -> str:
    """
    Return the script of a widget: what it uses of the shared ones, and then its own, as one module.

    Args:
        name: The widget's file, such as "card.js". It may import from other files beside it, which
            only declare, and may import from others themselves.
        folder: Where it and `common.js` are.

    Raises:
        ValueError: The files cannot be put together; the sentence says which line is why.
    """
    own, imported = _read(folder, name)
    if (count := [file for file, _ in imported].count(SHARED)) != 1:
        raise ValueError(f"{name} needs one line like `{IMPORT_LINE}`, and has {count}.")
    exported: dict[str, set[str]] = {}
    shared = ""
    for file in _order(folder, name):
        text, needed = _read(folder, file)
        exported[file] = set(EXPORT.findall(text))
        for source, names in needed:
            if unknown := sorted(names - exported[source]):
                raise ValueError(f"{file} imports what is not exported: {', '.join(unknown)}.")
        text = EXPORT.sub("", text)
        if found := OTHER_EXPORT.search(text):
            raise ValueError(_refusal(file, found[0]))
        shared += f"{text.strip()}\n\n"
    for source, names in imported:
        if missing := sorted(names - exported[source]):
            raise ValueError(f"{name} imports what {source} does not export: {', '.join(missing)}.")
    declared = DECLARED.findall(shared)
    if twice := sorted({each for each in declared if declared.count(each) > 1}):
        raise ValueError(f"In what is shared is declared twice: {', '.join(twice)}.")
    if twice := sorted(set(declared) & set(DECLARED.findall(own))):
        raise ValueError(f"{name} declares what {SHARED} has declared: {', '.join(twice)}.")
    wanted = set().union(*(names for _, names in imported))
    return f"{_used(shared, wanted)}\n\n{own}"


def _order(folder: Path, name: str) -> list[str]:
    """Return the files that *name* needs, each after those that it imports from."""
    order: list[str] = []
    open_: list[str] = []

    def visit(file: str) -> None:
        if file in open_:
            raise ValueError(f"{open_[-1]} and {file} import each other.")
        if file in order:
            return
        open_.append(file)
        for source, _ in _read(folder, file)[1]:
            visit(source)
        open_.pop()
        order.append(file)

    visit(name)
    return order[:-1]


def _read(folder: Path, name: str) -> tuple[str, list[tuple[str, set[str]]]]:
    """Return a file without its imports, and from which files it imports which names."""
    try:
        text = (folder / name).read_text(encoding="utf-8")
    except FileNotFoundError as error:
        raise ValueError(f"{name} is imported, and is not in {folder.name}.") from error
    imported = [(file, set(listed.split(", "))) for listed, file in IMPORT.findall(text)]
    text = IMPORT.sub("", text)
    if found := OTHER_IMPORT.search(TYPES.sub("", text)):
        raise ValueError(_refusal(name, found[0]))
    return text, imported


def _refusal(name: str, line: str) -> str:
    return f"{name} has a line that cannot be put together: {line.strip()}"


def _used(shared: str, wanted: set[str]) -> str:
    """Return the declarations of *wanted* names and of what these need; every widget has them."""
    parts = BETWEEN.split(shared.rstrip())
    taken: set[int] = set()
    while more := [
        i for i, part in enumerate(parts) if i not in taken and wanted & set(DECLARED.findall(part))
    ]:
        taken.update(more)
        wanted = wanted.union(*(re.findall(r"\w+", parts[i]) for i in more))
    return "\n\n".join(parts[i] for i in sorted(taken))


def css(name: str, *more: str, folder: Path = HERE) -> str:
    """
    Return the style sheet of a widget: what is shared, then its own, then what only some have.

    The shared rules are said for this widget's own class, so that its own rules come after them
    whatever other widgets are on the page.

    Args:
        name: The widget's file, such as "card.css"; its class is then `.leo-card`, as it is for
            "card_other.css".
        *more: Files of rules for some of these widgets, of the same class.
        folder: Where it and `common.css` are.
    """
    shared = (folder / "common.css").read_text(encoding="utf-8")
    own = (folder / name).read_text(encoding="utf-8")
    widget = Path(name).stem.split("_")[0]
    own = "\n".join([own, *((folder / each).read_text(encoding="utf-8") for each in more)])
    return f"{shared.replace(ROOT, f'.leo-{widget}')}\n{own}"
