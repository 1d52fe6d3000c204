from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from leonardo_nb.engine.canvas import inpaint_of
from leonardo_nb.engine.lifecycle import Charge
from leonardo_nb.errors import (
    AuthenticationError,
    Candidate,
    JobFailed,
    OutcomeUnknown,
)
from leonardo_nb.money import Credits, Dollars
from leonardo_nb.widgets.view import (
    CardFacts,
    card_view,
    error_lines,
    money_line,
    parameter_pairs,
    seconds,
    shown_value,
    steady_line,
)

ASKED = datetime(2026, 11, 22, 12, tzinfo=UTC)


def facts(state: str = "pending", **changes: Any) -> CardFacts:
    """Return the facts of a job that was sent, with *changes*."""
    known: dict[str, Any] = {
        "sent": True,
        "elapsed": 5.1,
        "at": 0.0,
        "price": Credits(11),
        "prompt": "a fox",
    }
    return CardFacts(state=state, **(known | changes))


@pytest.mark.parametrize(
    ("changes", "word", "mark"),
    [
        ({"state": "request", "sent": False}, "Waiting", "circle"),
        ({"state": "request"}, "Sending", "circle"),
        ({"state": "ack"}, "Drawing", "quarter"),
        ({"state": "pending"}, "Drawing", "quarter"),
        ({"state": "pending", "arrived": 1}, "Saving", "quarter"),
        ({"state": "complete"}, "Done", "disc"),
        ({"state": "failed"}, "Failed", "triangle"),
        ({"state": "cancelled"}, "Stopped", "square"),
    ],
)
def test_every_state_has_a_word_and_a_shape(changes: dict[str, Any], word: str, mark: str) -> None:
    """States differ by word and shape, not by colour alone."""
    view = card_view(facts(**changes))

    assert (word, mark) == (view["word"], view["mark"])


@pytest.mark.parametrize(
    ("changes", "consequence"),
    [
        ({"state": "request", "sent": False}, "withdraws the job; nothing is spent"),
        ({"state": "request"}, "stops watching; up to 11 credits may be spent"),
        ({"cost": Credits(11)}, "stops watching; the 11 credits are spent"),
        ({"cost": Credits(1)}, "stops watching; the 1 credit is spent"),
        ({"price": None}, "stops watching; the cost may be spent"),
    ],
)
def test_cancel_says_what_it_does(changes: dict[str, Any], consequence: str) -> None:
    """Before sending it costs nothing, afterwards it says what is spent."""
    actions = card_view(facts(**changes))["actions"]

    assert [("cancel", "Cancel", consequence)] == [
        (action["do"], action["label"], action["consequence"]) for action in actions
    ]


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        ({}, "11 credits"),
        ({"price": None}, ""),
        ({"state": "complete", "cost": Credits(11), "balance": Credits(14989)},
         "11 credits, 14,989 left"),
        ({"state": "complete", "cost": Dollars("0.0147"), "balance": Dollars("4.99")},
         "$0.0147, $4.99 left"),
        ({"state": "failed", "charge": Charge.REFUNDED, "cost": Credits(11)}, "refunded"),
        ({"state": "failed", "charge": Charge.NONE}, "nothing spent"),
        ({"state": "failed", "charge": Charge.CHARGED, "cost": Credits(11)}, "11 credits spent"),
        ({"state": "failed", "charge": Charge.UNKNOWN}, "11 credits perhaps paid"),
        ({"state": "failed", "charge": Charge.UNKNOWN, "price": None}, "perhaps paid"),
        ({"state": "complete", "cost": Credits(11), "balance": Credits(14989), "reused": True},
         "no cost"),
        ({"state": "cancelled", "charge": Charge.NONE}, "nothing spent"),
        ({"state": "cancelled", "charge": Charge.CHARGED, "cost": Credits(11)}, "11 credits spent"),
    ],
)  # fmt: skip
def test_money_is_told_as_it_is(changes: dict[str, Any], line: str) -> None:
    """What was charged, refunded, not spent, or is not known, each in its own words."""
    assert line == money_line(facts(**changes))


def test_actions_after_the_end() -> None:
    """Done: open it, make another, make more of it, take the code; paid ones say their price."""
    view = card_view(facts("complete", cost=Credits(11), id="abc", arrived=1))

    assert [
        ("Open", ""),
        ("Again", "new seed, 11 credits"),
        ("Upscale", "about 15 credits"),
        ("To video", "costs credits"),
        ("Copy code", ""),
    ] == [(action["label"], action["consequence"]) for action in view["actions"]]


