from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leonardo_nb.errors import ConflictingParameters, InvalidRequest, UnknownParameter
from leonardo_nb.service.catalog import MODELS, STYLES, find_model
from leonardo_nb.service.requests import CreateGeneration
from leonardo_nb.service.values import MEMBERS
from leonardo_nb.widgets import form

A_FOX: dict[str, object] = {"prompt": "a fox", "seed": 42}


def model(name: str) -> str:
    found = find_model(name)
    assert found is not None
    return found.id


def labels(name: str, chosen: dict[str, object]) -> list[str]:
    return [label for label, _ in form.menu(name, chosen)]


def sentences(chosen: dict[str, object]) -> list[str]:
    return [problem.sentence for problem in form.problems(chosen)]


# ---- fields -------------------------------------------------------------------------------------


def test_every_member_has_a_field_or_is_carried() -> None:
    """A member that is added to the request is given its place in the panel, or none on purpose."""
    drawn = {member for field in form.FIELDS for member in field.members}

    assert set(MEMBERS) == drawn | form.CARRIED
    assert set() == drawn & form.CARRIED


def test_limits_are_the_requests_own() -> None:
    """A slider ends where the request's own limits end."""
    guidance, steps = form.field_of("guidance_scale"), form.field_of("num_inference_steps")

    assert guidance is not None
    assert steps is not None
    assert (1, 20, 0.1, False) == (guidance.low, guidance.high, guidance.step, guidance.whole)
    assert (10, 60, 1, True) == (steps.low, steps.high, steps.step, steps.whole)


@pytest.mark.parametrize("each", MODELS, ids=lambda each: each.name)
def test_every_model_opens_in_order(each: object) -> None:
    """Choosing a model alone never breaks a rule, and each menu has what its field shows."""
    chosen = form.changed(A_FOX, "modelId", each.id)  # type: ignore[attr-defined]
    values = form.shown(chosen)

    assert () == form.problems(chosen)
    for field in form.FIELDS:
        if field.control in {"menu", "size"}:
            assert values[field.name] in [value for _, value in form.menu(field.name, chosen)]
            assert len(set(labels(field.name, chosen))) == len(labels(field.name, chosen))


# ---- choosing -----------------------------------------------------------------------------------


def test_starting_values_are_read_as_generate_reads_them() -> None:
    """Aliases, names of models and spellings of styles are normalised."""
    chosen, has_seed = form.started(
        "a fox", {"model_id": "kino xl", "preset_style": "anime", "seed": 1}
    )

    assert {
        "prompt": "a fox",
        "modelId": model("Kino XL"),
        "presetStyle": "ANIME",
        "seed": 1,
    } == chosen
    assert has_seed


def test_without_a_seed_one_is_drawn() -> None:
    """The seed stands in the form before it is paid for."""
    chosen, has_seed = form.started("", {})

    assert isinstance(chosen["seed"], int)
    assert "" == chosen["prompt"]
    assert not has_seed


@pytest.mark.parametrize(
    ("parameters", "error", "sentence"),
    [
        (
            {"guidence_scale": 7},
            UnknownParameter,
            'panel() has no parameter "guidence_scale"; did you mean "guidance_scale"?',
        ),
        (
            {"presetStyle": "ANIMEE"},
            InvalidRequest,
            'presetStyle "ANIMEE" does not exist; the nearest is "ANIME".',
        ),
        (
            {"seed": 1, "Seed": 2},
            UnknownParameter,
            'panel() has no parameter "Seed"; did you mean "seed"?',
        ),
        (
            {"modelId": "Lucid Origin", "alchemy": True},
            ConflictingParameters,
            "Lucid models have no alchemy; leave it out or use alchemy=False.",
        ),
    ],
)
def test_bad_starting_values_are_refused(
    parameters: dict[str, object], error: type[Exception], sentence: str
) -> None:
    """Each is named with its nearest, before anything is shown."""
    with pytest.raises(error) as caught:
        form.started("a fox", parameters)

    assert sentence == str(caught.value)


