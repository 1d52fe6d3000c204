from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from ipywidgets.widgets import widget as ipywidgets_widget

import leonardo_nb as leo
from leonardo_nb.errors import ConflictingParameters, UnknownParameter
from leonardo_nb.money import Credits
from leonardo_nb.service.catalog import find_model
from leonardo_nb.widgets.album import freeze_album
from leonardo_nb.widgets.pace import painters

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from leonardo_nb.studios import Studio
    from leonardo_nb.widgets.panel import Panel


@pytest.fixture(autouse=True)
def no_widget_of_others() -> Iterator[None]:
    """Widgets are counted here, and ipywidgets keep those of other tests."""
    for made in [*ipywidgets_widget._instances.values()]:
        made.close()
    yield
    for made in [*ipywidgets_widget._instances.values()]:
        made.close()


@pytest.fixture
def panel(studio: Studio) -> Panel:
    """A panel with a prompt and a seed."""
    return settled(leo.panel("a fox", seed=42, studio=studio))


def settled(made: Panel) -> Panel:
    """Return the panel drawn as it will be once nothing changes any more."""
    made._studio.engine.wait(made._studio.engine.run(_drawn, made), 5)
    return made


async def _drawn(made: Panel) -> None:
    made._draw()


def until(made: Panel, is_true: Callable[[], object]) -> None:
    """Draw until *is_true*; pictures are made small on threads of their own."""
    for _ in range(2000):
        if is_true():
            return
        settled(made)
    raise AssertionError("It did not come true.")


def control(made: Panel, name: str) -> Any:
    return made._controls[name]


def choose(made: Panel, name: str, label: str) -> None:
    menu = control(made, name)
    menu.index = list(menu.options).index(label)
    settled(made)


def note(made: Panel, name: str) -> str:
    """Return the sentence that stands below a field."""
    return "".join(child.value for child in made._boxes[name].children[1:])


def test_fields_show_the_starting_values(studio: Studio) -> None:
    """As `leo.generate` reads them."""
    made = leo.panel("a fox", preset_style="anime", guidance_scale=12, studio=studio)

    assert "a fox" == control(made, "prompt").value
    assert "Illustration" in control(made, "style").options
    assert 12 == control(made, "guidance_scale").value
    assert 768 == control(made, "height").value
    assert control(made, "fresh").value


def test_unknown_starting_values_are_refused(studio: Studio) -> None:
    """The nearest name is in the sentence, and no widget is made."""
    with pytest.raises(UnknownParameter) as caught:
        leo.panel("a fox", guidence_scale=7, studio=studio)

    assert "guidance_scale" == caught.value.nearest


def test_conflicting_starting_values_are_refused(studio: Studio) -> None:
    """With the rule's own sentence and nothing about what the panel does not have."""
    with pytest.raises(ConflictingParameters) as caught:
        leo.panel("a fox", ultra=True, alchemy=True, studio=studio)

    assert "ultra and alchemy do not go together; use one of them." == str(caught.value)


def test_generate_says_its_price(panel: Panel) -> None:
    """The calculator was asked, and nothing was sent."""
    until(panel, lambda: "credits" in panel.generate_button.description)

    assert "Generate  8 credits" == panel.generate_button.description
    assert 0 == panel._studio.simulator.creates  # type: ignore[union-attr]


def test_the_price_follows_the_values(panel: Panel) -> None:
    """And the latest wins."""
    for count in (2, 3, 4):
        control(panel, "num_images").value = count
    until(panel, lambda: panel.generate_button.description.endswith("credits"))
    until(panel, lambda: panel._price == Credits(32))

    assert "Generate  32 credits" == settled(panel).generate_button.description


def test_a_price_survives_going_there_and_back(panel: Panel) -> None:
    """What is forgotten is a price that was overtaken, not the one that is right again."""
    until(panel, lambda: panel._price == Credits(8))
    key = panel._price_key

    panel._forget_price(key)

    assert Credits(8) == panel._price
    panel._price_key = "another"
    panel._forget_price("another")
    assert None is panel._price


