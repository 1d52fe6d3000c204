"""card.js in a real browser, on a model that is not there: what a fake document cannot show."""

from __future__ import annotations

import base64
import io
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from PIL import Image as Pillow

from leonardo_nb.errors import Candidate, JobFailed, OutcomeUnknown
from leonardo_nb.money import Credits
from leonardo_nb.simulator.film import shoot
from leonardo_nb.widgets.card import Card, VariationCard, VideoCard
from leonardo_nb.widgets.thumbnails import place_of, small
from leonardo_nb.widgets.view import card_view, facts_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from playwright.sync_api import Page

pytestmark = pytest.mark.browser

CARDS = {"generation": Card, "video": VideoCard, "variation": VariationCard}
FAKE_MODEL = Path(__file__).parent.parent / "js" / "fake_model.mjs"

# JupyterLab 4.6's own values
THEMES = {
    "light": {
        "content-font-color1": "rgba(0, 0, 0, 1)",
        "layout-color0": "#fff",
        "layout-color2": "#eee",
        "border-color2": "#e0e0e0",
        "brand-color1": "#1976d2",
        "error-color1": "#d32f2f",
        "success-color1": "#388e3c",
    },
    "dark": {
        "content-font-color1": "rgba(255, 255, 255, 1)",
        "layout-color0": "#111",
        "layout-color2": "#424242",
        "border-color2": "#616161",
        "brand-color1": "#2196f3",
        "error-color1": "#f44336",
        "success-color1": "#4caf50",
    },
}

MOUNT = """async ([card, fake, css, state, theme]) => {
  const load = (source) =>
    import(URL.createObjectURL(new Blob([source], { type: "text/javascript" })));
  window.urls = new Set();
  const { createObjectURL, revokeObjectURL } = URL;
  const { default: widget } = await load(card);
  Object.assign(window, await load(fake));
  URL.createObjectURL = (blob) => {
    const url = createObjectURL.call(URL, blob);
    urls.add(url);
    return url;
  };
  URL.revokeObjectURL = (url) => urls.delete(url) && revokeObjectURL.call(URL, url);
  const bytes = (text) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0)).buffer;
  window.view = (text) => new DataView(bytes(text));
  state.pictures.forEach((picture) => (picture.data = view(picture.data)));
  state.view.at = Date.now() / 1000;
  state.made = [];
  if (state.before?.data) state.before.data = view(state.before.data);
  const style = document.createElement("style");
  style.textContent = css;
  document.head.append(style);
  for (const [name, value] of Object.entries(theme))
    document.documentElement.style.setProperty(`--jp-${name}`, value);
  document.body.style.cssText = `margin: 8px; background: ${theme["layout-color0"]}`;
  window.model = fakeModel(state);
  window.made = widget;
  const made = widget();
  made.initialize({ model });
  window.show = () => {
    const el = document.body.appendChild(document.createElement("div"));
    const end = made.render({ model, el });
    return () => (end(), el.remove());
  };
  window.end = show();
}"""

CONTRAST = """() => {
  const parse = (color) => {
    const n = color.match(/[\\d.]+/g).map(Number);
    return color.startsWith("color(") ? [n[0] * 255, n[1] * 255, n[2] * 255, n[3] ?? 1] : n;
  };
  const ground = parse(getComputedStyle(document.body).backgroundColor);
  const light = (rgb) => {
    const linear = (c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
    const [r, g, b] = rgb.map((c) => linear(c / 255));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const low = [];
  for (const node of document.querySelectorAll(".leo-words *")) {
    if (![...node.childNodes].some((n) => n.nodeType === 3 && n.data.trim())) continue;
    const [r, g, b, a = 1] = parse(getComputedStyle(node).color);
    const seen = [r, g, b].map((c, i) => c * a + ground[i] * (1 - a));
    const [dark, bright] = [light(seen), light(ground.slice(0, 3))].sort((x, y) => x - y);
    const ratio = (bright + 0.05) / (dark + 0.05);
    if (ratio < 4.5) low.push([node.className, ratio]);
  }
  return low;
}"""


