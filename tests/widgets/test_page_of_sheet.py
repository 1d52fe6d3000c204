"""The sheet in a real browser, on a model that is not there: the page's half of the protocol."""

from __future__ import annotations

import base64
import io
import itertools
import struct
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from PIL import Image as Pillow
from playwright.sync_api import expect, sync_playwright

from leonardo_nb.widgets import page as pages

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from playwright.sync_api import Browser, Locator, Page

pytestmark = [pytest.mark.browser, pytest.mark.timeout(60)]

FAKE_MODEL = Path(__file__).parent.parent / "js" / "fake_model.mjs"
SCALES, STYLES, SEEDS = ["3", "5", "7", "9"], ["CINEMATIC", "DYNAMIC", "ANIME"], ["1", "2"]
AXES = {"scale": SCALES, "style": STYLES, "seed": SEEDS}
MARKUP = "<img src=x onerror=window.broken=1>"

MOUNT = """async ([sheet, fake, css, state, bytes, theme]) => {
  const load = (source) =>
    import(URL.createObjectURL(new Blob([source], { type: "text/javascript" })));
  const { default: widget } = await load(sheet);
  Object.assign(window, await load(fake));
  window.view = (text) =>
    new DataView(Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0)).buffer);
  for (const name of ["coords", "costs"]) state[name] = view(state[name]);
  window.picture = view(bytes);
  const style = document.createElement("style");
  style.textContent = css;
  document.head.append(style);
  for (const [name, value] of Object.entries(theme))
    document.documentElement.style.setProperty(`--jp-${name}`, value);
  window.model = fakeModel(state);
  window.state = state;
  window.last = (what) => model.sent.filter((message) => message.do === what).at(-1);
  window.show = () => {
    const el = document.body.appendChild(document.createElement("div"));
    const end = widget.render({ model, el });
    return () => (end(), el.remove());
  };
  window.end = show();
}"""
"""Only this test loads the script from a blob; the sheet itself loads nothing."""

THEMES: dict[str, dict[str, str]] = {
    # JupyterLab 4.6's own values
    "light": {
        "content-font-color1": "rgba(0, 0, 0, 1)",
        "layout-color0": "#fff",
        "brand-color1": "#1976d2",
        "error-color1": "#d32f2f",
    },
    "dark": {
        "content-font-color1": "rgba(255, 255, 255, 1)",
        "layout-color0": "#111",
        "brand-color1": "#2196f3",
        "error-color1": "#f44336",
    },
    "plain light": {},
    "plain dark": {},
}

LOW_CONTRAST = """() => {
  const parse = (color) => {
    const n = color.match(/[\\d.]+/g).map(Number);
    return color.startsWith("color(") ? [n[0] * 255, n[1] * 255, n[2] * 255, n[3] ?? 1] : n;
  };
  const light = (rgb) => {
    const linear = (c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
    const [r, g, b] = rgb.map((c) => linear(c / 255));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const ground = parse(getComputedStyle(document.querySelector(".leo-sheet")).backgroundColor);
  const low = [];
  for (const node of document.querySelectorAll(".leo-sheet *")) {
    if (![...node.childNodes].some((n) => n.nodeType === 3 && n.data.trim())) continue;
    if (!node.checkVisibility() || node.classList.contains("leo-number")) continue;
    const [r, g, b, a = 1] = parse(getComputedStyle(node).color);
    const seen = [r, g, b].map((c, i) => c * a + ground[i] * (1 - a));
    const [dark, bright] = [light(seen), light(ground.slice(0, 3))].sort((x, y) => x - y);
    const ratio = (bright + 0.05) / (dark + 0.05);
    if (ratio < 4.5) low.push([node.className, node.textContent, ratio]);
  }
  return low;
}"""


def picture() -> str:
    """Return a small WebP, as base64."""
    file = io.BytesIO()
    Pillow.new("RGB", (64, 48), "teal").save(file, "WEBP")
    return base64.b64encode(file.getvalue()).decode()


