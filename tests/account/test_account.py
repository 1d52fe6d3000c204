"""Balance, catalogue, prices, prompts and history of an account."""

from __future__ import annotations

import pickle
from typing import TYPE_CHECKING, Any

import PIL.Image
import pytest
import sqlalchemy
from IPython.lib.pretty import pretty as _pretty

import leonardo_nb as leo
from leonardo_nb.account.me import Me
from leonardo_nb.account.offers import StyleTable
from leonardo_nb.service.catalog import MODELS
from leonardo_nb.service.responses import Account
from leonardo_nb.simulator import Simulator

if TYPE_CHECKING:
    from pathlib import Path

    from leonardo_nb.testing import ManualClock

SMALL: dict[str, Any] = {"width": 64, "height": 64, "alchemy": False}


def test_the_account_says_what_is_left(studio: leo.Studio, simulator: Simulator) -> None:
    """In credits and about in dollars, with its slots."""
    me = studio.me()

    assert (leo.Credits(simulator.balance), 10, None) == (me.balance, me.slots, me.renewal)
    assert (leo.Credits(15_000), leo.Dollars("22.425")) == (me.credits, me.dollars)


def test_the_account_shows_itself() -> None:
    """In a terminal and in a notebook, and a name is only text there."""
    answer = {
        "user_details": [
            {
                "user": {"id": "an-id", "username": "<b>Ada</b>\x1b[31m"},
                "apiPaidTokens": 77,
                "apiConcurrencySlots": 1,
                "apiPlanTokenRenewalDate": "2026-12-24T00:00:00",
            }
        ]
    }
    me = Me.of(
        Account.read(answer), simulated=False, budget=leo.Credits(50), spent=leo.Credits(4)
    )  # fmt: skip

    assert (
        "account  <b>Ada</b> [31m\n"
        "balance  77 credits, about $0.1152\n"
        "at once  1 image job\n"
        "renewal  2026-12-24\n"
        "budget   4 credits of 50 credits spent"
    ) == repr(me)
    assert "&lt;b&gt;Ada" in me._repr_html_()


def test_an_account_without_its_user(studio: leo.Studio, simulator: Simulator) -> None:
    """Jobs run and are found one by one; what needs a list says why there is none."""
    row = {"user": None, "apiPaidTokens": 77, "apiConcurrencySlots": 3}
    simulator.script(path="/me", status=200, body={"user_details": [row]}, times=100)
    jobs = [studio.generate("a fox", seed=seed, **SMALL) for seed in (1, 2)]

    assert [1, 1] == [len(job.result(20)) for job in jobs]
    assert (None, leo.Credits(77), 3) == (
        studio.me().user_id,
        studio.me().balance,
        studio.me().slots,
    )
    assert "account  not said by the service" in repr(studio.me())
    for ask in (studio.history, lambda: studio.elements(own=True)):
        with pytest.raises(leo.UnexpectedResponse, match=r"names no user.*Jobs run all the same"):
            ask()


def test_models_are_a_table_and_a_sequence(studio: leo.Studio) -> None:
    """As before: rows with id and name."""
    models = studio.models()

    assert [each.id for each in MODELS] == [each.id for each in models]
    assert "lucid-origin" in repr(models)
    assert tuple(models)[:2] == tuple(models[:2])
    assert models == tuple(models)


def test_a_model_s_picture_is_the_newest_of_it_here(
    studio: leo.Studio, simulator: Simulator
) -> None:
    """Without one, and without a preview of the service's, there is none."""
    rows = [{"id": each.id, "name": each.name, "generated_image": None} for each in MODELS]
    simulator.script(path="/platformModels", status=200, body={"custom_models": rows})
    studio.generate("a fox", modelId="Kino XL", **SMALL).result(20)
    models = studio.models()

    assert ["Leonardo Kino XL"] == [each.name for each in models if models.picture(each)]
    assert 1 == models._repr_html_().count("data:image/jpeg")


def test_every_model_of_the_simulator_has_a_picture(studio: leo.Studio) -> None:
    """All of them fit into a notebook."""
    html = studio.models()._repr_html_()

    assert len(MODELS) == html.count("data:image/jpeg")
    assert 300_000 > len(html)


def test_the_service_s_preview_stands_in(studio: leo.Studio, simulator: Simulator) -> None:
    """It is fetched once, and small; one that is not there is left out."""
    url = studio.elements()[0].image_url
    rows = [
        {"id": "one", "name": "One", "generated_image": {"id": "an-id", "url": url}},
        {"id": "two", "name": "Two", "generated_image": {"id": "an-id", "url": f"{url}x"}},
        {"id": "three", "name": "Three", "generated_image": None},
    ]
    simulator.script(path="/platformModels", status=200, body={"custom_models": rows})
    models = studio.models()

    assert ["One"] == [each.name for each in models if models.picture(each)]