@pytest.fixture(scope="module")
def page_of(chromium: str) -> Iterator[Callable[..., Page]]:
    """Return a function that shows a job's card in a browser; errors on the page fail the test."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        errors: list[str] = []

        def open_page(job: Any, *, theme: str = "light", width: int = 800) -> Page:
            page = browser.new_page(viewport={"width": width, "height": 600})
            page.set_default_timeout(5000)
            page.on("pageerror", lambda error: errors.append(str(error)))
            page.evaluate(
                MOUNT,
                [
                    CARDS[job.kind]._esm,
                    FAKE_MODEL.read_text(encoding="utf-8"),
                    CARDS[job.kind]._css,
                    state_of(job),
                    THEMES[theme],
                ],
            )
            return page

        yield open_page
        browser.close()
        assert [] == errors


def state_of(job: Any) -> dict[str, Any]:
    """Return the traits of a card of *job*, as they arrive on a page."""
    pictures = [sent(image, str(index), job) for index, image in enumerate(job.images)]
    state: dict[str, Any] = {"view": card_view(facts_of(job)), "pictures": pictures}
    if job.kind != "generation":
        state["before"] = {} if job.source is None else sent(job.source, "before", job)
    if job.kind == "variation":
        found = None
        if job.source is not None and job.images:
            found = place_of(job.source.pil(), job.images[0].pil(), is_wider=False)
        state["place"] = list(found or ())
    return state


def sent(image: Any, key: str, job: Any) -> dict[str, Any]:
    """Return a thumbnail as text, in which way it gets onto a page here."""
    picture = small(image, key=key, alt=job.request.caption)
    return picture | {"data": base64.b64encode(picture["data"]).decode("ascii")}


@pytest.mark.parametrize("kind", list(CARDS))
def test_prompt_is_never_markup(
    page_of: Callable[..., Page], make_job: Callable[..., Any], kind: str
) -> None:
    """Tags and quotes of a prompt are letters on the page."""
    source = Pillow.new("RGB", (32, 24), "teal")
    job = make_job(kind=kind, pictures=1, film=True, source=source, state="complete")
    job.request.prompt = "<script>window.hit = 1</script><img src=x onerror='window.hit = 1'> \"q\""
    page = page_of(job)

    assert job.request.prompt == page.locator(".leo-prompt").text_content()
    assert 0 == page.locator(".leo-card script, .leo-card img[src=x]").count()
    assert page.evaluate("window.hit === undefined")


def test_clock_runs_by_itself(page_of: Callable[..., Page], make_job: Callable[..., Any]) -> None:
    """Seconds tick with no word from Python, and screen readers are left in peace."""
    page = page_of(make_job(state="pending", sent=True, cost=Credits(11), elapsed=5.1))
    said = page.locator("[role=status]").text_content()
    page.wait_for_function("parseFloat(document.querySelector('.leo-time').textContent) > 5.3")

    assert said == page.locator("[role=status]").text_content()
    assert "about 3 s left" in (page.locator(".leo-time").text_content() or "")


def test_full_size_by_keyboard(page_of: Callable[..., Page], make_job: Callable[..., Any]) -> None:
    """Enter opens, Python sends the file to the view that asked, Escape gives the focus back."""
    page = page_of(make_job(pictures=2, state="complete", cost=Credits(11)))
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.locator("dialog[open]").wait_for()
    asked = page.evaluate("model.sent.at(-1)")
    file = io.BytesIO()
    Pillow.new("RGB", (640, 480), "teal").save(file, "PNG")
    wide = base64.b64encode(file.getvalue()).decode("ascii")
    before = page.evaluate("document.querySelector('dialog img').naturalWidth")
    page.evaluate(
        "([asked, wide]) => model.say({ ...asked, kind: 'full', type: 'image/png' }, [view(wide)])",
        [asked, wide],
    )
    page.wait_for_function("document.querySelector('dialog img').naturalWidth === 640")
    page.keyboard.press("Escape")
    page.locator("dialog").wait_for(state="detached")

    assert ("open", "1") == (asked["do"], asked["key"])
    assert 64 == before
    assert page.evaluate("document.activeElement.ariaLabel").startswith("Open picture 2 of 2")
    assert 2 == page.evaluate("urls.size")


def test_two_views_share_a_model_and_leave_nothing(
    page_of: Callable[..., Page], make_job: Callable[..., Any]
) -> None:
    """Both views follow the model; a view that goes takes its listeners and addresses with it."""
    job = make_job(pictures=1, state="pending", sent=True)
    page = page_of(job)
    page.evaluate("void (window.second = show())")
    job.state = "complete"
    page.evaluate("view => model.set('view', view)", card_view(facts_of(job)))
    words = page.locator(".leo-word").all_text_contents()
    page.evaluate("second()")
    one_left = page.evaluate("[document.querySelectorAll('.leo-card').length, urls.size]")
    page.evaluate("end()")

    assert ["Done", "Done"] == words
    assert [1, 1] == one_left
    assert [1, 0] == page.evaluate("[model.listening(), urls.size]")


def test_a_price_that_comes_later_takes_no_button_away(
    page_of: Callable[..., Page], make_job: Callable[..., Any]
) -> None:
    """The buttons stay the same ones, so that a click that has begun ends on what it began on."""
    job = make_job(pictures=1, state="complete", sent=True)
    page = page_of(job)
    page.evaluate("void (window.before = [...document.querySelectorAll('.leo-action')])")
    priced = facts_of(job, prices={"to-video": Credits(100)})
    page.evaluate("view => model.set('view', view)", card_view(priced))

    assert "100 credits" in page.locator(".leo-actions").inner_text()
    assert page.evaluate(
        "[...document.querySelectorAll('.leo-action')].every((b, i) => b === before[i])"
    )


MAKE_AGAIN = """async (state) => {
  window.lower = fakeModel({ ...state, made: [] });
  window.views = 0;
  const widget = made();
  widget.initialize({ model: lower });
  model.widget_manager = {
    get_model: async () => lower,
    create_view: async () => {
      await window.until;
      const el = document.createElement("div");
      const end = widget.render({ model: lower, el });
      views += 1;
      return { el, remove: () => (end(), el.remove(), (views -= 1)) };
    },
  };
  model.set("made", ["IPY_MODEL_lower"]);
}"""


def test_lower_card_goes_with_the_upper(
    page_of: Callable[..., Page], make_job: Callable[..., Any]
) -> None:
    """The view of the job made again ends its clock and listeners when this one is removed."""
    page = page_of(make_job(state="complete"))
    page.evaluate(MAKE_AGAIN, state_of(make_job(state="pending", sent=True)))
    page.locator(".leo-next .leo-card").wait_for()
    before = page.evaluate("[views, lower.listening() > 1]")
    page.evaluate("end()")

    assert [1, True] == before
    assert [0, 1] == page.evaluate("[views, lower.listening()]")


def test_lower_card_that_comes_too_late_is_dropped(
    page_of: Callable[..., Page], make_job: Callable[..., Any]
) -> None:
    """A view that is ready after this one was removed is removed as well."""
    page = page_of(make_job(state="complete"))
    page.evaluate("void (window.until = new Promise((go) => (window.go = go)))")
    page.evaluate(MAKE_AGAIN, state_of(make_job(state="pending", sent=True)))
    page.evaluate("end()")
    page.evaluate("go()")
    page.wait_for_function("lower.listening() === 1")

    assert [0, 0] == page.evaluate("[views, document.querySelectorAll('.leo-next').length]")


def test_again_sleeps_until_it_is_answered(
    page_of: Callable[..., Page], make_job: Callable[..., Any]
) -> None:
    """A double click asks once; when Python refuses, the button is back."""
    page = page_of(make_job(state="complete"))
    again = page.get_by_role("button", name="Again")
    again.dblclick()
    asked = page.evaluate("model.sent.filter((message) => message.do === 'again').length")
    before = again.is_disabled()
    page.evaluate("model.say({ kind: 'refused' })")

    assert (1, True, False) == (asked, before, again.is_disabled())


def test_focus_survives_a_change(
    page_of: Callable[..., Page], make_job: Callable[..., Any]
) -> None:
    """When Cancel goes, the focus goes to what has come in its place."""
    job = make_job(state="pending", sent=True)
    page = page_of(job)
    page.locator(".leo-action").focus()
    job.state = "cancelled"
    page.evaluate("view => model.set('view', view)", card_view(facts_of(job)))

    assert "Again" == page.evaluate("document.activeElement.textContent")


def test_narrow_window_puts_the_picture_on_top(
    page_of: Callable[..., Page], make_job: Callable[..., Any]
) -> None:
    """At 320 pixels nothing is cut off and the picture is as wide as the card."""
    page = page_of(make_job(pictures=1, state="complete", id="x", cost=Credits(11)), width=320)
    frame = page.locator(".leo-frame").bounding_box()
    words = page.locator(".leo-words").bounding_box()
    assert frame is not None
    assert words is not None

    assert words["y"] >= frame["y"] + frame["height"]
    assert frame["width"] == words["width"]
    assert page.evaluate("document.documentElement.scrollWidth") <= 320


@pytest.mark.parametrize(("width", "highest"), [(360, 200), (600, 150), (860, 130)])
def test_running_card_is_a_strip(
    page_of: Callable[..., Page], make_job: Callable[..., Any], width: int, highest: int
) -> None:
    """It is as high as its words, and has no place as large as a picture."""
    job = make_job(state="pending", sent=True, id="x", cost=Credits(11))
    page = page_of(job, width=width)
    page.wait_for_function("document.querySelector('.leo-frame').clientWidth < 149")
    box = page.locator(".leo-card").bounding_box()
    assert box is not None

    assert box["height"] < highest


def test_money_stays_on_its_line_in_a_narrower_notebook(
    page_of: Callable[..., Page], make_job: Callable[..., Any]
) -> None:
    """At 600 pixels the picture makes room for the words."""
    page = page_of(make_job(pictures=1, state="complete", id="x", cost=Credits(11)), width=616)
    page.wait_for_function("document.querySelector('.leo-frame').clientWidth <= 230")
    word = page.locator(".leo-word").bounding_box()
    pill = page.locator(".leo-pill").bounding_box()
    assert word is not None
    assert pill is not None

    assert abs(word["y"] - pill["y"]) < 8


def test_two_cards_of_one_output_are_two(
    page_of: Callable[..., Page], make_job: Callable[..., Any]
) -> None:
    """There is ground between them."""
    page = page_of(make_job(state="pending", sent=True))
    page.evaluate("void show()")
    upper, lower = (card.bounding_box() for card in page.locator(".leo-card").all())
    assert upper is not None
    assert lower is not None

    assert lower["y"] - upper["y"] - upper["height"] >= 6


def test_cards_share_a_row(page_of: Callable[..., Page], make_job: Callable[..., Any]) -> None:
    """In an HBox two cards stand side by side, each with half of the room."""
    page = page_of(make_job(pictures=1, state="complete", id="x", cost=Credits(11)), width=1016)
    page.evaluate("void (document.body.style.display = 'flex', show())")
    boxes = [card.bounding_box() for card in page.locator(".leo-card").all()]

    assert [500, 500] == [box["width"] for box in boxes if box is not None]


@pytest.mark.parametrize("theme", list(THEMES))
@pytest.mark.parametrize("state", ["pending", "complete", "failed"])
@pytest.mark.parametrize("kind", list(CARDS))
def test_contrast(
    page_of: Callable[..., Page], make_job: Callable[..., Any], theme: str, state: str, kind: str
) -> None:
    """Every word is readable on JupyterLab's own grounds, 4.5 to 1 or better."""
    error = JobFailed("It failed. `job.again()` sends it again.") if state == "failed" else None
    page = page_of(
        make_job(
            kind=kind, pictures=1, state=state, sent=True, id="x", cost=Credits(11), error=error
        ),
        theme=theme,
    )

    assert [] == page.evaluate(CONTRAST)