def state(axes: Mapping[str, Sequence[str]] = AXES, **changes: Any) -> dict[str, Any]:
    """Return the traits of a finished sweep over *axes*, every combination in it."""
    points = list(itertools.product(*(range(len(labels)) for labels in axes.values())))
    flat = [index for point in points for index in point]
    n = len(points)
    return {
        "deck": {
            "name": "foxes",
            "n": n,
            "prompt": "a fox",
            "axes": [
                {"name": name, "role": "member", "labels": list(labels), "numeric": name != "style"}
                for name, labels in axes.items()
            ],
            "same": [["model", "Phoenix"]],
            "shapes": [1.3333],
            "unit": "credits",
            "simulated": True,
            "live": True,
            "can": {"mark": True, "pause": True, "download": True},
        },
        "coords": base64.b64encode(struct.pack(f"<{len(flat)}H", *flat)).decode(),
        "costs": base64.b64encode(struct.pack(f"<{n}f", *[11.0] * n)).decode(),
        "states": "d" * n,
        "reasons": {},
        "head": {
            "mark": "quarter",
            "word": "20 of 24",
            "rest": "",
            "bar": [20, 1, 1, 2, 0],
            "money": "220 of 264 credits",
            "left": "",
            "simulated": True,
            "said": "Half done",
            "actions": [{"do": "pause", "label": "Pause", "consequence": "nothing new is sent"}],
        },
        "marks": {},
        "arrangement": {"x": "scale", "y": "style", "facets": ["seed"], "pages": []},
        "selected": [],
        "first": {},
        **changes,
    }


@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Browser]:
    """One browser for all tests here."""
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(
            executable_path=chromium, args=["--no-sandbox", "--disable-gpu"]
        )
        yield started
        started.close()


class Sheet:
    """A sheet on a page."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.problems: list[str] = []
        page.on("pageerror", lambda error: self.problems.append(str(error)))

    def open(self, traits: Mapping[str, Any], theme: Mapping[str, str] | None = None) -> Sheet:
        """Show a sheet of *traits*."""
        script, css = pages.esm("sheet_main.js"), pages.css("sheet_main.css")
        fake = FAKE_MODEL.read_text(encoding="utf-8")
        self.page.evaluate(MOUNT, [script, fake, css, traits, picture(), dict(theme or {})])
        return self

    def cell(self, number: int) -> Locator:
        """Return a cell, from 0."""
        return self.page.locator(f".leo-cell[data-cell='{number}']")

    def last(self, what: str) -> Any:
        """Return what the page asked of the host last."""
        return self.page.evaluate("what => last(what)", what)

    def trait(self, name: str) -> Any:
        """Return what the model has."""
        return self.page.evaluate("name => state[name]", name)

    def until(self, condition: str) -> None:
        """Wait until an expression of the page is true."""
        self.page.wait_for_function(condition)

    def drag(self, what: Locator, x: float, y: float) -> None:
        """Drag something by its middle to a point of the page."""
        box = what.bounding_box()
        assert box
        self.page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
        self.page.mouse.down()
        self.page.mouse.move(x, y, steps=6)
        self.page.mouse.up()


@pytest.fixture
def sheet(browser: Browser) -> Iterator[Sheet]:
    """A page for one sheet; no script of it may have failed."""
    context = browser.new_context(viewport={"width": 1000, "height": 900}, reduced_motion="reduce")
    made = Sheet(context.new_page())
    yield made
    context.close()
    assert [] == made.problems


def test_grid_is_one_for_screen_readers(sheet: Sheet) -> None:
    """Each cell says its values and its state, and the grid how large it is as a whole."""
    sheet.open(state())

    grid = sheet.page.get_by_role("grid", name="style by scale")
    expect(grid).to_have_attribute("aria-colcount", "5")
    expect(sheet.cell(0)).to_have_attribute("aria-label", "scale 3, style CINEMATIC, seed 1: done")
    expect(sheet.page.get_by_role("columnheader").first).to_have_text("3")
    expect(sheet.page.get_by_role("rowheader").first).to_have_text("CINEMATIC")
    expect(sheet.page.locator(".leo-cell[tabindex='0']")).to_have_count(1)


def test_page_asks_for_what_it_shows(sheet: Sheet) -> None:
    """It says that it looks, wants thumbnails, and the facts and the picture of the first cell."""
    sheet.open(state())

    sheet.until("last('want') && last('large') && last('show')")
    view = sheet.last("look")["view"]
    want = sheet.last("want")
    assert (view, 24) == (want["view"], len(want["cells"]))
    assert want["size"] in {64, 128, 256}
    assert {"do": "show", "cell": 0, "view": view} == sheet.last("show")
    assert [0] == sheet.last("large")["cells"]


def test_pictures_come_into_their_cells(sheet: Sheet) -> None:
    """What came is drawn; what has none says so; what is another view's is left."""
    sheet.open(state())
    say = "([cells, view]) => model.say({what: 'small', size: 256, cells, view}, [picture])"
    sheet.page.evaluate(say, [[4], None])
    expect(sheet.cell(4).locator("img")).to_have_count(1)
    sheet.page.evaluate("model.say({what: 'none', size: 256, cells: [5]})")
    expect(sheet.cell(5)).to_have_attribute(
        "aria-label", "scale 3, style ANIME, seed 2: done, its picture cannot be shown"
    )
    sheet.page.evaluate(say, [[6], "another"])
    expect(sheet.cell(6).locator("img")).to_have_count(0)


