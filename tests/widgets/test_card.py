from __future__ import annotations

import gc
import re
from pathlib import Path
from threading import Barrier, Event
from typing import TYPE_CHECKING, Any

import pytest
from PIL import Image as Pillow

from leonardo_nb.errors import BudgetExceeded, Candidate, OutcomeUnknown
from leonardo_nb.money import Credits
from leonardo_nb.widgets import card as card_module
from leonardo_nb.widgets.card import Card, VariationCard, VideoCard, card_for, shared_card
from leonardo_nb.widgets.pace import THREADS, painters

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from leonardo_nb.studios import Studio
    from tests.widgets.conftest import FakeEngine


@pytest.fixture(autouse=True)
def closed_cards() -> Iterator[None]:
    """No card outlives its test."""
    yield
    for card in list(card_module._cards.values()):
        card.close()


def settle(engine: FakeEngine) -> None:
    """Let the picture threads end what they have, and the engine what they hand back."""
    engine.advance(1)
    everybody = Barrier(THREADS + 1, timeout=10)  # met once each thread has nothing else to do
    for _ in range(THREADS):
        painters().submit(everybody.wait)
    everybody.wait()
    engine.advance(1)


def messages(card: Any, monkeypatch: pytest.MonkeyPatch) -> list[tuple[Any, Any]]:
    """Collect what *card* sends to its page."""
    sent: list[tuple[Any, Any]] = []
    monkeypatch.setattr(card, "send", lambda content, buffers=None: sent.append((content, buffers)))
    return sent


def test_one_card_a_job(make_job: Callable[..., Any]) -> None:
    """Asking twice gives the same widget, so its views share one model."""
    job = make_job()

    assert card_for(job) is card_for(job)
    assert shared_card(job) is card_for(job)
    assert card_for(make_job(uid="other")) is not card_for(job)


def test_closed_card_is_made_anew(make_job: Callable[..., Any]) -> None:
    """A closed widget cannot be shown again, a new one can."""
    job = make_job()
    first = card_for(job)
    first.close()
    gc.collect()

    assert first is not card_for(job)
    assert 1 == len(job.listeners)


def test_view_follows_the_job(make_job: Callable[..., Any], engine: FakeEngine) -> None:
    """A change of the job is drawn on the engine's thread."""
    job = make_job()
    card = card_for(job)
    before = card.view["word"]
    job.tell(state="pending", sent=True, cost=Credits(11))
    engine.advance(1)

    assert ("Waiting", "Drawing") == (before, card.view["word"])


def test_thumbnails_arrive(make_job: Callable[..., Any], engine: FakeEngine) -> None:
    """Pictures become JPEG thumbnails in the order of the job, with their full size beside."""
    job = make_job(pictures=2, state="complete")
    card = card_for(job)
    settle(engine)

    assert ["job-1-0", "job-1-1"] == [picture["key"] for picture in card.pictures]
    assert {(64, 48)} == {(picture["width"], picture["height"]) for picture in card.pictures}
    assert all(picture["data"].startswith(b"\xff\xd8") for picture in card.pictures)


def test_picture_that_cannot_be_read_is_said(
    make_job: Callable[..., Any], engine: FakeEngine, caplog: pytest.LogCaptureFixture
) -> None:
    """A broken file becomes a sentence on the card, not silence."""
    job = make_job(pictures=1, state="complete")
    job.images[0].path.write_bytes(b"no picture")
    card = card_for(job)
    settle(engine)

    assert [] == card.pictures
    assert "A picture cannot be shown" in card.view["notes"][0]
    assert "cannot be shown on its card" in caplog.text


def test_cancel_is_handed_to_the_engine(make_job: Callable[..., Any], engine: FakeEngine) -> None:
    """The page's click changes nothing by itself."""
    job = make_job()
    card = card_for(job)
    card._heard(card, {"do": "cancel"}, [])
    before = list(job.commands)
    engine.turn()

    assert ([], ["cancel"]) == (before, job.commands)


@pytest.mark.parametrize("nonsense", [None, [], "cancel", {"do": 7}, {"do": "open", "key": None}])
def test_nonsense_from_the_page_is_ignored(
    make_job: Callable[..., Any], engine: FakeEngine, nonsense: Any
) -> None:
    """A page can send anything; nothing happens."""
    job = make_job(pictures=1)
    card_for(job)._heard(None, nonsense, [])
    engine.turn()

    assert [] == job.commands