# ---- a question of money ------------------------------------------------------------------------


def question(make_job: Callable[..., Any], **facts: Any) -> Any:
    """Return a job of which nobody knows whether it was paid."""
    asked = datetime(2026, 11, 22, 12, tzinfo=UTC)
    candidates = (
        Candidate("4f3a2b1c-0000-4000-8000-000000000001", asked, "COMPLETE"),
        Candidate("a91d00fe-0000-4000-8000-000000000002", asked, "PENDING", ("seed", "width")),
    )
    error = OutcomeUnknown("The answer was lost.", candidates=candidates)
    return make_job(state="failed", sent=True, error=error, **facts)


def test_a_candidate_is_taken_by_keyboard(
    page_of: Callable[..., Page], make_job: Callable[..., Any]
) -> None:
    """Each has a name of its own; Enter takes it once, and the whole id goes to Python."""
    page = page_of(question(make_job))
    listed = page.get_by_role("list", name="Jobs at the service that may be it")
    second = listed.get_by_role("button", name=re.compile("Take this one: a91d00fe"))
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.keyboard.press("Enter")

    assert 2 == listed.get_by_role("listitem").count()
    assert second.is_disabled()
    assert [{"do": "adopt", "id": "a91d00fe-0000-4000-8000-000000000002"}] == [
        each for each in page.evaluate("model.sent") if each["do"] == "adopt"
    ]