def test_first_pictures_come_with_the_sheet(sheet: Sheet) -> None:
    """They are painted although nobody has answered anything."""
    sheet.open(state())
    sheet.page.evaluate(
        "end(); state.first = {size: 64, cells: [2], data: [picture]}; void (window.end = show())"
    )

    expect(sheet.cell(2).locator("img")).to_have_count(1)


def test_keys_go_through_the_grid(sheet: Sheet) -> None:
    """Arrows choose, and Python reads what is chosen; Tab finds the chosen cell."""
    sheet.open(state())
    sheet.cell(0).click()
    sheet.page.keyboard.press("ArrowRight")
    sheet.page.keyboard.press("ArrowDown")

    expect(sheet.cell(8)).to_be_focused()
    sheet.until("JSON.stringify(state.selected) === '[8]'")
    sheet.page.keyboard.press("Control+End")
    expect(sheet.cell(23)).to_be_focused()
    sheet.page.keyboard.press("Home")
    expect(sheet.cell(5)).to_be_focused()


def test_turning_is_shared_and_keeps_the_chosen_cell(sheet: Sheet) -> None:
    """Columns of another axis swap with it; every page of the model follows."""
    sheet.open(state())
    sheet.page.evaluate("void (window.second = show())")
    sheet.cell(5).first.click()
    sheet.page.locator("[data-key=x]").first.select_option("style")

    assert ("style", "scale") == (sheet.trait("arrangement")["x"], sheet.trait("arrangement")["y"])
    expect(sheet.page.get_by_role("grid", name="scale by style")).to_have_count(2)
    expect(sheet.page.locator(".leo-chosen[data-cell='5']")).to_have_count(2)


def test_axis_goes_one_at_a_time(sheet: Sheet) -> None:
    """A slider turns the pages."""
    sheet.open(state())
    sheet.page.locator("[data-key='at seed']").select_option("pages")
    expect(sheet.page.locator(".leo-cell:not([hidden])")).to_have_count(12)
    sheet.page.locator("[data-key='page seed']").focus()
    sheet.page.keyboard.press("ArrowRight")

    assert {"seed": 1} == sheet.trait("arrangement")["at"]
    expect(sheet.cell(1)).to_be_visible()


def test_labels_are_dragged_to_another_place_and_out(sheet: Sheet) -> None:
    """A column goes where it is dropped; one that is dropped outside is hidden."""
    sheet.open(state())
    labels = sheet.page.get_by_role("columnheader")
    box = labels.nth(2).bounding_box()
    assert box
    sheet.drag(labels.nth(0), box["x"] + box["width"] - 3, box["y"] + 5)
    assert [1, 2, 0, 3] == sheet.trait("arrangement")["shown"]["scale"]
    expect(labels.nth(0)).to_have_text("5")
    sheet.drag(labels.nth(0), 990, 890)

    assert [2, 0, 3] == sheet.trait("arrangement")["shown"]["scale"]


def test_values_are_hidden_and_moved_by_keys(sheet: Sheet) -> None:
    """Space hides a value, Alt with an arrow moves it, and the focus stays on it."""
    sheet.open(state())
    sheet.page.get_by_role("button", name="Values").click()
    sheet.page.locator(".leo-chip", has_text="DYNAMIC").focus()
    sheet.page.keyboard.press("Alt+ArrowLeft")
    assert {"style": [1, 0, 2]} == sheet.trait("arrangement")["shown"]
    sheet.page.keyboard.press("Space")

    assert {"style": [0, 2]} == sheet.trait("arrangement")["shown"]
    chip = sheet.page.locator(".leo-chip", has_text="DYNAMIC")
    expect(chip).to_be_focused()
    expect(chip).to_have_attribute("aria-pressed", "false")