def test_an_old_trouble_is_not_repeated(studio: Studio) -> None:
    """Once the account has been reached, what kept us from it is no longer said."""
    made = settled(leo.panel("a fox", studio=studio))
    until(made, lambda: studio.account is not None)
    made._account_problem = "Nobody answers."

    assert "" == settled(made)._reason.value


def test_a_click_makes_a_job(panel: Panel) -> None:
    """It is there at once, its card is in the panel, and the pictures come into the strip."""
    panel.generate_button.click()
    job = panel.jobs[0]
    job.result(10)
    until(panel, lambda: panel._strip.pictures)

    assert 42 == job.request.seed
    assert job is panel.last
    assert [job] == [card.job for card in panel._shown.children]
    assert [f"{job.uid}-0"] == [picture["key"] for picture in panel._strip.pictures]


def test_the_same_picture_is_not_paid_twice(panel: Panel) -> None:
    """Two quick clicks with one seed make one job, and the button says why it sleeps."""
    panel.generate_button.click()
    panel.generate_button.click()
    panel.jobs[0].result(10)
    settled(panel)

    assert 1 == len(panel.jobs)
    assert 1 == panel._studio.simulator.creates  # type: ignore[union-attr]
    assert panel.generate_button.disabled
    assert "This picture is made already. Change a value, or draw another seed." == (
        panel._reason.value
    )


def test_a_new_seed_each_time(studio: Studio) -> None:
    """What is shown is what is sent, and then another is drawn."""
    made = leo.panel("a fox", studio=studio)
    shown = control(made, "seed").value

    first = made.generate()
    settled(made)

    assert shown == first.request.seed
    assert shown != control(made, "seed").value
    assert not made.generate_button.disabled


def test_the_dice_draws_a_seed(panel: Panel) -> None:
    """The seed changes, and nothing else."""
    control(panel, "dice").click()
    settled(panel)

    assert 42 != control(panel, "seed").value
    assert ["prompt", "seed"] == list(panel.values)


def test_a_broken_rule_is_marked(panel: Panel) -> None:
    """Its sentence stands below the field to change; the button sleeps and says where to look."""
    choose(panel, "modelId", "Lucid Origin")
    control(panel, "alchemy").value = True
    settled(panel)

    assert "Lucid models have no alchemy; leave it out or use alchemy=False." == note(
        panel, "alchemy"
    )
    assert "leo-wrong" in panel._boxes["modelId"]._dom_classes
    assert panel.generate_button.disabled
    assert "Change Alchemy or Model first." == panel._reason.value
    assert "Generate" == panel.generate_button.description
    assert "" == panel._footer.code
    assert 0 == panel._more.selected_index

    control(panel, "alchemy").value = False
    settled(panel)

    assert "" == note(panel, "alchemy")
    assert not panel.generate_button.disabled


def test_a_wrong_size_is_named(panel: Panel) -> None:
    """The nearest width is in the sentence; the fields keep what was typed."""
    control(panel, "width").value = 517
    settled(panel)

    assert "width must be a multiple of 8 from 32 to 1536; the nearest to 517 is 520." == note(
        panel, "size"
    )
    assert 517 == control(panel, "width").value


def test_a_wrong_form_cannot_be_sent(panel: Panel) -> None:
    """Neither by a click that was on its way nor by code; nothing is paid."""
    control(panel, "width").value = 517
    panel.generate_button.click()
    settled(panel)

    assert () == panel.jobs


def test_an_empty_prompt_is_invited(studio: Studio) -> None:
    """A panel opens without a prompt, without a red word, and with a price."""
    made = settled(leo.panel(studio=studio))
    until(made, lambda: made.generate_button.description.endswith("credits"))

    assert "Write a prompt first." == made._reason.value
    assert "" == note(made, "prompt")
    assert "leo-wrong" not in made._boxes["prompt"]._dom_classes


def test_the_style_menu_follows_the_model(panel: Panel) -> None:
    """Phoenix is styled by styleUUID, by name."""
    choose(panel, "style", "Cinematic")
    choose(panel, "modelId", "Leonardo Phoenix 1.0")

    assert {"modelId": "Leonardo Phoenix 1.0", "styleUUID": "Cinematic"} == {
        name: panel.values.get(name) for name in ("modelId", "styleUUID")
    }
    assert "Film" in control(panel, "style").options