def test_one_click_lets_the_others_wait(
    page_of: Callable[..., Page], make_job: Callable[..., Any]
) -> None:
    """While Python is at work no button of the question can be clicked; a refusal brings them."""
    job = question(make_job)
    page = page_of(job)
    page.get_by_role("button", name="Send again").click()
    page.evaluate("view => model.set('view', view)", card_view(facts_of(job), busy={"resend"}))
    buttons = page.locator(".leo-candidate button, .leo-actions button:text('Send again')")
    waiting = [button.is_disabled() for button in buttons.all()]
    page.evaluate("view => model.set('view', view)", card_view(facts_of(job)))
    page.evaluate("model.say({ kind: 'refused' })")

    assert [True, True, True] == waiting
    assert [False, False, False] == [button.is_disabled() for button in buttons.all()]
    assert [{"do": "resend"}] == [
        each for each in page.evaluate("model.sent") if each["do"] == "resend"
    ]


def test_an_answered_question_is_gone(
    page_of: Callable[..., Page], make_job: Callable[..., Any]
) -> None:
    """The job that takes its place is under way, and nothing of the list is left."""
    page = page_of(question(make_job))
    running = make_job(state="pending", sent=True, id="x")
    page.evaluate("view => model.set('view', view)", card_view(facts_of(running)))

    assert "Drawing" == page.locator(".leo-word").text_content()
    assert 0 == page.locator(".leo-candidate").count()


