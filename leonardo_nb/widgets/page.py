"""
How a widget's page files are put together.

A page gets one self-contained script and one style sheet from each widget, and loads nothing. So
what widgets share, `common.js` and `common.css`, is put before each one's own files here. As they
are, the files are real modules, one of which imports the other, for node and for editors.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

__all__ = ["css", "esm"]

HERE: Final = Path(__file__).parent
IMPORT_LINE: Final = 'import { name, other } from "./common.js";'
IMPORT: Final = re.compile(r'^import \{ ([\w, ]+) \} from "\./common\.js";\n', re.MULTILINE)
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
    Return the script of a widget: what it uses of the shared one, and then its own, as one module.

    Args:
        name: The widget's file, such as "card.js".
        folder: Where it and `common.js` are.

    Raises:
        ValueError: The two files cannot be put together; the sentence says which line is why.
    """
    shared = (folder / "common.js").read_text(encoding="utf-8")
    own = (folder / name).read_text(encoding="utf-8")
    exported = set(EXPORT.findall(shared))
    shared = EXPORT.sub("", shared)
    imports = IMPORT.findall(own)
    own = IMPORT.sub("", own)
    for file, pattern, source in (
        ("common.js", OTHER_IMPORT, shared),
        ("common.js", OTHER_EXPORT, shared),
        (name, OTHER_IMPORT, own),
    ):
        if found := pattern.search(source):
            raise ValueError(f"{file} has a line that cannot be put together: {found[0].strip()}")
    if len(imports) != 1:
        raise ValueError(f"{name} needs one line like `{IMPORT_LINE}`, and has {len(imports)}.")
    wanted = set(imports[0].split(", "))
    if missing := sorted(wanted - exported):
        raise ValueError(f"{name} imports what common.js does not export: {', '.join(missing)}.")
    if twice := sorted(set(DECLARED.findall(shared)) & set(DECLARED.findall(own))):
        raise ValueError(f"{name} declares what common.js has declared: {', '.join(twice)}.")
    return f"{_used(shared, wanted)}\n\n{own}"


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


def css(name: str, *, folder: Path = HERE) -> str:
    """
    Return the style sheet of a widget: what is shared, and then its own.

    The shared rules are said for this widget's own class, so that its own rules come after them
    whatever other widgets are on the page.

    Args:
        name: The widget's file, such as "card.css"; its class is then `.leo-card`.
        folder: Where it and `common.css` are.
    """
    shared = (folder / "common.css").read_text(encoding="utf-8")
    own = (folder / name).read_text(encoding="utf-8")
    return f"{shared.replace(ROOT, f'.leo-{Path(name).stem}')}\n{own}"