def test_values_make_the_same_request(panel: Panel) -> None:
    """`leo.generate(**panel.values)` asks for what the form shows."""
    choose(panel, "style", "Anime")
    control(panel, "guidance_scale").value = 3.5

    request = leo.CreateGeneration.of(**panel.values)  # type: ignore[arg-type]

    assert panel.request == request
    assert 3.5 == request.guidance_scale


def test_a_picture_gives_its_values_back(panel: Panel) -> None:
    """Choosing it in the strip fills the form; its seed stays until another is asked for."""
    panel.generate_button.click()
    job = panel.jobs[0]
    job.result(10)
    until(panel, lambda: panel._strip.pictures)
    control(panel, "prompt").value = "an owl"
    control(panel, "guidance_scale").value = 12

    panel._heard(panel._strip, {"do": "use", "key": f"{job.uid}-0"}, [])
    settled(panel)

    assert {"prompt": "a fox", "seed": 42} == panel.values
    assert "a fox" == control(panel, "prompt").value
    assert not control(panel, "fresh").value
    assert job.uid == panel._strip.current


def test_what_is_on_the_page_is_what_is_paid_for(panel: Panel) -> None:
    """Letters that were typed after the kernel last listened come along with the click."""
    panel._heard(panel._strip, {"do": "see", "values": {"prompt": "a fox at night"}}, [])
    panel.generate_button.click()

    assert "a fox at night" == panel.jobs[0].request.prompt


@pytest.mark.parametrize(
    "content",
    [None, "use", {}, {"do": "use", "key": "nothing"}, {"do": "see", "values": {"prompt": 7}}],
)
def test_nonsense_from_the_page_is_ignored(panel: Panel, content: object) -> None:
    """The form stays as it is."""
    panel._heard(panel._strip, content, [])

    assert {"prompt": "a fox", "seed": 42} == panel.values


def test_prompts_are_text(studio: Studio) -> None:
    """Markup in a prompt reaches no html, and the code quotes it."""
    made = settled(leo.panel('<script>"x"</script>', seed=1, studio=studio))

    assert 'leo.generate("<script>\\"x\\"</script>", seed=1)' == made._footer.code
    assert "<script>" not in made._reason.value + made._empty.value


def test_two_panels_do_not_know_each_other(studio: Studio) -> None:
    """Each has its own values and jobs."""
    one = settled(leo.panel("a fox", seed=1, studio=studio))
    other = settled(leo.panel("an owl", seed=2, studio=studio))
    one.generate().result(10)

    assert (1, 0) == (len(one.jobs), len(other.jobs))
    assert ("a fox", "an owl") == (one.values["prompt"], other.values["prompt"])
    assert other.last is None


def test_a_failed_job_can_be_asked_for_again(panel: Panel) -> None:
    """It is refunded, so the same values may be sent once more."""
    panel._studio.simulator.script(fail=True)  # type: ignore[union-attr]
    panel.generate_button.click()
    assert panel.jobs[0].exception(10) is not None
    settled(panel)

    assert not panel.generate_button.disabled
    panel.generate_button.click()
    panel.jobs[1].result(10)

    assert panel.jobs[1] is panel.last


def asks(panel: Panel) -> Any:
    """Make a job whose outcome nobody knows, and return it."""
    job = panel.generate()
    job.result(10)
    job._snapshot = replace(
        job.snapshot,
        complete=False,
        job_id=None,
        media=(),
        error=leo.OutcomeUnknown("The answer was lost."),
    )
    settled(panel)
    return job


def test_what_may_be_paid_is_not_paid_again(panel: Panel) -> None:
    """The same values wait for a word on the card, where a failed job's could be sent anew."""
    job = asks(panel)

    assert panel.generate_button.disabled
    assert "It may have been paid already; its card asks what to do." == panel._reason.value
    assert job is panel.generate()