@pytest.mark.parametrize(("state", "changes"), [("complete", {"seed": None}), ("failed", {})])
def test_again_makes_a_card_below(
    make_job: Callable[..., Any], engine: FakeEngine, state: str, changes: dict[str, Any]
) -> None:
    """A finished job is made with a new seed, a failed one as it was; both cards stay."""
    job = make_job(state=state)
    card = card_for(job)
    card._heard(card, {"do": "again"}, [])
    engine.turn()

    assert [("again", changes)] == job.commands
    assert ["job-1-again"] == [made.job.uid for made in card.made]


def test_offers_are_priced_once(make_job: Callable[..., Any], engine: FakeEngine) -> None:
    """The calculator is asked when the pictures are there, once, and its price is on the card."""
    prices = {"generations-image-to-video": Credits(100)}
    job = make_job(state="complete", prices=prices, pictures=1)
    card = card_for(job)
    engine.advance(1)
    job.tell()
    engine.advance(1)

    said = {each["do"]: each["consequence"] for each in card.view["actions"]}
    assert ["variations/upscale", "generations-image-to-video"] == job.asked
    assert "100 credits" == said["to-video"]


def test_refused_again_says_why(
    make_job: Callable[..., Any], engine: FakeEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What stands against another job is said on the card."""
    job = make_job(state="failed")

    def refuse(**_: object) -> None:
        raise BudgetExceeded("The budget of 5 credits does not cover 11 credits.")

    monkeypatch.setattr(job, "again", refuse)
    card = card_for(job)
    card._heard(card, {"do": "again"}, [])
    engine.advance(1)

    assert ["The budget of 5 credits does not cover 11 credits."] == card.view["notes"]


def test_double_click_on_again_pays_once(
    make_job: Callable[..., Any], engine: FakeEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second click comes while the first one's job is under way, and makes nothing."""
    job = make_job(state="complete")
    card = card_for(job)
    sent = messages(card, monkeypatch)
    for _ in range(2):
        card._heard(card, {"do": "again"}, [])
    engine.advance(1)

    assert [("again", {"seed": None})] == job.commands
    assert [True] == [action["busy"] for action in card.view["actions"] if action["do"] == "again"]
    assert [({"kind": "refused"}, None)] == sent


def test_again_after_the_end_hides_nothing(
    make_job: Callable[..., Any], engine: FakeEngine
) -> None:
    """The card of the third job stands below that of the second, which was paid, too."""
    job = make_job(state="complete")
    card = card_for(job)
    card._heard(card, {"do": "again"}, [])
    engine.advance(1)
    second: Any = card.made[0]
    second.job.tell(state="complete")
    engine.advance(1)
    again = next(action for action in card.view["actions"] if action["do"] == "again")
    job.uid = "job-2"  # the fake job names the next one after itself
    card._heard(card, {"do": "again"}, [])
    engine.advance(1)

    assert not again["busy"]
    assert ["job-1-again", "job-2-again"] == [made.job.uid for made in card.made]


def test_card_takes_what_it_made_again_with_it(
    make_job: Callable[..., Any], engine: FakeEngine
) -> None:
    """When the upper card closes, the lower one is needed by nobody else."""
    card = card_for(make_job(state="complete"))
    card._heard(card, {"do": "again"}, [])
    engine.turn()
    lower = card.made[0]
    for do in ("look", "bye"):
        lower._heard(lower, {"do": do, "view": "a"}, [])
    engine.turn()
    before = lower.is_open
    card.close()
    engine.turn()

    assert (True, False) == (before, lower.is_open)


def test_full_size_is_sent_to_the_view_that_asked(
    make_job: Callable[..., Any], engine: FakeEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The file's own bytes travel as a buffer, never in the state."""
    job = make_job(pictures=1, state="complete")
    card = card_for(job)
    settle(engine)
    sent = messages(card, monkeypatch)
    card._heard(card, {"do": "open", "key": "job-1-0", "view": "abc"}, [])
    settle(engine)

    assert [
        (
            {"kind": "full", "key": "job-1-0", "view": "abc", "type": "image/png"},
            [job.images[0].path.read_bytes()],
        )
    ] == sent


def test_card_of_a_real_job(studio: Studio) -> None:
    """On the simulator, `job.card()` is the card and ends as done."""
    job = studio.generate("a fox", seed=42)
    card = job.card()
    job.result(timeout=10)

    assert isinstance(card, Card)
    assert card is job.card()


@pytest.mark.parametrize(
    ("file", "kind"),
    [("card.js", Card), ("card_video.js", VideoCard), ("card_variation.js", VariationCard)],
)
def test_page_and_class_agree(file: str, kind: type[Card]) -> None:
    """Every trait that the page reads is a synced trait of the class."""
    folder = Path(card_module.__file__).parent
    source = "".join((folder / each).read_text(encoding="utf-8") for each in (file, "card_base.js"))
    read = set(re.findall(r'model\.get\("(\w+)"\)', source))
    heard = set(re.findall(r'"change:(\w+)"', source))

    assert {"view", "pictures", "made"} <= read | heard
    assert set() == (read | heard) - set(kind.class_traits(sync=True))


@pytest.mark.parametrize(
    ("do", "key", "command"),
    [
        ("upscale", None, ("upscale", 0)),
        ("upscale", "job-1-1", ("upscale", 1)),
        (
            "to-video",
            None,
            ("to_video", 0, "a lighthouse at dawn, gulls over the surf, long exposure"),
        ),
    ],
)
def test_more_is_made_of_the_picture_that_was_opened(
    make_job: Callable[..., Any], engine: FakeEngine, do: str, key: str | None, command: object
) -> None:
    """Upscale and To video act on the picture opened last, or the first, as the card says."""
    job = make_job(pictures=2, state="complete")
    card = card_for(job)
    if key is not None:
        card._heard(card, {"do": "open", "key": key, "view": "a"}, [])
    card._heard(card, {"do": do}, [])
    settle(engine)
    words = [action["consequence"] for action in card.view["actions"] if action["do"] == do]

    assert [command] == job.commands
    assert [do] == [action["do"] for action in card.view["actions"] if action["busy"]]
    assert words[0].startswith("the first, " if key is None else "picture 2, ")
    assert isinstance(card.made[0], VideoCard if do == "to-video" else VariationCard)


@pytest.mark.parametrize("state", ["pending", "failed"])
def test_nothing_is_made_of_a_picture_that_is_not_there(
    make_job: Callable[..., Any], engine: FakeEngine, monkeypatch: pytest.MonkeyPatch, state: str
) -> None:
    """A page that asks all the same gets its button back, and nothing is paid."""
    job = make_job(state=state)
    card = card_for(job)
    sent = messages(card, monkeypatch)
    card._heard(card, {"do": "upscale"}, [])
    engine.turn()

    assert ([], [({"kind": "refused"}, None)]) == (job.commands, sent)


def test_clip_is_sent_to_the_view_that_asked(
    make_job: Callable[..., Any], engine: FakeEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The film's own bytes travel as a buffer, never in the state, and only when asked for."""
    job = make_job(kind="video", pictures=1, film=True, state="complete")
    card = card_for(job)
    sent = messages(card, monkeypatch)
    settle(engine)
    before = list(sent)
    card._heard(card, {"do": "clip", "view": "abc"}, [])
    settle(engine)

    assert [] == before
    clip = {"kind": "clip", "view": "abc", "type": "video/mp4", "why": ""}
    assert [(clip, [b"a film"])] == sent


@pytest.mark.parametrize(
    ("size_bytes", "why"),
    [
        (412_345, "The video cannot be shown: "),
        (100_000_001, "It is too large to be played here; "),
    ],
)
def test_clip_that_cannot_be_sent_is_answered(
    make_job: Callable[..., Any],
    engine: FakeEngine,
    monkeypatch: pytest.MonkeyPatch,
    size_bytes: int,
    why: str,
) -> None:
    """A film that is gone or too large is answered with the reason, and with where it should be."""
    job = make_job(kind="video", film=True, state="complete")
    job.video.size_bytes = size_bytes
    job.video.path.unlink()
    card = card_for(job)
    sent = messages(card, monkeypatch)
    card._heard(card, {"do": "clip", "view": "abc"}, [])
    settle(engine)

    content, buffers = sent[0]
    assert ("clip", "abc", None) == (content["kind"], content["view"], buffers)
    assert content["why"].startswith(why)
    assert str(job.video.path) in content["why"]


def test_source_is_seen_before_and_beside_the_result(
    make_job: Callable[..., Any], engine: FakeEngine
) -> None:
    """While a variation is at work its card has the source; then it knows where that stands."""
    source = Pillow.new("RGB", (32, 24), "teal")
    job = make_job(kind="variation", source=source, state="pending", sent=True)
    card: Any = card_for(job)
    settle(engine)
    waiting = (card.before["id"], card.place, card.view["frame"]["width"])
    job.images = make_job(pictures=1).images
    job.tell(state="complete")
    for _ in range(2):  # first it is made small, and then both are compared
        settle(engine)

    assert ("source-1", None, 32) == waiting
    assert [0, 0, 1, 1] == card.place
    assert "32 × 24 to 64 × 48" == card.view["detail"]  # noqa: RUF001  typographic


def test_card_is_in_use_as_long_as_those_below_it(
    make_job: Callable[..., Any], engine: FakeEngine
) -> None:
    """A hand in the lower card and its job under way both keep the upper one live."""
    card = card_for(make_job(state="complete"))
    card._heard(card, {"do": "again"}, [])
    engine.turn()
    lower: Any = card.made[0]
    told: list[tuple[bool, bool]] = []
    card.on_use(lambda: told.append((card.is_busy, card.is_at_work)))
    for do in ("look", "busy", "idle"):
        lower._heard(lower, {"do": do, "view": "a"}, [])
    engine.turn()
    lower.job.tell(state="complete")
    engine.turn()

    assert [(True, True), (False, True), (False, False)] == told


ONE, OTHER = Candidate("one", None, "COMPLETE"), Candidate("other", None, "PENDING", ("seed",))


def asking(make_job: Callable[..., Any], **facts: Any) -> Any:
    """Return a job of which nobody knows whether it was paid."""
    error = OutcomeUnknown("The answer to this request was lost.", candidates=(ONE, OTHER))
    return make_job(state="failed", sent=True, error=error, **facts)


@pytest.mark.parametrize(
    ("message", "command"),
    [({"do": "adopt", "id": "other"}, ("adopt", "other")), ({"do": "resend"}, "resend")],
)
def test_card_goes_on_with_the_job_that_was_decided_on(
    make_job: Callable[..., Any], engine: FakeEngine, message: dict[str, str], command: object
) -> None:
    """The new job has the same name, so the same card shows it, and whoever wants to is told."""
    job = asking(make_job, decision=make_job(state="pending", sent=True, id="other"))
    card = card_for(job)
    told: list[Any] = []
    card.on_follow(told.append)
    card._heard(card, message, [])
    settle(engine)

    assert [command] == job.commands
    assert ([job.decision], job.decision, card) == (told, card.job, shared_card(job.decision))
    assert ("Drawing", []) == (card.view["word"], card.view["candidates"])
    assert ([], 1) == (job.listeners, len(job.decision.listeners))
    job.decision.tell(state="complete")
    engine.advance(1)
    assert "Done" == card.view["word"]


def test_the_first_word_counts(make_job: Callable[..., Any], engine: FakeEngine) -> None:
    """Two clicks before an answer pay once; meanwhile all its buttons wait."""
    job = asking(make_job, decision=make_job(state="pending", sent=True))
    resend, may_answer = job.resend, Event()
    job.resend = lambda: may_answer.wait(10) and resend()
    card = card_for(job)
    card._heard(card, {"do": "resend"}, [])
    card._heard(card, {"do": "adopt", "id": "one"}, [])
    engine.advance(1)
    waiting = [each["busy"] for each in (*card.view["candidates"], card.view["actions"][0])]
    may_answer.set()
    settle(engine)

    assert ["resend"] == job.commands
    assert [True, True, True] == waiting


def test_card_says_why_it_could_not_be_decided(
    make_job: Callable[..., Any], engine: FakeEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The question stays, with the reason beside it and its buttons back."""
    job = asking(make_job, decision=BudgetExceeded("That would pass the budget."))
    card = card_for(job)
    sent = messages(card, monkeypatch)
    card._heard(card, {"do": "resend"}, [])
    settle(engine)

    assert "That would pass the budget." in card.view["notes"]
    assert [False, False] == [each["busy"] for each in card.view["candidates"]]
    assert [({"kind": "refused"}, None)] == sent
    assert job is card.job


@pytest.mark.parametrize("wanted", ["two", "", None, 7, ["one"]])
def test_only_what_was_shown_can_be_taken(
    make_job: Callable[..., Any], engine: FakeEngine, wanted: object
) -> None:
    """A page cannot have a job taken for another one that was no candidate."""
    job = asking(make_job)
    card = card_for(job)
    card._heard(card, {"do": "adopt", "id": wanted}, [])
    settle(engine)

    assert [] == job.commands


@pytest.mark.parametrize("state", ["pending", "complete"])
def test_nothing_is_sent_again_without_a_question(
    make_job: Callable[..., Any], engine: FakeEngine, state: str
) -> None:
    """A page that is behind cannot pay for a job whose end is known."""
    job = make_job(state=state, sent=True, id="x")
    card = card_for(job)
    card._heard(card, {"do": "resend"}, [])
    settle(engine)

    assert [] == job.commands


def test_a_card_asks_until_it_is_told(make_job: Callable[..., Any], engine: FakeEngine) -> None:
    """First it asks, then it is at work, and then neither."""
    job = asking(make_job, decision=make_job(state="pending", sent=True, id="one"))
    card = card_for(job)
    seen = [(card.asks, card.is_at_work)]
    card.on_use(lambda: seen.append((card.asks, card.is_at_work)))
    card._heard(card, {"do": "adopt", "id": "one"}, [])
    settle(engine)
    job.decision.tell(state="complete")
    engine.turn()

    assert [(True, False), (True, True), (False, True), (False, False)] == seen