def test_values_are_dragged(sheet: Sheet) -> None:
    """A chip stands where it is let go, and is not hidden by that."""
    sheet.open(state())
    sheet.page.get_by_role("button", name="Values").click()
    last = sheet.page.locator(".leo-chip", has_text="ANIME").bounding_box()
    assert last
    first = sheet.page.locator(".leo-chip", has_text="CINEMATIC")
    sheet.drag(first, last["x"] + last["width"] - 2, last["y"] + 8)

    assert {"style": [1, 2, 0]} == sheet.trait("arrangement")["shown"]


def test_filter_keeps_what_passes(sheet: Sheet) -> None:
    """By text, and by mark; the line says how many; a grid of nothing says so."""
    sheet.open(state(marks={"3": {"star": True}}))
    sheet.page.get_by_role("button", name="Filter").click()
    sheet.page.get_by_label("Value or note has").fill("anime")
    expect(sheet.page.locator(".leo-count")).to_have_text("8 of 24")
    sheet.page.locator("[data-key=star]").select_option("star")
    expect(sheet.page.locator(".leo-empty")).to_be_visible()
    sheet.page.get_by_role("button", name="Show all").click()
    expect(sheet.page.locator(".leo-cell")).to_have_count(24)


def test_states_stream_in(sheet: Sheet) -> None:
    """A cell that failed says why, and one that is done now is asked for."""
    sheet.open(state(states="w" * 24))
    expect(sheet.cell(0)).to_have_attribute("data-state", "waiting")
    sheet.page.evaluate(
        "model.set('reasons', {1: 'Not allowed.'}), model.set('states', 'rf' + 'd' + 'w'.repeat(21))"  # noqa: E501
    )

    expect(sheet.cell(0).locator(".leo-quarter")).to_have_count(1)
    expect(sheet.cell(1)).to_have_attribute(
        "aria-label", "scale 3, style CINEMATIC, seed 2: failed, Not allowed."
    )
    sheet.until("last('want')?.cells.join() === '2' && last('show')?.cell === 2")


def test_marks_are_set_by_keys_and_seen_at_once(sheet: Sheet) -> None:
    """The kernel is told, and what it says then stands."""
    sheet.open(state())
    sheet.cell(6).click()
    sheet.page.keyboard.press("s")
    assert {"do": "mark", "cell": 6, "star": True} == sheet.last("mark")
    expect(sheet.cell(6).locator(".leo-badge-star")).to_have_count(1)
    sheet.page.keyboard.press("n")
    sheet.page.keyboard.type("gulls? s x")
    sheet.page.keyboard.press("Enter")
    assert {"do": "mark", "cell": 6, "note": "gulls? s x"} == sheet.last("mark")
    sheet.page.evaluate("model.set('marks', {7: {reject: true}})")
    expect(sheet.cell(6).locator(".leo-badge")).to_have_count(0)
    expect(sheet.cell(7).locator(".leo-badge-reject")).to_have_count(1)


def test_note_is_saved_or_given_up_by_keys(sheet: Sheet) -> None:
    """Enter keeps it, Escape does not, Shift and Enter go on in the next line; the cell is next."""
    sheet.open(state())
    sheet.cell(6).click()
    sheet.page.keyboard.press("n")
    expect(sheet.page.get_by_text("Enter saves, Shift+Enter makes a line")).to_be_visible()
    sheet.page.keyboard.type("one")
    sheet.page.keyboard.press("Shift+Enter")
    sheet.page.keyboard.type("two")
    sheet.page.keyboard.press("Enter")
    assert {"do": "mark", "cell": 6, "note": "one\ntwo"} == sheet.last("mark")
    expect(sheet.cell(6)).to_be_focused()
    sheet.page.keyboard.press("n")
    sheet.page.keyboard.type(" three")
    sheet.page.keyboard.press("Escape")

    assert 1 == sheet.page.evaluate("model.sent.filter((m) => m.do === 'mark').length")
    expect(sheet.cell(6)).to_be_focused()
    expect(sheet.page.get_by_label("Note", exact=True).last).to_have_value("one\ntwo")