def test_elements_have_previews_and_ids(studio: leo.Studio) -> None:
    """All eight of the simulator's."""
    elements = studio.elements()

    assert 8 == len(elements) == elements._repr_html_().count("data:image/jpeg")
    assert "Soft Clay" in repr(elements)
    assert "no elements of your own" == repr(studio.elements(own=True))


@pytest.mark.parametrize(
    ("model", "member", "count"),
    [
        (None, "presetStyle", 13),
        ("Lucid Origin", "styleUUID", 8),
        ("flux-dev", "styleUUID", 16),
        ("Phoenix 1.0", "styleUUID", 24),
        ("flux-schnell", "styleUUID", 16),
        ("FLUX.1 Kontext", "styleUUID", 40),
        ("portrait-perfect", "styleUUID", 22),
    ],
)
def test_styles_of_a_model(studio: leo.Studio, model: str | None, member: str, count: int) -> None:
    """Each can be used as it is: its parameters are taken by a request."""
    styles = studio.styles(model)

    assert (count, {member}) == (len(styles), {each.member for each in styles})
    for style in styles:
        studio.request("a fox", **style.use())


@pytest.mark.parametrize(
    ("model", "known"),
    [
        ("Lucid Origin", None),
        (
            "Phoenix 1.0",
            "Guides and clients name these; the service says only that its list has 23",
        ),
        ("Flux Schnell", "Guides and clients name these; the service publishes no list"),
        ("portrait-perfect", "Guides and clients name these; the service publishes no list"),
        ("FLUX.1 Kontext", "Which of them this model takes is not published"),
    ],
)
def test_styles_say_how_well_they_are_known(model: str, known: str | None) -> None:
    """A published list needs no words."""
    _, *sentences = StyleTable(model).notes

    assert (known is None, known or "") == (not sentences, "".join(sentences)[: len(known or "")])


def test_a_style_that_no_list_names_is_not_refused(studio: leo.Studio) -> None:
    """Phoenix has no HDR in the newer list, and had it in the older guide; nobody knows."""
    assert "HDR" not in {each.name for each in studio.styles("Phoenix 1.0")}
    for model in ("Phoenix 1.0", "Flux Schnell"):
        studio.request("a fox", modelId=model, styleUUID="HDR")
    with pytest.raises(leo.InvalidRequest):
        studio.request("a fox", modelId="Lucid Origin", styleUUID="HDR")


def test_the_count_of_styles_is_left_out_where_nobody_knows(studio: leo.Studio) -> None:
    """FLUX.1 Kontext's; Phoenix has as many as the service says."""
    models = {each.name: each for each in studio.models()}
    count = {name: studio.models().cells(row)[2].text for name, row in models.items()}

    assert ("", "23", "8") == (
        count["FLUX.1 Kontext"],
        count["Leonardo Phoenix 1.0"],
        count["Lucid Origin"],
    )


def test_a_model_without_styles_has_none(studio: leo.Studio) -> None:
    """Nano Banana has no style at all."""
    assert "no styles" == repr(studio.styles("Nano Banana"))


def test_a_style_of_an_unknown_model_is_refused(studio: leo.Studio) -> None:
    """With the nearest."""
    with pytest.raises(leo.InvalidRequest, match='the nearest is "Lucid Origin"'):
        studio.styles("Lucid Orgin")


def test_a_style_s_picture_is_the_newest_of_it_here_or_an_impression(studio: leo.Studio) -> None:
    """And an impression says so."""
    studio.generate("a fox", modelId="Lucid Origin", styleUUID="Vibrant", **SMALL).result(20)
    styles = studio.styles("Lucid Origin")
    notes = {each.name: getattr(styles.picture(each), "note", None) for each in styles}

    assert [""] == [notes.pop("Vibrant")]
    assert {"impression"} == set(notes.values())
    assert 7 == styles._repr_html_().count(">impression<")


def test_tables_fit_into_a_notebook(studio: leo.Studio) -> None:
    """The largest, with forty pictures, has less than 300 kB of html."""
    html = studio.styles("FLUX.1 Kontext")._repr_html_()

    assert 40 == html.count("data:image/jpeg")
    assert 300_000 > len(html)


