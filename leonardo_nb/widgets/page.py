"""
How a widget's page files are put together.

A page gets one self-contained script and one style sheet from each widget, and loads nothing. So
what widgets share, `common.js` and `common.css`, is put before each one's own files here, and what
cards share, `card_base.js`, before those of cards. As they are, the files are real modules, which
import each other, for node and for editors.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

__all__ = ["css", "esm"]

HERE: Final = Path(__file__).parent
IMPORT_LINE: Final = 'import { name, other } from "./common.js";'
BASES: Final = ("common.js", "card_base.js")
"""What may be imported; each may import from those before it."""
IMPORT: Final = re.compile(
    r'^import \{ ([\w, ]+) \} from "\./(common\.js|card_base\.js)";\n', re.MULTILINE
)
EXPORT: Final = re.compile(r"^export (?=(?:const|function|async function) (\w+))", re.MULTILINE)
OTHER_IMPORT: Final = re.compile(
    r"""^\s*import\b.*|^export\b.*\bfrom ["'].*|\bimport\(.*""", re.MULTILINE
)
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
        name: The widget's file, such as "card.js".
        folder: Where it and `common.js` are.

    Raises:
        ValueError: The files cannot be put together; the sentence says which line is why.
    """
    own, wanted, imported = _read(folder, name)
    if imported.count("common.js") != 1:
        count = imported.count("common.js")
        raise ValueError(f"{name} needs one line like `{IMPORT_LINE}`, and has {count}.")
    shared, exported = "", set[str]()
    for base in BASES:
        if base in imported:
            text, needed, _ = _read(folder, base)
            exported |= set(EXPORT.findall(text))
            shared += f"{EXPORT.sub('', text).strip()}\n\n"
            if unknown := sorted(needed - exported):
                raise ValueError(f"{base} imports what is not exported: {', '.join(unknown)}.")
            if found := OTHER_EXPORT.search(EXPORT.sub("", text)):
                raise ValueError(_refusal(base, found[0]))
    if missing := sorted(wanted - exported):
        raise ValueError(f"{name} imports what common.js does not export: {', '.join(missing)}.")
    declared = DECLARED.findall(shared)
    if twice := sorted({each for each in declared if declared.count(each) > 1}):
        raise ValueError(f"In what is shared is declared twice: {', '.join(twice)}.")
    if twice := sorted(set(declared) & set(DECLARED.findall(own))):
        raise ValueError(f"{name} declares what common.js has declared: {', '.join(twice)}.")
    return f"{_used(shared, wanted)}\n\n{own}"


def _read(folder: Path, name: str) -> tuple[str, set[str], list[str]]:
    """Return a file without its imports, the names that it imports, and from which files."""
    text = (folder / name).read_text(encoding="utf-8")
    imports = IMPORT.findall(text)
    text = IMPORT.sub("", text)
    if found := OTHER_IMPORT.search(text):
        raise ValueError(_refusal(name, found[0]))
    names = {each for listed, _ in imports for each in listed.split(", ")}
    return text, names, [file for _, file in imports]


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
        name: The widget's file, such as "card.css"; its class is then `.leo-card`.
        *more: Files of rules for some of these widgets, of the same class.
        folder: Where it and `common.css` are.
    """
    shared = (folder / "common.css").read_text(encoding="utf-8")
    own = (folder / name).read_text(encoding="utf-8")
    own = "\n".join([own, *((folder / each).read_text(encoding="utf-8") for each in more)])
    return f"{shared.replace(ROOT, f'.leo-{Path(name).stem}')}\n{own}"