@pytest.mark.parametrize("width", [1400, 700, 400, 300])
def test_candidates_stay_within_the_card(
    page_of: Callable[..., Page], make_job: Callable[..., Any], width: int
) -> None:
    """However narrow the notebook is, nothing sticks out."""
    page = page_of(question(make_job), width=width)
    right = page.locator(".leo-body").evaluate("node => node.getBoundingClientRect().right")
    ends = page.locator(".leo-candidate *").evaluate_all(
        "nodes => nodes.map((node) => node.getBoundingClientRect().right)"
    )

    assert max(ends) <= right


@pytest.mark.parametrize("theme", list(THEMES))
def test_contrast_of_a_question(
    page_of: Callable[..., Page], make_job: Callable[..., Any], theme: str
) -> None:
    """What may be paid is readable, too."""
    assert [] == page_of(question(make_job), theme=theme).evaluate(CONTRAST)


# ---- videos -------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def film() -> str:
    """A film of half a second, as text."""
    picture = Pillow.linear_gradient("L").convert("RGB")
    return base64.b64encode(shoot(picture, (64, 48), 0.5)).decode("ascii")


def arrives(page: Page, job: Any) -> None:
    """Let *job* end in the sight of the page."""
    job.state = "complete"
    page.evaluate("view => model.set('view', view)", card_view(facts_of(job)))