def test_nothing_of_the_service_s_is_markup(studio: leo.Studio, simulator: Simulator) -> None:
    """Names and descriptions are text."""
    row = {"id": "one", "name": "<script>1</script>", "description": "\x1b[31m<img src=x>"}
    simulator.script(path="/platformModels", status=200, body={"custom_models": [row]})
    models = studio.models()

    assert "<script" not in models._repr_html_()
    assert "<img src=x" not in models._repr_html_()
    assert "\x1b" not in repr(models)


# -- prices


def test_the_price_is_what_the_job_costs(studio: leo.Studio, simulator: Simulator) -> None:
    """For words, a request, and a function; and nothing is paid for asking."""
    job = studio.generate("a fox", **SMALL)
    image = job.result(20)[0]
    larger = studio.universal_upscale(image)
    larger.result(20)
    before = simulator.balance

    assert job.cost == studio.price("a fox", **SMALL) == studio.price(job.request)
    assert larger.cost == studio.price(leo.universal_upscale, image)
    assert larger.cost == studio.price(image.universal_upscale)
    assert before == simulator.balance


@pytest.mark.parametrize(
    ("ask", "credits_"),
    [
        ((leo.upscale, "an-id"), 15),
        ((leo.nobg, "an-id"), 5),
        ((leo.improve_prompt, "a fox"), 4),
        ((leo.random_prompt,), 4),
        ((leo.upload, "fox.png"), 0),
    ],
)
def test_what_always_costs_the_same(
    studio: leo.Studio, ask: tuple[Any, ...], credits_: int
) -> None:
    """The published table."""
    assert leo.Credits(credits_) == studio.price(*ask)


def test_videos_and_pictures_of_one_s_own_have_prices(
    studio: leo.Studio, simulator: Simulator
) -> None:
    """Nothing is uploaded to ask."""
    picture = PIL.Image.new("RGB", (512, 512), "red")
    prices = [
        studio.price(leo.text_to_video, "waves", resolution="720p"),
        studio.price(leo.universal_upscale, picture),
        studio.price(leo.inpaint, "a hat", picture, picture),
        studio.price(service="model training", resolution=512, datasetImageCount=5),
    ]

    assert all(price > leo.Credits(0) for price in prices)
    assert {("POST", "/pricing-calculator")} == set(simulator.requests)


def pretty(value: object) -> str:
    """Return *value* as IPython shows what a cell ends with."""
    return str(_pretty(value))  # type: ignore[no-untyped-call]


def test_a_price_reads_in_both_units() -> None:
    """What a cell shows last is for people; what `repr` says is for code."""
    assert ("40 credits, about $0.0598", "Credits(40)") == (
        pretty(leo.Credits(40)),
        repr(leo.Credits(40)),
    )
    assert "$0.0147, about 10 credits" == pretty(leo.Dollars("0.0147"))
    assert "(18, Credits(72))" == pretty((18, leo.Credits(72)))
    assert (leo.Dollars("0.0598"), leo.Credits(40)) == (
        leo.Credits(40).dollars,
        leo.Dollars("0.0598").credits,
    )


# -- prompts


def test_the_account_is_asked_at_every_call(studio: leo.Studio, simulator: Simulator) -> None:
    """Two prompts in one moment are both missing from the balance that is read after them."""
    before = studio.me().balance
    assert before is not None
    studio.improve_prompt("a fox")
    studio.improve_prompt("an owl")

    assert before.amount - 8 == studio.me().balance.amount  # type: ignore[union-attr]
    assert before.amount - 8 == studio.refresh().balance.amount  # type: ignore[union-attr]


def test_an_improved_prompt_is_a_prompt(studio: leo.Studio, simulator: Simulator) -> None:
    """A text that knows its price, which can be drawn."""
    before = simulator.balance
    prompt = studio.improve_prompt("a fox", "in winter")

    assert isinstance(prompt, str)
    assert prompt.startswith("a fox, ")
    assert (leo.Credits(4), before - 4) == (prompt.cost, simulator.balance)
    assert (prompt, prompt.cost) == ((again := pickle.loads(pickle.dumps(prompt))), again.cost)  # noqa: S301  our own
    assert prompt == studio.generate(prompt, **SMALL).request.prompt


def test_a_prompt_out_of_nothing(studio: leo.Studio) -> None:
    """It has words."""
    assert 3 < len(studio.random_prompt().split())