def test_the_panel_goes_on_with_what_was_decided_on(panel: Panel, studio: Studio) -> None:
    """A job that takes another's place on its card does so in the panel, and gives its picture."""
    job = asks(panel)
    other = studio.generate("a fox", seed=42)
    other.result(10)
    other._snapshot = replace(other.snapshot, uid=job.uid)
    card: Any = panel._shown.children[0]
    studio.engine.wait(studio.engine.run(_follows, card, other), 5)
    settled(panel)

    assert (other,) == panel.jobs
    assert (other, other) == (card.job, panel.last)
    until(panel, lambda: len(panel._strip.pictures) == 1)


async def _follows(card: Any, job: Any) -> None:
    card._follow(job)


def test_the_cards_own_again_belongs_to_the_panel(panel: Panel) -> None:
    """Its job comes into the panel too."""
    panel.generate().result(10)
    settled(panel)
    card = panel._shown.children[0]

    panel._studio.engine.wait(panel._studio.engine.run(_again, card), 5)

    assert 2 == len(panel.jobs)


def test_closing_a_panel_closes_all_of_it(panel: Panel) -> None:
    """Its fields, its card and what it listens to; another panel, and its jobs, stay."""
    job = panel.generate()
    job.result(10)
    control(panel, "width").value = 517  # so that there is a note, too
    settled(panel)
    other = leo.panel("an owl", studio=panel._studio)
    made = {*ipywidgets_widget._instances}

    panel.close()
    panel._studio.engine.wait(panel._studio.engine.run(_nothing), 5)
    other.close()

    assert 100 < len(made)
    assert set() == made & {*ipywidgets_widget._instances}
    assert [] == job._subscribers


def test_a_card_that_is_kept_outlives_the_panel(panel: Panel) -> None:
    """Panel, box and output share the one card of a job."""
    job = panel.generate()
    card = job.card()
    settled(panel)

    assert [card] == list(panel._shown.children)
    panel.close()
    panel._studio.engine.wait(panel._studio.engine.run(_nothing), 5)
    assert card.comm is not None
    card.close()


async def _nothing() -> None:
    """Let the engine do what it was asked for."""


def test_the_account_is_asked_for_on_the_engine(
    studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However slow the service is, no thread waits for it that pictures need."""
    used: list[object] = []
    monkeypatch.setattr(painters(), "submit", used.append)
    made = leo.panel("a fox", studio=studio)
    until(made, lambda: studio.account is not None)

    assert [] == used


async def _again(card: Any) -> None:
    card._make("again")


def test_frozen_panels_hold_pictures_and_code(panel: Panel) -> None:
    """No widget is in them, markup is text, and they are small."""
    control(panel, "prompt").value = "a <b>fox</b>"
    panel.generate().result(10)

    frozen = freeze_album(panel.jobs)

    assert {"text/html", "image/jpeg", "text/plain"} == set(frozen.data)
    assert 'leo.generate("a <b>fox</b>", seed=42)' == frozen.data["text/plain"]
    assert "<b>fox" not in str(frozen.data["text/html"])
    assert "simulated" in str(frozen.data["text/html"])
    assert 300_000 > sum(len(data) for data in frozen.data.values())


def test_frozen_panels_say_what_the_library_had(panel: Panel) -> None:
    """How many pictures of all cost nothing, and what the others cost."""
    first = panel.generate()
    first.result(10)
    control(panel, "prompt").value = "an owl"
    second = panel.generate()
    second.result(10)
    first._snapshot = replace(first.snapshot, reused=True)
    one, both = str(freeze_album([first]).data["text/html"]), freeze_album([first, second])

    assert "all from the library" in one
    assert "credits" not in one
    assert "1 of them from the library" in str(both.data["text/html"])
    assert f"{second.cost} spent now" in str(both.data["text/html"])


def test_a_panel_without_pictures_freezes_into_words(panel: Panel) -> None:
    """There is no empty figure."""
    frozen = freeze_album(panel.jobs)

    assert "No picture was made here." == frozen.data["text/plain"]


def test_repr_is_a_sentence(panel: Panel) -> None:
    """For hosts without widgets."""
    assert '<Panel "a fox", no job yet>' == repr(panel)


def test_models_are_known(panel: Panel) -> None:
    """Every model of the catalog can be chosen by name."""
    assert all(find_model(name) for name in control(panel, "modelId").options)