def clips(page: Page) -> int:
    """Return how often the page has asked for the film."""
    return int(page.evaluate("model.sent.filter((message) => message.do === 'clip').length"))


SAY_CLIP = """(film) => {
  const { view: me } = model.sent.find((message) => message.do === "clip");
  const why = film ? "" : "It is gone from `a path`";
  model.say({ kind: "clip", view: me, type: "video/mp4", why }, film ? [view(film)] : []);
}"""


WHEN_IT_PLAYS = """() => {
  const note = ({ target: film }) =>
    (window.heard = [film.muted, film.controls, film.loop, film.playsInline]);
  document.addEventListener("play", note, true);
}"""


def test_video_plays_once_by_itself(
    page_of: Callable[..., Page], make_job: Callable[..., Any], film: str
) -> None:
    """When it arrives it plays to its end, muted, and gives its place back to the still."""
    job = make_job(kind="video", pictures=1, film=True, state="pending", sent=True)
    page = page_of(job)
    before = clips(page)
    arrives(page, job)
    page.evaluate(WHEN_IT_PLAYS)
    page.evaluate(SAY_CLIP, film)
    page.wait_for_function("window.heard && !document.querySelector('video')")
    told = page.evaluate("model.sent.map((message) => message.do)")

    assert (0, 1) == (before, clips(page))
    assert [True, True, False, True] == page.evaluate("heard")
    assert page.locator("button.leo-cell").is_visible()
    assert ["clip", "busy", "idle"] == told[-3:]


def test_video_waits_for_a_hand_where_motion_is_not_wanted(
    page_of: Callable[..., Page], make_job: Callable[..., Any], film: str
) -> None:
    """With reduced motion nothing plays by itself; Play plays it, and then again and again."""
    job = make_job(kind="video", pictures=1, film=True, state="pending", sent=True)
    page = page_of(job)
    page.emulate_media(reduced_motion="reduce")
    arrives(page, job)
    before = clips(page)
    page.get_by_role("button", name="Play the video").press("Enter")
    page.evaluate(SAY_CLIP, film)
    player = page.locator("video")
    player.wait_for()

    assert (0, 1) == (before, clips(page))
    assert player.evaluate("film => film.loop")


def test_video_that_is_opened_later_stands_still(
    page_of: Callable[..., Page], make_job: Callable[..., Any]
) -> None:
    """A card of a job that had ended before asks for nothing until somebody plays it."""
    page = page_of(make_job(kind="video", pictures=1, film=True, state="complete"))
    before = clips(page)
    play = page.locator(".leo-actions").get_by_role("button", name="Play")
    play.click()
    play.click()

    assert (0, 1) == (before, clips(page))


@pytest.mark.parametrize(
    ("answer", "why"), [("bm8gZmlsbQ==", "This browser cannot play it"), (None, "It is gone from")]
)
def test_video_that_cannot_be_played_says_why(
    page_of: Callable[..., Page],
    make_job: Callable[..., Any],
    film: str,
    answer: str | None,
    why: str,
) -> None:
    """The still stays, and the card has the path of the file; Play tries once more."""
    job = make_job(kind="video", pictures=1, film=True, state="complete")
    page = page_of(job)
    page.get_by_role("button", name="Play the video").click()
    page.evaluate(SAY_CLIP, answer)
    note = page.locator(".leo-note").filter(has_text=why)
    note.wait_for()
    said = page.locator("[role=status]").text_content() or ""
    words = page.locator(".leo-words").text_content() or ""
    is_still = page.locator("button.leo-cell img").is_visible()
    left = page.evaluate("[document.querySelectorAll('video').length, urls.size]")
    page.locator(".leo-actions").get_by_role("button", name="Play").click()
    page.evaluate(SAY_CLIP, film)
    page.locator("video").wait_for()

    assert (str(job.video.path) if answer else "a path") in words
    assert is_still
    assert [0, 1] == left
    assert why in said
    assert 0 == note.count()