def test_the_calculator_s_price_is_said_as_it_is() -> None:
    """What it names takes the place of an estimate."""
    prices = {"upscale": Credits(15), "to-video": Credits(100)}
    view = card_view(facts("complete", arrived=1, prices=prices))

    assert {"15 credits", "100 credits"} <= {each["consequence"] for each in view["actions"]}


@pytest.mark.parametrize(
    ("kind", "first"), [("generation", "Open"), ("video", "Play"), ("variation", "Open")]
)
def test_at_most_five_actions_in_one_order(kind: str, first: str) -> None:
    """Every kind begins with what shows it and ends with what is copied."""
    view = card_view(facts("complete", kind=kind, id="abc", arrived=1, has_seed=False))
    labels = [action["label"] for action in view["actions"]]
    order = [first, "Again", "Upscale", "To video", "Copy code", "Copy id"]

    assert len(labels) <= 5
    assert [each for each in order if each in labels] == labels
    assert (first, "Again", "11 credits") == (
        labels[0],
        labels[1],
        view["actions"][1]["consequence"],
    )


@pytest.mark.parametrize(
    ("kind", "word", "said"),
    [
        ("generation", "Drawing", "Done: 1 picture, 11 credits."),
        ("video", "Rendering", "Done: 1 video, 11 credits."),
        ("variation", "Working", "Done: 1 picture, 11 credits."),
    ],
)
def test_each_kind_has_its_word(kind: str, word: str, said: str) -> None:
    """A video is rendered and counted as a video."""
    assert word == card_view(facts(kind=kind))["word"]
    assert f"{word}." == card_view(facts(kind=kind))["said"]
    assert said == card_view(facts("complete", kind=kind, arrived=1))["said"]


def test_failure_says_what_happened_and_what_now() -> None:
    """The first sentence is what happened, the rest is advice."""
    error = JobFailed("Generation 7.5 failed after 34 s. `job.again()` submits it once more.")
    view = card_view(facts("failed", error=error))

    assert "Generation 7.5 failed after 34 s." == view["error"]
    assert "`job.again()` submits it once more." == view["advice"]
    assert "Failed: Generation 7.5 failed after 34 s." == view["said"]


def test_failure_without_advice_is_given_some() -> None:
    """An error of one sentence still says what to do now."""
    error = AuthenticationError("The service does not know this key.", status=401)

    assert (
        "The service does not know this key.",
        "Check the key: `leo.connect(api_key=...)` takes another.",
    ) == error_lines(error)


def test_seconds_do_not_chatter() -> None:
    """What a screen reader is told changes with the state and not with the time."""
    assert card_view(facts(elapsed=5.0))["said"] == card_view(facts(elapsed=6.0))["said"]


def test_prompt_is_passed_on_as_it_is() -> None:
    """The page writes it as text; nothing is escaped twice."""
    prompt = "<script>alert('x')</script> & \"quotes\""

    assert prompt == card_view(facts(prompt=prompt))["prompt"]


def test_size_is_one_parameter() -> None:
    """Width and height are read together."""
    pairs = parameter_pairs({"seed": 1, "width": 1024, "height": 576, "tiling": True})

    assert (("seed", "1"), ("size", "1024 × 576"), ("tiling", "yes")) == pairs  # noqa: RUF001


@pytest.mark.parametrize(
    ("member", "items", "text"),
    [
        (
            "controlnets",
            [
                {"initImageId": "x", "preprocessorId": 67, "strengthType": "High"},
                {"initImageId": "y", "preprocessorId": 19, "weight": 0.75},
                {"initImageId": "z", "preprocessorId": 0},
            ],
            "style High, edge 0.75, image_reference",
        ),
        ("controlnets", [{"preprocessorId": 9999}], '{"preprocessorId": 9999}'),
        ("elements", [{"akUUID": "an-id", "weight": 1.0}, {"akUUID": "b"}], "an-id 1, b"),
        ("userElements", [{"userLoraId": 7, "weight": 0.5}], "7 0.5"),
        ("elements", ["as it came"], "as it came"),
    ],
)
def test_what_guides_a_picture_is_said_in_words(
    member: str, items: list[object], text: str
) -> None:
    """A card says which guidance and how strong, where the request has objects."""
    assert ((member, text),) == parameter_pairs({member: items})


AN_ID = "4f3a2b1c-0000-4000-8000-000000000001"