def test_prompts_go_through_the_budget(tmp_path: Path, clock: ManualClock) -> None:
    """Two fit into nine credits, and a third is not sent."""
    simulator = Simulator(now=clock.now, wall=clock.wall, pause=clock.pause)
    with leo.Studio(
        simulator=simulator, library=tmp_path, clock=clock, budget=leo.Credits(9)
    ) as studio:
        studio.random_prompt()
        studio.improve_prompt("a fox")
        with pytest.raises(leo.BudgetExceeded, match="costs 4 credits and 1 credit of the budget"):
            studio.random_prompt()

        assert (leo.Credits(8), 15_000 - 8) == (studio.spent, simulator.balance)


@pytest.mark.parametrize(
    ("trouble", "error", "spent", "times"),
    [
        ({"drop": "after"}, leo.OutcomeUnknown, 4, range(1, 2)),
        ({"status": 500, "body": {"error": "Service Error"}}, leo.OutcomeUnknown, 4, range(1, 2)),
        ({"corrupt": True}, leo.OutcomeUnknown, 4, range(1, 2)),
        ({"drop": "before"}, leo.ConnectionFailed, 0, range(3, 4)),
        (
            {"status": 500, "body": {"error": "Invalid response from authorization hook"}},
            leo.AuthenticationError,
            0,
            range(1, 2),
        ),
        ({"status": 429, "body": {"error": "Too many requests"}}, leo.RateLimited, 0, range(5, 30)),
    ],
)
def test_a_paid_prompt_is_never_asked_for_twice(
    tmp_path: Path,
    clock: ManualClock,
    *,
    trouble: dict[str, Any],
    error: type[Exception],
    spent: int,
    times: range,
) -> None:
    """What may have been paid counts as spent and is not repeated; what was refused may be."""
    simulator = Simulator(now=clock.now, wall=clock.wall, pause=clock.pause)
    simulator.script(path="/prompt/improve", times=200, **trouble)
    with leo.Studio(
        simulator=simulator, library=tmp_path, clock=clock, budget=leo.Credits(9)
    ) as studio:
        with pytest.raises(error):
            studio.improve_prompt("a fox")

        assert leo.Credits(spent) == studio.spent
        assert list(simulator.requests).count(("POST", "/prompt/improve")) in times


# -- history


def test_history_is_of_jobs(studio: leo.Studio) -> None:
    """The newest first; those that are known are the very jobs."""
    first = studio.generate("a fox", **SMALL)
    first.result(20)
    second = studio.generate("an owl", **SMALL)
    second.result(20)
    history = studio.history(limit=1)

    assert [second] == list(history)
    assert [first] == list(studio.history(limit=5, offset=1))
    assert 1 == history._repr_html_().count("data:image/jpeg")


def test_jobs_that_were_asked_for_elsewhere_come_in(
    simulator: Simulator, clock: ManualClock, tmp_path: Path
) -> None:
    """With their files, at no cost, and the library knows them from then on."""
    with leo.Studio(simulator=simulator, library=tmp_path / "one", clock=clock) as elsewhere:
        asked = elsewhere.generate("a fox", seed=3, **SMALL)
        asked.result(20)
    before = simulator.balance
    with leo.Studio(simulator=simulator, library=tmp_path / "two", clock=clock) as studio:
        (found,) = studio.history()

        assert (asked.id, "complete", 1) == (found.id, found.state, len(found.images))
        assert "a fox" in repr(studio.history())
        assert (1, before) == (len(studio.jobs()), simulator.balance)


def test_history_waits_for_what_has_failed(
    simulator: Simulator, clock: ManualClock, tmp_path: Path
) -> None:
    """A row that says so already is no job at work in the table."""
    simulator.script(fail=True)
    with leo.Studio(simulator=simulator, library=tmp_path / "one", clock=clock) as elsewhere:
        elsewhere.generate("a fox", **SMALL).exception(20)
    with leo.Studio(simulator=simulator, library=tmp_path / "two", clock=clock) as studio:
        history = studio.history()

        assert ["failed"] == [job.state for job in history]
        assert "failed" in repr(history)


def test_history_waits_by_the_studio_s_clock(
    simulator: Simulator, clock: ManualClock, tmp_path: Path
) -> None:
    """Five seconds of that clock, and it is shown, with or without the files."""
    with leo.Studio(simulator=simulator, library=tmp_path / "one", clock=clock) as elsewhere:
        elsewhere.generate("a fox", **SMALL).result(20)
    simulator.script(path="/media/*", delay=600)
    with leo.Studio(simulator=simulator, library=tmp_path / "two", clock=clock) as studio:
        before = len(clock.paused)

        assert 1 == len(studio.history())
        assert 5.0 in clock.paused[before:]