def test_one_parameter_under_two_names_is_refused() -> None:
    """`presetStyle` and `preset_style` are one."""
    with pytest.raises(UnknownParameter) as caught:
        form.started("a fox", {"presetStyle": "ANIME", "preset_style": "FILM"})

    assert 'presetStyle is given twice, once as "preset_style".' == str(caught.value)


def test_defaults_are_not_choices() -> None:
    """Going back to the default forgets the choice, so that it follows the model again."""
    there = form.changed(A_FOX, "guidance_scale", 12)
    back = form.changed(there, "guidance_scale", 7)

    assert {**A_FOX, "guidance_scale": 12} == there
    assert A_FOX == back


def test_what_nobody_chose_follows_the_model() -> None:
    """Alchemy is on for Lightning and off for Lucid while nobody has touched it."""
    lucid = form.changed(A_FOX, "modelId", model("Lucid Origin"))

    assert (True, False) == (form.shown(A_FOX)["alchemy"], form.shown(lucid)["alchemy"])


def test_a_style_goes_along() -> None:
    """A presetStyle becomes the styleUUID of the same name, and comes back."""
    anime = form.changed(A_FOX, "style", "CINEMATIC")
    phoenix = form.changed(anime, "modelId", model("Phoenix 1.0"))
    home = form.changed(phoenix, "modelId", model("Kino XL"))

    assert STYLES["Cinematic"] == phoenix["styleUUID"]
    assert "presetStyle" not in phoenix
    assert "CINEMATIC" == home["presetStyle"]
    assert "styleUUID" not in home


def test_a_style_without_counterpart_is_left_behind() -> None:
    """Lucid Origin has no Watercolor; its own default is shown."""
    flux = form.changed(
        form.changed(A_FOX, "modelId", model("Flux Dev")), "style", STYLES["Watercolor"]
    )
    kino = form.changed(flux, "modelId", model("Kino XL"))

    assert "DYNAMIC" == form.shown(kino)["style"]


def test_styles_are_those_of_the_mode() -> None:
    """Without Alchemy there are two, and leaving it out; PhotoReal v1 has three."""
    plain = form.changed(A_FOX, "alchemy", value=False)
    photo = form.changed(A_FOX, "photoReal", value=True)

    assert ["Not set", "Leonardo", "None"] == labels("style", plain)
    assert ["Cinematic", "Creative", "Vibrant"] == labels("style", photo)
    assert "Chosen by PhotoReal" == labels("modelId", photo)[0]


def test_a_style_outside_the_mode_stays_visible() -> None:
    """Nothing that was chosen disappears without a word."""
    chosen = form.changed(form.changed(A_FOX, "style", "ANIME"), "alchemy", value=False)

    assert "Anime (not in this mode)" == labels("style", chosen)[0]
    assert ["presetStyle", "alchemy"] == list(form.problems(chosen)[0].members)


def test_kontext_has_sizes_of_its_own() -> None:
    """They are offered, and are in order although wider than the others' limit."""
    kontext = form.changed(A_FOX, "modelId", model("Kontext"))
    wide = form.changed(kontext, "size", (1568, 672))

    assert "1568 × 672" in labels("size", wide)  # noqa: RUF001  typographic
    assert () == form.problems(wide)


def test_a_size_of_ones_own_is_in_the_menu() -> None:
    """Width and height that are no preset are called what they are."""
    chosen = form.changed(A_FOX, "size", (640, 640))

    assert ("Own size", (640, 640)) == form.menu("size", chosen)[-1]