@pytest.mark.parametrize("strength", [0.2, 0.5, 0.9])
def test_an_inpainting_says_how_strong_it_is(strength: float) -> None:
    """In the word of leo.inpaint, and nothing of the canvas that the service draws on."""
    request = inpaint_of("a hat", (512, 512), strength=strength, ids=(AN_ID, AN_ID), seed=1)

    assert (
        ("seed", "1"),
        ("size", "512 × 512"),  # noqa: RUF001
        ("strength", f"{strength:g}"),
    ) == parameter_pairs(request.notable())


@pytest.mark.parametrize(
    ("notable", "pairs"),
    [
        ({"init_image_id": AN_ID, "init_strength": 0.4}, (("init_strength", "0.4"),)),
        ({"init_generation_image_id": AN_ID, "init_strength": 1}, (("init_strength", "1"),)),
        ({"init_generation_image_id": AN_ID}, (("init_generation_image_id", "4f3a2b1c…"),)),
        ({"imagePrompts": [AN_ID, "b"]}, (("imagePrompts", "4f3a2b1c…, b"),)),
        ({"imageId": AN_ID}, (("imageId", "4f3a2b1c…"),)),
        (
            {"endFrameImage": {"id": AN_ID, "type": "GENERATED"}},
            (("endFrameImage", "4f3a2b1c…"),),
        ),
        (
            {"canvasRequest": True, "canvasRequestType": "OUTPAINT", "canvasInitId": AN_ID},
            (("canvasRequestType", "OUTPAINT"),),
        ),
    ],
)
def test_pictures_are_not_shown_as_whole_ids(
    notable: dict[str, object], pairs: tuple[tuple[str, str], ...]
) -> None:
    """An id is cut, and left out where how much of the picture remains is said."""
    assert pairs == parameter_pairs(notable)


def test_long_values_are_cut() -> None:
    """A negative prompt of a thousand letters does not fill the card."""
    assert 80 == len(shown_value("blurry " * 200))


@pytest.mark.parametrize(
    ("value", "text"),
    [(0, "0.0 s"), (9.99, "9.9 s"), (10, "10 s"), (59.9, "59 s"), (61, "1 min 01 s")],
)
def test_seconds(value: float, text: str) -> None:
    """Tenths under ten seconds, whole seconds above, minutes above a minute."""
    assert text == seconds(value)


def test_plain_text_is_steady() -> None:
    """No id, date or time: a notebook that runs twice compares equal."""
    first = facts("complete", id="abc", elapsed=8, cost=Credits(11), arrived=1)
    second = facts("complete", id="xyz", elapsed=9, at=5.0, cost=Credits(11), arrived=1)

    assert '<Generation complete, 1 image, 11 credits: "a fox">' == steady_line(first)
    assert steady_line(first) == steady_line(second)


def test_plain_text_of_a_video_is_steady() -> None:
    """It is counted as what it is."""
    known = facts("complete", kind="video", cost=Credits(300), arrived=1, detail="832 x 480, 5.0 s")

    assert '<Video complete, 1 video, 300 credits: "a fox">' == steady_line(known, "Video")


def unknown(*candidates: Candidate, **changes: Any) -> CardFacts:
    """Return the facts of a job whose answer was lost, and of which nobody knows the end."""
    error = OutcomeUnknown("The answer to this request was lost.", candidates=candidates)
    known = {"sent": True, "charge": Charge.UNKNOWN, "error": error, "created": ASKED}
    return facts("failed", **(known | changes))


def test_an_unknown_outcome_is_no_failure() -> None:
    """It says that it may be paid, sends to the account first, and lets it be sent again."""
    view = card_view(unknown())

    assert ("Outcome unknown", "broken") == (view["word"], view["mark"])
    assert "look at the account's newest pictures before you send it again" in view["advice"]
    assert "11 credits perhaps paid" == view["money"]
    assert [
        ("resend", "Send again", "11 credits, may pay twice"),
        ("copy-code", "Copy code", ""),
    ] == [(each["do"], each["label"], each["consequence"]) for each in view["actions"]]


def test_candidates_say_what_tells_them_apart() -> None:
    """Short id, time of day or day and time, what differs; a button with a name of its own."""
    view = card_view(
        unknown(
            Candidate("4f3a2b1c-0000-4000-8000-000000000001", ASKED, "COMPLETE"),
            Candidate("b", ASKED - timedelta(days=2), "PENDING", ("seed",)),
            Candidate("c", None, "PENDING", ("seed", "width")),
        )
    )["candidates"]
    here = ASKED.astimezone()
    before = here - timedelta(days=2)

    assert [
        ("4f3a2b1c", f"{here:%H:%M:%S}", "complete", "no difference known"),
        ("b", f"{before.day} {before:%B %H:%M:%S}", "pending", "seed differs"),
        ("c", "time unknown", "pending", "seed, width differ"),
    ] == [(each["short"], each["asked"], each["status"], each["differs"]) for each in view]
    assert "4f3a2b1c-0000-4000-8000-000000000001" == view[0]["id"]
    assert "Take this one: c, asked for time unknown, seed, width differ" == view[2]["name"]