def test_pictures_are_compared(sheet: Sheet) -> None:
    """Two cells, four ways; Escape goes back to where one was."""
    sheet.open(state())
    sheet.cell(0).click()
    sheet.page.keyboard.press("Space")
    sheet.page.keyboard.press("ArrowRight")
    sheet.page.keyboard.press("c")
    stage = sheet.page.get_by_role("dialog", name="2 pictures compared")
    expect(stage.locator("figcaption span")).to_have_text(["scale 3", "scale 5"])
    sheet.until("model.sent.some((m) => m.do === 'large' && m.cells.includes(6))")
    for way, shown in {
        "Slider": ".leo-cut",
        "Difference": ".leo-difference",
        "Blink": ".leo-blink",
    }.items():
        stage.get_by_role("button", name=way).click()
        expect(stage.locator(shown)).to_have_count(1)
    sheet.page.keyboard.press("Escape")

    expect(stage).to_be_hidden()
    expect(sheet.cell(6)).to_be_focused()
    sheet.until("JSON.stringify(state.selected) === '[6,0]'")


def test_large_picture_is_scrubbed(sheet: Sheet) -> None:
    """Enter shows it large, a slider goes along an axis, and the picture and the cell follow."""
    sheet.open(state())
    sheet.cell(0).click()
    sheet.page.keyboard.press("Enter")
    stage = sheet.page.get_by_role("dialog", name="Picture")
    slider = stage.get_by_label("scale")
    slider.focus()
    sheet.page.keyboard.press("ArrowRight")

    expect(stage.locator("img")).to_have_attribute("data-cell", "6")
    sheet.until("model.sent.some((m) => m.do === 'large' && m.cells.includes(6))")
    expect(slider).to_be_focused()
    sheet.until("model.sent.some((m) => m.do === 'large' && m.cells.includes(18))")  # the next ones


def test_python_chooses_and_sends_somewhere(sheet: Sheet) -> None:
    """`selected` is followed; `go` brings a cell into view, on its page."""
    arrangement = {"x": "scale", "y": "style", "facets": [], "pages": ["seed"], "at": {"seed": 0}}
    sheet.open(state(arrangement=arrangement))
    sheet.page.evaluate("model.set('selected', [10, 2])")
    expect(sheet.page.locator(".leo-chosen")).to_have_attribute("data-cell", "10")
    expect(sheet.cell(2).locator(".leo-number")).to_have_count(1)
    sheet.page.evaluate("model.say({what: 'go', cell: 9})")

    assert {"seed": 1} == sheet.trait("arrangement")["at"]
    expect(sheet.page.locator(".leo-chosen")).to_have_attribute("data-cell", "9")


def test_actions_say_their_consequence(sheet: Sheet) -> None:
    """A click is one message, and the button waits for an answer."""
    sheet.open(state())
    button = sheet.page.locator("button[data-do=pause]")
    expect(button).to_have_accessible_description("nothing new is sent")
    button.click()

    assert {"do": "pause"} == sheet.last("pause")
    expect(button).to_be_disabled()


def test_sheet_without_a_kernel_hides_what_cannot_be_done(sheet: Sheet) -> None:
    """Neither actions nor marks nor downloads."""
    traits = state()
    traits["deck"] |= {"live": False, "can": {"mark": False, "pause": False, "download": False}}
    sheet.open(traits)
    sheet.cell(0).click()
    sheet.page.keyboard.press("s")

    for name in ("Pause", "Star", "Reject", "Note", "Download"):
        expect(sheet.page.get_by_role("button", name=name)).to_have_count(0)
    assert sheet.last("mark") is None


def test_sheet_whose_kernel_has_ended_says_so(sheet: Sheet) -> None:
    """A channel that throws is one quiet line, no error, and no mark that nobody keeps."""
    sheet.open(state())
    sheet.cell(6).click()
    sheet.page.evaluate("() => { model.send = () => { throw new Error('Cannot send'); }; }")
    sheet.page.keyboard.press("s")

    words = 'The kernel has ended; run the cell again, or leo.open_sweep("foxes").'
    expect(sheet.page.locator(".leo-ended")).to_have_text(words)
    expect(sheet.cell(6).locator(".leo-badge-star")).to_have_count(0)
    for name in ("Pause", "Star", "Reject", "Note", "Download"):
        expect(sheet.page.get_by_role("button", name=name)).to_have_count(0)
    sheet.page.keyboard.press("ArrowRight")
    expect(sheet.page.locator(".leo-chosen")).to_have_attribute("data-cell", "12")