def test_history_looks_for_its_jobs_in_one_query(studio: leo.Studio) -> None:
    """A hundred rows are one question to the library, and not a hundred."""
    jobs = [studio.generate("a fox", seed=seed, **SMALL) for seed in range(3)]
    for job in jobs:
        job.result(20)
    asked: list[str] = []
    sqlalchemy.event.listen(
        studio._ledger.database._engine,
        "before_cursor_execute",
        lambda _connection, _cursor, statement, *_: asked.append(statement),
    )
    studio.history()

    assert 1 == sum("FROM jobs" in statement for statement in asked)


def test_what_is_deleted_stays_in_the_library(studio: leo.Studio) -> None:
    """The service has it no more, and a second time it says so."""
    job = studio.generate("a fox", num_images=2, **SMALL)
    images = job.result(20)
    said = studio.delete(job)

    assert "its 2 files in the library stay" in said
    assert str(said) == repr(said)
    assert [True, True] == [image.path.exists() for image in images]
    assert [] == list(studio.history())
    with pytest.raises(leo.NotFound, match="it was deleted before"):
        studio.delete(str(job.id))


def test_a_job_that_nobody_holds_is_deleted_by_its_id(
    simulator: Simulator, clock: ManualClock, tmp_path: Path
) -> None:
    """One of the library's, and one that only the service knows."""
    with leo.Studio(simulator=simulator, library=tmp_path / "one", clock=clock) as studio:
        ids = []
        for words in ("a fox", "an owl"):
            job = studio.generate(words, **SMALL)
            job.result(20)
            ids.append(str(job.id))
    with leo.Studio(simulator=simulator, library=tmp_path / "one", clock=clock) as again:
        assert "its file in the library stays" in again.delete(ids[0])
    with leo.Studio(simulator=simulator, library=tmp_path / "two", clock=clock) as other:
        assert "the library has no file of it" in other.delete(ids[1])


def test_a_variation_cannot_be_deleted(studio: leo.Studio) -> None:
    """The service knows no way."""
    image = studio.generate("a fox", **SMALL).result(20)[0]
    job = studio.upscale(image)
    job.result(20)
    for what in (job, str(job.id)):
        with pytest.raises(leo.InvalidRequest, match="deletes generations only"):
            studio.delete(what)


def test_an_upload_is_deleted_like_a_job(studio: leo.Studio) -> None:
    """The library's copy stays, and the same picture is another upload afterwards."""
    picture = PIL.Image.new("RGB", (64, 64), "red")
    upload = studio.upload(picture)

    assert "the library's copy stays" in studio.delete(upload)
    assert upload.path.exists()
    assert upload.id != studio.upload(picture).id


def test_a_part_of_a_table_says_of_how_much() -> None:
    """Six of all styles, and one of all."""
    styles = StyleTable("Phoenix 1.0")

    assert "6 of 24 styles of Leonardo Phoenix 1.0" == styles[:6].caption()
    assert "1 of 24 styles of Leonardo Phoenix 1.0" == styles[:6][:1].caption()
    assert "24 styles of Leonardo Phoenix 1.0" == styles[:].caption()


def test_an_upload_that_is_gone_is_not_said_to_be_deleted(studio: leo.Studio) -> None:
    """A second time there is nothing."""
    upload = studio.upload(PIL.Image.new("RGB", (64, 64), "red"))
    studio.delete(upload)
    with pytest.raises(leo.NotFound, match=f"no upload {upload.id}"):
        studio.delete(upload)


def test_a_job_of_another_service_is_not_deleted_here(
    simulator: Simulator, clock: ManualClock, tmp_path: Path
) -> None:
    """One library may have jobs of two services, and this one has never heard of it."""
    with leo.Studio(simulator=simulator, library=tmp_path, clock=clock) as studio:
        job = studio.generate("a fox", **SMALL)
        job.result(20)
    with (
        leo.Studio(
            api_key="5b1e1d6c-0000-4000-8000-00000000beef",
            base_url="https://example.org/api/rest/v1",
            library=tmp_path,
            clock=clock,
        ) as other,
        pytest.raises(leo.LibraryError, match=r"speaks to https://example.org/api/rest/v1"),
    ):
        other.delete(str(job.id))


def test_a_job_is_deleted_where_it_was_asked_for(
    studio: leo.Studio, simulator: Simulator, clock: ManualClock, tmp_path: Path
) -> None:
    """Whichever studio is told to."""
    job = studio.generate("a fox", **SMALL)
    job.result(20)
    with leo.Studio(simulator=Simulator(), library=tmp_path / "other", clock=clock) as other:
        other.delete(job)

    assert ("DELETE", f"/generations/{job.id}") in simulator.requests