def test_video_leaves_nothing(
    page_of: Callable[..., Page], make_job: Callable[..., Any], film: str
) -> None:
    """A view that goes takes its film, addresses and listeners with it."""
    job = make_job(kind="video", pictures=1, film=True, state="complete")
    page = page_of(job)
    page.get_by_role("button", name="Play the video").click()
    page.evaluate(SAY_CLIP, film)
    page.locator("video").wait_for()
    before = page.evaluate("urls.size")
    page.evaluate("end()")

    assert 2 == before
    assert [1, 0] == page.evaluate("[model.listening(), urls.size]")


# ---- variations ---------------------------------------------------------------------------------


def variation(make_job: Callable[..., Any], source: Pillow.Image | None, **facts: Any) -> Any:
    """Return a variation of *source* that has ended."""
    return make_job(kind="variation", pictures=1, source=source, state="complete", **facts)


def test_slider_moves_by_keyboard(
    page_of: Callable[..., Page], make_job: Callable[..., Any]
) -> None:
    """The arrows move the line between before and after, which a screen reader hears."""
    page = page_of(variation(make_job, Pillow.new("RGB", (32, 24), "teal")))
    slider = page.get_by_role("slider", name="Before and after")
    slider.focus()
    for _ in range(3):
        slider.press("ArrowRight")

    assert "53 % before, 47 % after" == slider.get_attribute("aria-valuetext")
    assert "53%" == page.locator(".leo-both").evaluate(
        "node => node.style.getPropertyValue('--leo-at')"
    )


def test_line_is_where_the_hand_is(
    page_of: Callable[..., Page], make_job: Callable[..., Any]
) -> None:
    """A click at a quarter of the frame leaves a quarter before, and the word hides in time."""
    page = page_of(variation(make_job, Pillow.new("RGB", (32, 24), "teal")))
    box = page.locator(".leo-both").bounding_box()
    assert box is not None
    seen = []
    for part in (0.25, 0.05):
        page.mouse.click(box["x"] + box["width"] * part, box["y"] + 20)
        at = page.locator(".leo-both > i").bounding_box()
        assert at is not None
        seen.append(round((at["x"] + 1 - box["x"]) / box["width"], 2))

    assert [0.25, 0.05] == seen
    assert page.locator(".leo-both").evaluate("node => node.hasAttribute('data-after')")


@pytest.mark.parametrize(
    ("size", "shown"), [((32, 24), (1, 0)), ((24, 32), (0, 2)), (None, (0, 0))]
)
def test_only_the_same_view_is_laid_over(
    page_of: Callable[..., Page],
    make_job: Callable[..., Any],
    size: tuple[int, int] | None,
    shown: tuple[int, int],
) -> None:
    """Another shape stands beside it, and without the source there is the result alone."""
    source = None if size is None else Pillow.new("RGB", size, "teal")
    page = page_of(variation(make_job, source))

    assert shown == (page.locator(".leo-both").count(), page.locator(".leo-pair").count())
    assert 1 == page.get_by_role("button", name=re.compile("^Open")).count() - (shown[0] == 0)


def test_use_is_told_once(page_of: Callable[..., Page], make_job: Callable[..., Any]) -> None:
    """A hand and the focus in the card are one use, which ends with the later one."""
    page = page_of(variation(make_job, Pillow.new("RGB", (32, 24), "teal")))
    page.mouse.move(100, 60)
    page.get_by_role("slider").focus()
    page.mouse.move(700, 590)
    page.evaluate("document.activeElement.blur()")

    assert ["look", "busy", "idle"] == page.evaluate("model.sent.map((message) => message.do)")


def test_variation_leaves_nothing(
    page_of: Callable[..., Page], make_job: Callable[..., Any]
) -> None:
    """A view that goes takes both pictures and its listeners with it."""
    page = page_of(variation(make_job, Pillow.new("RGB", (32, 24), "teal")))
    before = page.evaluate("urls.size")
    page.evaluate("end()")

    assert 2 == before
    assert [1, 0] == page.evaluate("[model.listening(), urls.size]")