def test_candidates_are_listed_once() -> None:
    """Beside their list the text has no ids; it says how many, and what happened."""
    error = OutcomeUnknown(
        "The answer was lost. 1 may be it: abc. `job.resend()` pays once more.",
        candidates=(Candidate("abc", None, "PENDING"),),
    )
    view = card_view(unknown(error=error, lost="Connection reset."))

    assert "The answer was lost." == view["error"]
    assert (
        "One of the account's newest jobs may be it, and is not surely it. Nothing is sent again "
        "without your word. What happened: Connection reset."
    ) == view["advice"]


def test_one_word_decides() -> None:
    """While a job is taken up or sent again, no other button of that question can be clicked."""
    one = Candidate("a", None, "PENDING")
    view = card_view(unknown(one), busy={"resend"})

    assert [True] == [each["busy"] for each in view["candidates"]]
    assert [("resend", True), ("copy-code", False)] == [
        (each["do"], each["busy"]) for each in view["actions"]
    ]


def test_only_a_question_has_candidates() -> None:
    """A job whose end is known shows none, whatever its error says."""
    assert [] == card_view(facts())["candidates"]
    assert [] == card_view(unknown(Candidate("a", None, "x"), charge=Charge.CHARGED))["candidates"]


def test_a_lost_answer_is_looked_for_calmly() -> None:
    """Its own word and shape, the reason, no guess at how long, and what stopping may cost."""
    lost = "The connection was reset."
    view = card_view(facts("request", lost=lost, searched=True, expected=8.0))

    assert ("Answer lost, looking for it", "broken") == (view["word"], view["mark"])
    assert (["The connection was reset."], "", None) == (
        view["notes"],
        view["error"],
        view["expected"],
    )
    assert ["stops looking; up to 11 credits may be spent"] == [
        each["consequence"] for each in view["actions"]
    ]
    assert "Answer lost, looking for it." == view["said"]


def test_what_happened_to_its_answer_stays() -> None:
    """Sent again, or found: said first, once, and after the end too."""
    for state in ("pending", "complete"):
        view = card_view(facts(state, history=("It was sent again once.",), notes=("b", "b")))

        assert ["It was sent again once.", "b", "b"] == view["notes"]
    fuller = "Its answer was lost, and nothing of it was found, so it was sent once more."
    history = ("Its answer was lost, so it was sent once more.",)

    assert [fuller, "b"] == card_view(facts(history=history, notes=(fuller, "b")))["notes"]


def test_what_the_library_had_says_so_and_when_it_was_made() -> None:
    """One line: where it is from, the day, no cost; what it once cost is no cost now."""
    note = "From the library, where it is since 2026-11-22."
    known = facts(
        "complete",
        reused=True,
        created=ASKED,
        cost=Credits(11),
        notes=(note, "b"),
        arrived=1,
        charge=Charge.NONE,
    )
    view = card_view(known)

    assert ("From the library", "made 22 November 2026", "no cost", "disc") == (
        view["word"],
        view["detail"],
        view["money"],
        view["mark"],
    )
    assert "From the library: 1 picture, no cost." == view["said"]
    assert ["b"] == view["notes"]
    assert '<Generation complete, 1 image, from the library: "a fox">' == steady_line(known)


@pytest.mark.parametrize("sent", [False, True])
def test_another_kernel_s_job_is_only_watched(sent: bool) -> None:
    """It says whose it is, and that stopping here changes nothing there; not after its end."""
    state = "pending" if sent else "request"
    view = card_view(facts(state, sent=sent, elsewhere=True))

    assert ["Another kernel works on it; watched here."] == view["notes"]
    assert ["stops watching; the other kernel goes on"] == [
        each["consequence"] for each in view["actions"]
    ]
    assert [] == card_view(facts("complete", elsewhere=True))["notes"]


def test_again_waits_for_what_it_made() -> None:
    """While its job is under way the button sleeps."""
    view = card_view(facts(state="complete"), busy={"again"})

    assert ["again"] == [action["do"] for action in view["actions"] if action["busy"]]