def test_sheet_hears_of_a_lost_kernel_and_of_one_that_is_back(sheet: Sheet) -> None:
    """The notebook marks the widget as cut off before anything is clicked, and takes that back."""
    sheet.open(state())
    tell = """is => {
      const holder = document.querySelector(".leo-sheet").parentNode;
      holder.classList.toggle("jupyter-widgets-disconnected", is);
      model.tell("comm_live_update");
    }"""
    sheet.page.evaluate(tell, True)
    expect(sheet.page.locator(".leo-ended")).to_contain_text("The kernel has ended")
    sheet.page.evaluate(tell, False)

    expect(sheet.page.locator(".leo-ended")).to_be_empty()
    expect(sheet.page.get_by_role("button", name="Star")).to_be_visible()


def test_hostile_values_stay_text(sheet: Sheet) -> None:
    """Markup in a label or a note is shown as it is."""
    axes = {"prompt": [MARKUP, "\u202eright to left", "x" * 200], "style": [MARKUP, "🦊"]}
    arrangement = {"x": "style", "y": "prompt"}
    sheet.open(state(axes, marks={"0": {"note": MARKUP}}, arrangement=arrangement))
    sheet.cell(0).click()
    sheet.page.get_by_role("button", name="Values").click()

    expect(sheet.page.get_by_role("rowheader").first).to_have_text(MARKUP)
    assert sheet.page.evaluate("window.broken") is None


def test_holes_are_empty_places(sheet: Sheet) -> None:
    """Arrows step over them, and rows with no cell at all are not there."""
    traits = state({"scale": SCALES, "style": STYLES})
    points = [(0, 0), (2, 0), (3, 2)]
    traits["deck"]["n"] = len(points)
    flat = struct.pack("<6H", *(index for point in points for index in point))
    sheet.open({**traits, "coords": base64.b64encode(flat).decode(), "states": "ddd"})
    expect(sheet.page.get_by_role("rowheader")).to_have_text(["CINEMATIC", "ANIME"])
    sheet.cell(0).click()
    sheet.page.keyboard.press("ArrowRight")

    expect(sheet.cell(1)).to_be_focused()


@pytest.mark.parametrize("axes", [{}, {"seed": SEEDS}], ids=["none", "one"])
def test_few_axes_need_no_menus_of_places(sheet: Sheet, axes: dict[str, list[str]]) -> None:
    """One cell is one picture, and one axis goes on in the next line."""
    sheet.open(state(axes, arrangement={}))

    expect(sheet.page.locator(".leo-cell")).to_have_count(2 if axes else 1)
    expect(sheet.page.locator(".leo-tag")).to_have_count(2 if axes else 0)
    expect(sheet.page.locator("[data-key=x]")).to_have_count(0)


def test_ten_thousand_cells_are_few_nodes(sheet: Sheet) -> None:
    """Only what is in view is on the page, before and after scrolling and zooming."""
    ten = [str(i) for i in range(10)]
    arrangement = {"x": "b", "y": "d", "facets": ["a", "c"], "pages": []}
    sheet.open(state(dict.fromkeys("abcd", ten), arrangement=arrangement))
    count = "document.querySelectorAll('.leo-cell').length"
    assert sheet.page.evaluate(count) < 400
    sheet.page.evaluate("document.querySelector('.leo-scroll').scrollTop = 20000")
    sheet.until("Number(document.querySelector('.leo-cell:last-child').dataset.cell) > 100")
    assert sheet.page.evaluate(count) < 500
    sheet.page.locator(".leo-cell").nth(30).click()
    sheet.page.keyboard.press("Control+End")
    expect(sheet.cell(9999)).to_be_focused()
    assert sheet.page.evaluate(count) < 500