@given(
    st.lists(
        st.sampled_from(
            [
                ("alchemy", True),
                ("alchemy", False),
                ("photoReal", True),
                ("photoReal", False),
                ("photoRealVersion", "v2"),
                ("photoRealVersion", None),
                ("ultra", True),
                ("contrast", 1.0),
                ("transparency", "foreground_only"),
                ("num_images", 8),
                ("size", (512, 512)),
                ("size", (517, -3)),
                ("style", "ANIME"),
                ("guidance_scale", 19.5),
                ("seed", 9_999_999_998),
                ("prompt", ""),
                ("prompt", "a fox"),
                *[("modelId", each.id) for each in MODELS],
            ]
        ),
        max_size=8,
    )
)
def test_any_clicks_leave_a_form_that_can_be_shown(clicks: list[tuple[str, object]]) -> None:
    """Whatever is clicked: each menu has its value, and without a problem there is a request."""
    chosen = A_FOX
    for name, value in clicks:
        if name != "style" or form.style_member(chosen) == "presetStyle":
            chosen = form.changed(chosen, name, value)

    values = form.shown(chosen)
    for field in form.FIELDS:
        if field.control in {"menu", "size"}:
            assert values[field.name] in [value for _, value in form.menu(field.name, chosen)]
    if not form.problems(chosen):
        request = form.request_of(chosen)
        assert request == CreateGeneration.of(**form.values_of(chosen))  # type: ignore[arg-type]
        assert request == form.request_of(form.chosen_of(request))


# ---- what is wrong ------------------------------------------------------------------------------


def test_a_form_in_order_has_no_problem() -> None:
    """And nothing to say beside the button."""
    assert () == form.problems(A_FOX)
    assert "" == form.reason(())


def test_an_empty_prompt_is_asked_for() -> None:
    """It is not a mistake yet, so the words are an invitation."""
    assert "Write a prompt first." == form.reason(form.problems({**A_FOX, "prompt": " "}))


def test_a_long_prompt_says_how_long() -> None:
    """The sentence is the request's own."""
    assert [
        "prompt is 1,501 characters long, 1 more than the 1,500 that the service takes."
    ] == sentences({**A_FOX, "prompt": "x" * 1501})


def test_all_problems_are_named_at_once() -> None:
    """A wrong value does not hide a broken rule, nor the other way round."""
    chosen = form.changed(A_FOX, "modelId", model("Lucid Origin"))
    chosen = form.changed(chosen, "alchemy", value=True)
    chosen = form.changed(chosen, "size", (517, 768))

    assert [
        "width must be a multiple of 8 from 32 to 1536; the nearest to 517 is 520.",
        "Lucid models have no alchemy; leave it out or use alchemy=False.",
    ] == sentences(chosen)
    assert ["Size"] == [field.label for field in form.problems(chosen)[0].fields]
    assert "Change Alchemy or Model first." == form.reason(form.problems(chosen)[1:])


def test_a_rule_marks_each_field_once() -> None:
    """Width and height are one field."""
    chosen = form.changed(A_FOX, "num_images", 5)

    assert [("Pictures", "Size")] == [
        tuple(field.label for field in problem.fields) for problem in form.problems(chosen)
    ]


# ---- what it says -------------------------------------------------------------------------------


def test_values_can_be_given_to_generate() -> None:
    """Models and styles are by name, defaults are left out."""
    chosen, _ = form.started("a fox", {"seed": 42, "modelId": "phoenix 1.0", "styleUUID": "film"})

    assert {
        "prompt": "a fox",
        "seed": 42,
        "modelId": "Leonardo Phoenix 1.0",
        "styleUUID": "Film",
    } == form.values_of(chosen)


def test_values_of_a_form_that_is_wrong_are_what_was_chosen() -> None:
    """They raise the same sentence when they are used."""
    chosen = form.changed(A_FOX, "size", (517, 768))

    assert {**A_FOX, "width": 517} == form.values_of(chosen)


def test_members_without_a_field_are_carried() -> None:
    """They are sent, and named."""
    chosen, _ = form.started("a fox", {"init_image_id": "abc", "init_strength": 0.5})

    assert ("init_image_id", "init_strength") == form.carried(chosen)
    assert 0.5 == form.request_of(chosen).init_strength


def test_the_folded_part_says_what_was_chosen_in_it() -> None:
    """Names keep their capitals."""
    assert "More" == form.folded_words(A_FOX)
    assert "More: PhotoReal, PhotoReal version v2" == form.folded_words(
        {**A_FOX, "photoReal": True, "photoRealVersion": "v2"}
    )


def test_three_fields_are_listed() -> None:
    """With one "or"."""
    chosen = {**A_FOX, "photoReal": True, "modelId": model("Phoenix 1.0")}

    assert "Change Model, PhotoReal or PhotoReal version first." == form.reason(
        form.problems(chosen)
    )
