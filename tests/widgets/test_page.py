from __future__ import annotations

import re
import subprocess
from typing import TYPE_CHECKING

import pytest

from leonardo_nb.widgets import page
from leonardo_nb.widgets.card import Card, VariationCard, VideoCard
from leonardo_nb.widgets.judge import Judge
from leonardo_nb.widgets.panel import Footer, Strip
from leonardo_nb.widgets.sheet import Sheet

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

COMMON = """\
// Shared.

const SIZE = 12;

export const size = () => SIZE;

/** Twice as large. */
export function double() {
  const one = size();

  return 2 * one;
}

export async function wait() {}
"""
IMPORT = 'import { double } from "./common.js";\n'
STYLES = (
    *("card.css", "card_video.css", "card_variation.css"),
    *("sheet_main.css", "panel.css", "pickup.css", "judge.css"),
)
COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
RULE = re.compile(r"([^{}]+)\{([^{}]*)\}")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with shared files."""
    (tmp_path / "common.js").write_text(COMMON, encoding="utf-8")
    (tmp_path / "common.css").write_text(".leo-widget .leo-pill {\n}\n", encoding="utf-8")
    return tmp_path


def put_together(folder: Path, own: str) -> str:
    """Return the script of a widget whose own file says *own*."""
    (folder / "own.js").write_text(own, encoding="utf-8")
    return page.esm("own.js", folder=folder)


def rules(css: str) -> Iterator[tuple[str, set[str]]]:
    """Yield each selector of *css*, without the widget's own class, and the properties it sets."""
    for selectors, declarations in RULE.findall(COMMENT.sub("", css)):
        properties = set(re.findall(r"^\s*([\w-]+):", declarations, re.MULTILINE))
        for selector in re.sub(r"@[^{]*\{", "", selectors).split(",\n"):
            yield (
                re.sub(r"^\.leo-(widget|card|sheet|panel|pickup|judge)\b", "", selector.strip()),
                properties,
            )


def test_script_has_what_it_uses_and_no_more(folder: Path) -> None:
    """What an import needs is there in its order, without `export`; the rest is left out."""
    script = put_together(folder, f"// Mine.\n{IMPORT}\nexport default double;\n")

    assert script == (
        "const SIZE = 12;\n\n"
        "const size = () => SIZE;\n\n"
        "/** Twice as large. */\n"
        "function double() {\n  const one = size();\n\n  return 2 * one;\n}\n\n"
        "// Mine.\n\nexport default double;\n"
    )


@pytest.mark.parametrize(
    ("own", "sentence"),
    [
        ("export default 1;\n", r"own\.js needs one line like `import .*`, and has 0\."),
        (IMPORT + IMPORT, r"and has 2\."),
        ('import { half } from "./common.js";\n', "does not export: half"),
        ('import { SIZE } from "./common.js";\n', "does not export: SIZE"),
        (f"{IMPORT}function size() {{}}\n", "declares what common.js has declared: size"),
        (IMPORT.replace("double", "double as twice"), "does not export: double as twice"),
        ('import {\n  double,\n} from "./common.js";\n', "cannot be put together: import {"),
        ("import { double } from './common.js';\n", "cannot be put together: import"),
        (f'{IMPORT}import x from "./other.js";\n', r'together: import x from "\./other\.js";'),
        (f'{IMPORT}export * from "./other.js";\n', r"cannot be put together: export \*"),
        (f'{IMPORT}const x = await import("./other.js");\n', r"cannot be put together: import\("),
    ],
)
def test_import_of_another_form_is_an_error(folder: Path, own: str, sentence: str) -> None:
    """What would fail on a page fails when the class is made, and says which line is why."""
    with pytest.raises(ValueError, match=sentence):
        put_together(folder, own)


def test_what_cards_share_comes_between(folder: Path) -> None:
    """A second shared file may use the first, and only what is used of either is there."""
    (folder / "card_base.js").write_text(
        'import { size } from "./common.js";\n\n'
        "export const edge = () => size() + 1;\n\nexport const other = () => 0;\n",
        encoding="utf-8",
    )
    mine = f'{IMPORT}import {{ edge }} from "./card_base.js";\n\nexport default [double, edge];\n'

    script = put_together(folder, mine)

    assert ["SIZE", "size", "double", "edge"] == page.DECLARED.findall(script)


@pytest.mark.parametrize(
    ("base", "sentence"),
    [
        ('import { half } from "./common.js";\n', "imports what is not exported: half"),
        ("export default 1;\n", r"card_base\.js has a line that cannot be put together"),
        ('import x from "./other.js";\n', r"card_base\.js has a line that cannot be put together"),
        ("const SIZE = 1;\n\nexport const edge = () => SIZE;\n", "is declared twice: SIZE"),
    ],
)
def test_what_cards_share_is_read_as_strictly(folder: Path, base: str, sentence: str) -> None:
    """What would fail on a page fails when the class is made."""
    (folder / "card_base.js").write_text(base, encoding="utf-8")

    with pytest.raises(ValueError, match=sentence):
        put_together(folder, f'{IMPORT}import {{ edge }} from "./card_base.js";\n')