def test_zooming_keeps_what_is_below_the_pointer(sheet: Sheet) -> None:
    """Ctrl with the wheel makes cells larger around the one that is pointed at."""
    sheet.open(
        state(
            {name: [str(i) for i in range(60)] for name in "ab"},
            arrangement={"x": "a", "y": "b", "size": 40},
        )
    )
    sheet.page.evaluate("document.querySelector('.leo-scroll').scrollTo(600, 600)")
    find = "document.elementFromPoint(400, 400).closest('.leo-cell')?.dataset.cell"
    sheet.page.mouse.move(400, 400)
    before = sheet.page.evaluate(find)
    sheet.page.keyboard.down("Control")
    sheet.page.mouse.wheel(0, -100)
    sheet.until("state.arrangement.size > 40")
    sheet.page.keyboard.up("Control")

    assert before == sheet.page.evaluate(find)


@pytest.mark.parametrize("width", [360, 420, 700, 1400])
def test_nothing_is_cut_at_any_width(sheet: Sheet, width: int) -> None:
    """Whatever the room, nothing but the grid itself scrolls sideways."""
    sheet.page.set_viewport_size({"width": width, "height": 900})
    sheet.open(state())

    inside = "document.querySelector('.leo-sheet').scrollWidth <= document.querySelector('.leo-sheet').clientWidth"  # noqa: E501
    assert sheet.page.evaluate(inside)
    side = sheet.page.locator(".leo-side").bounding_box()
    grid = sheet.page.locator(".leo-scroll").bounding_box()
    assert side
    assert grid
    assert (side["y"] > grid["y"] + 50) == (width <= 700)


@pytest.mark.parametrize("width", [360, 420, 700, 1000, 1400])
def test_no_word_of_a_label_is_broken(sheet: Sheet, width: int) -> None:
    """A label goes on in the next line between its words, at any width of the page."""
    sheet.page.set_viewport_size({"width": width, "height": 900})
    styles = ["SKETCH_COLOR", "ILLUSTRATION", "CINEMATIC"]
    sheet.open(state({"seed": SEEDS, "style": styles}, arrangement={"x": "seed", "y": "style"}))
    broken = """() => [...document.querySelectorAll(".leo-row span")].flatMap((label) =>
      [...label.childNodes].filter((node) => {
        if (node.nodeType !== 3) return false;
        const range = document.createRange();
        range.selectNodeContents(node);
        return range.getClientRects().length > 1;
      }).map((node) => node.data))"""

    expect(sheet.page.get_by_role("rowheader")).to_have_text(styles)
    assert [] == sheet.page.evaluate(broken)


def test_axes_are_named_on_the_grid(sheet: Sheet) -> None:
    """The columns' over their values, the rows' over their labels, also after a turn."""
    sheet.open(state())
    names = sheet.page.locator(".leo-heads").first.locator(".leo-axis-name")
    expect(names).to_have_text(["style", "scale"])
    sheet.page.locator("[data-key=x]").select_option("style")

    expect(names).to_have_text(["scale", "style"])


def test_facets_are_said_to_stand_as_they_do(sheet: Sheet) -> None:
    """Side by side where they are, and below each other where there is no room for that."""
    way = sheet.page.locator("[data-key='at seed'] option").first
    sheet.page.set_viewport_size({"width": 1400, "height": 900})
    sheet.open(state())
    expect(way).to_have_text("side by side")
    sheet.page.set_viewport_size({"width": 420, "height": 900})

    expect(way).to_have_text("below each other")


def test_values_at_the_side_are_whole(sheet: Sheet) -> None:
    """A slider gives way to the words beside it."""
    axes = {"guidance_scale": SCALES, "presetStyle": ["ILLUSTRATION", "CINEMATIC"]}
    sheet.open(state(axes, arrangement={"x": "guidance_scale", "y": "presetStyle"}))
    cut = """() => [...document.querySelectorAll(".leo-track .leo-value")]
      .filter((value) => value.scrollWidth > value.clientWidth).map((value) => value.textContent)"""
    expect(sheet.page.locator(".leo-track .leo-value").last).to_have_text("ILLUSTRATION")

    assert [] == sheet.page.evaluate(cut)


def test_comparison_has_no_empty_bands(sheet: Sheet) -> None:
    """Two pictures are as wide as their halves, and the stage is as high as they are."""
    sheet.open(state())
    sheet.cell(0).click()
    sheet.page.keyboard.press("Space")
    sheet.page.keyboard.press("ArrowRight")
    sheet.page.keyboard.press("c")
    sheet.page.evaluate("model.say({what: 'large', cells: [0, 6]}, [picture, picture])")
    image = sheet.page.locator(".leo-several img").first
    sheet.until("document.querySelector('.leo-several img').naturalWidth > 0")
    box, stage = image.bounding_box(), sheet.page.locator(".leo-stage").bounding_box()
    assert box
    assert stage

    assert box["width"] > 0.46 * stage["width"]
    assert box["height"] > stage["height"] - 90