def test_parts_of_a_widget_come_in_their_order(folder: Path) -> None:
    """A part may use another part, and only what is used of either is there."""
    (folder / "own_base.js").write_text(
        'import { size } from "./common.js";\n\n'
        "export const edge = () => size() + 1;\n\nexport const other = () => 0;\n",
        encoding="utf-8",
    )
    (folder / "own_part.js").write_text(
        'import { edge } from "./own_base.js";\n\n'
        '/** @type {import("./own_base.js").Edge} */\nexport const twice = () => 2 * edge();\n',
        encoding="utf-8",
    )
    mine = f'{IMPORT}import {{ twice }} from "./own_part.js";\n\nexport default [double, twice];\n'

    script = put_together(folder, mine)

    assert ["SIZE", "size", "double", "edge", "twice"] == page.DECLARED.findall(script)


def test_parts_that_need_each_other_are_an_error(folder: Path) -> None:
    """Of two such files neither could come first."""
    for one, other in (("a", "b"), ("b", "a")):
        text = f'import {{ {other} }} from "./{other}.js";\n\nexport const {one} = () => {other};\n'
        (folder / f"{one}.js").write_text(text, encoding="utf-8")

    with pytest.raises(ValueError, match=r"b\.js and a\.js import each other"):
        put_together(folder, f'{IMPORT}import {{ a }} from "./a.js";\n')


def test_part_that_is_not_there_is_an_error(folder: Path) -> None:
    """The sentence says which file is missing."""
    with pytest.raises(ValueError, match=r"part\.js is imported, and is not in"):
        put_together(folder, f'{IMPORT}import {{ a }} from "./part.js";\n')


@pytest.mark.parametrize("line", ["export default 1;", "export { size };", 'import "./other.js";'])
def test_shared_script_only_declares(folder: Path, line: str) -> None:
    """`common.js` exports what it declares, where it declares it, and imports nothing."""
    (folder / "common.js").write_text(f"{COMMON}\n{line}\n", encoding="utf-8")

    with pytest.raises(ValueError, match=r"common\.js has a line that cannot be put together"):
        put_together(folder, IMPORT)


def test_shared_style_is_said_for_the_widget(folder: Path) -> None:
    """The widget's own class is in the shared rules, which come before its own ones."""
    (folder / "own.css").write_text(".leo-own {\n}\n", encoding="utf-8")

    assert page.css("own.css", folder=folder) == ".leo-own .leo-pill {\n}\n\n.leo-own {\n}\n"


@pytest.mark.parametrize("widget", [Card, VideoCard, VariationCard, Sheet, Strip, Footer, Judge])
def test_script_of_a_widget_is_one_module(widget: type, node: str, tmp_path: Path) -> None:
    """Every widget's script can be read as a module, with one export and no import."""
    script = str(widget._esm)  # type: ignore[attr-defined]
    file = tmp_path / "widget.mjs"
    file.write_text(script, encoding="utf-8")
    run = subprocess.run([node, "--check", file], capture_output=True, text=True, check=False)

    assert 0 == run.returncode, run.stderr
    assert 1 == len(re.findall(r"^export default ", script, re.MULTILINE))
    assert "import " not in re.sub(r"^\s*(//|/?\*).*", "", script, flags=re.MULTILINE)


@pytest.mark.parametrize("name", [*STYLES, "common.css"])
def test_style_stays_in_its_widget(name: str) -> None:
    """No rule reaches what is not ours, or another widget's inside."""
    css = COMMENT.sub("", (page.HERE / name).read_text(encoding="utf-8"))
    mine = {"common.css": (".leo-widget",), "card.css": (".leo-card", ".leo-host", ".leo-full")}
    mine["card.css"] += (".leo-next",)
    mine["card_video.css"] = mine["card_variation.css"] = (".leo-card",)
    mine["sheet_main.css"] = (".leo-sheet",)
    starts = mine.get(name, (f".leo-{name.removesuffix('.css')}",))
    css = re.sub(r"@keyframes [^{]*\{(?:[^{}]*\{[^{}]*\})*\s*\}", "", css)
    selectors = [
        selector.strip()
        for group in re.findall(r"([^{}]+)\{", css)
        for selector in group.split(",\n")
        if not selector.strip().startswith("@")
    ]

    assert [] == [each for each in selectors if not each.startswith(starts)]


@pytest.mark.parametrize("name", STYLES)
def test_no_widget_undoes_what_is_shared(name: str) -> None:
    """A card in a panel gets both sheets' rules, so that neither sets what the shared one sets."""
    shared: dict[str, set[str]] = {}
    for selector, properties in rules((page.HERE / "common.css").read_text(encoding="utf-8")):
        shared.setdefault(selector, set()).update(properties)
    own = (page.HERE / name).read_text(encoding="utf-8")

    assert [] == [
        (selector, sorted(properties & shared[selector]))
        for selector, properties in rules(own)
        if selector and properties & shared.get(selector, set())
    ]