def test_page_that_goes_leaves_nothing(sheet: Sheet) -> None:
    """It says that it goes, and listens to the model no more."""
    sheet.open(state())
    sheet.page.evaluate("end()")

    assert 0 == sheet.page.evaluate("model.listening()")
    assert sheet.last("look")["view"] == sheet.last("bye")["view"]
    expect(sheet.page.locator(".leo-sheet")).to_have_count(0)


@pytest.mark.parametrize("theme", THEMES)
def test_words_can_be_read_in_every_theme(sheet: Sheet, theme: str) -> None:
    """4.5 to 1 or more, in a notebook's colours and in those of a plain page."""
    sheet.page.emulate_media(color_scheme="dark" if "dark" in theme else "light")
    sheet.open(state(), THEMES[theme])
    if "plain" not in theme:
        ground = THEMES[theme]["layout-color0"]
        sheet.page.evaluate("ground => { document.body.style.background = ground }", ground)
    sheet.cell(0).click()
    detail = {
        "mark": "triangle",
        "word": "Failed",
        "prompt": "a fox",
        "where": [],
        "notes": ["Late."],
        "parameters": [["alchemy", "true"]],
        "facts": [["cost", "11"]],
        "error": "Refused.",
        "advice": "Change it.",
        "code": "leo.generate()",
    }
    sheet.page.evaluate(
        "detail => model.say({what: 'cell', cell: 0, detail, view: last('look').view})", detail
    )
    sheet.page.get_by_role("button", name="Values").click()
    expect(sheet.page.locator(".leo-error")).to_have_text("Refused.")

    assert [] == sheet.page.evaluate(LOW_CONTRAST)


def test_grid_is_made_higher_by_keys(sheet: Sheet) -> None:
    """The line below it takes arrows, and a double click gives its own height back."""
    ten = [str(i) for i in range(10)]
    sheet.open(state({"a": ten, "b": ten * 2}, arrangement={"x": "a", "y": "b"}))
    handle = sheet.page.get_by_role("separator", name="Height of the grid")
    high = "document.querySelector('.leo-scroll').clientHeight"
    before = sheet.page.evaluate(high)
    handle.focus()
    sheet.page.keyboard.press("ArrowDown")
    assert before + 80 == sheet.page.evaluate(high)
    handle.dblclick()

    assert before == sheet.page.evaluate(high)


def test_what_was_scrolled_stays_when_a_notebook_puts_it_away(sheet: Sheet) -> None:
    """Lab takes an output far from its view out of the page, and puts it back later."""
    ten = [str(i) for i in range(10)]
    sheet.open(state({"a": ten, "b": ten * 4}, arrangement={"x": "a", "y": "b"}))
    top = """async () => {
      const frames = () => new Promise((done) =>
        requestAnimationFrame(() => requestAnimationFrame(done)));
      const scroll = document.querySelector(".leo-scroll");
      scroll.scrollTop = 700;
      await frames();
      const holder = document.querySelector(".leo-sheet").parentNode;
      holder.remove();
      await frames();
      document.body.append(holder);
      await frames();
      return scroll.scrollTop;
    }"""

    assert 700 == sheet.page.evaluate(top)
    expect(sheet.page.locator(".leo-row").first).to_be_visible()


def test_widened_sweep_keeps_its_pictures(sheet: Sheet) -> None:
    """New cells stand beside the old ones, whose pictures are not asked for again."""
    sheet.open(state())
    sheet.page.evaluate("model.say({what: 'small', size: 256, cells: [0]}, [picture])")
    expect(sheet.cell(0).locator("img")).to_have_count(1)
    wider = state({**AXES, "scale": [*SCALES, "11"]})
    sheet.page.evaluate(
        """([deck, coords, states]) => {
          model.set("deck", deck);
          model.set("coords", view(coords));
          model.set("states", states);
        }""",
        [wider["deck"], wider["coords"], "d" * 24 + "w" * 6],
    )

    expect(sheet.cell(24)).to_have_attribute("data-state", "waiting")
    expect(sheet.cell(0).locator("img")).to_have_count(1)
