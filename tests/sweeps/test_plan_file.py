"""A plan in a file is the plan that the same words in a notebook make."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

import leonardo_nb as leo
from leonardo_nb.errors import InvalidRequest
from leonardo_nb.sweeps.plan_file import plan_of_file

if TYPE_CHECKING:
    from pathlib import Path

    from leonardo_nb.studios import Studio

WHOLE = """
prompt = "a {animal} in {light}"
name = "foxes"
replicates = 2
order = "rows"

[slots]
animal = ["fox", "owl"]
light = ["rain", "fog"]

[parameters]
guidance_scale = { linspace = [3, 9, 3] }
presetStyle = { film = "CINEMATIC", lively = "DYNAMIC" }
num_inference_steps = 20

[[zip]]
name = "size"
width = [512, 1024]
height = [768, 640]

[[without]]
animal = "owl"
light = "fog"
because = "owls hide"
"""


ELSEWHERE = "https://elsewhere.example/x"


def written(folder: Path, text: str, name: str = "plan.toml") -> Path:
    """Return the path of a file with *text*."""
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_a_file_plans_what_a_line_would(tmp_path: Path, studio: Studio) -> None:
    """Slots, zips, labels, ranges, and what is left out, with its reason."""
    words = leo.prompt("a {animal} in {light}", animal=["fox", "owl"], light=["rain", "fog"])
    sizes = leo.zip_("size", width=[512, 1024], height=[768, 640])
    line = leo.plan(
        words * sizes,
        replicates=2,
        guidance_scale=leo.linspace(3, 9, 3),
        presetStyle={"film": "CINEMATIC", "lively": "DYNAMIC"},
        num_inference_steps=20,
        studio=studio,
    )
    plan = plan_of_file(written(tmp_path, WHOLE), studio=studio)
    kept = [
        cell.key for cell in line if (cell.coords["animal"], cell.coords["light"]) != ("owl", "fog")
    ]

    assert kept == list(plan.cells.keys)
    assert "foxes" == plan.name
    assert ["owls hide"] == [dropped.because for dropped in plan.dropped]


@pytest.mark.parametrize("axis", ["animal", "point", "_"])
def test_later_places_are_asked_whether_they_are_left_out(
    tmp_path: Path, studio: Studio, axis: str
) -> None:
    """A sweep of a file grows as any other: what is left out is left out of what comes, too."""
    text = f"""
    prompt = "a {{{axis}}}"
    [slots]
    {axis} = ["fox", "owl"]
    [parameters]
    width = 64
    height = 64
    guidance_scale = [3, 9]
    [[without]]
    {axis} = "owl"
    guidance_scale = [9.0]
    because = "owls hide"
    """
    run = plan_of_file(written(tmp_path, text), studio=studio).start().result(15)

    wider = run.extend(guidance_scale=[5]).extend(seed=[1]).result(15)

    said = {(cell.coords[axis], cell.coords["guidance_scale"]) for cell in wider.cells}
    assert {("fox", 3), ("fox", 5), ("fox", 9), ("owl", 3), ("owl", 5)} == said
    assert 10 == len(wider)


def test_an_exported_sweep_is_a_plan(tmp_path: Path, studio: Studio) -> None:
    """The `sweep.json` of an export makes the same cells."""
    plan = leo.plan("a fox", seed=[1, 2], studio=studio)
    path = written(tmp_path, json.dumps(plan.to_dict()), "sweep.json")

    assert plan.keys == plan_of_file(path, studio=studio).keys


@pytest.mark.parametrize("name", ["foxes.html", "foxes.HTM"])
def test_a_sheet_that_was_handed_on_is_a_plan(tmp_path: Path, studio: Studio, name: str) -> None:
    """The HTML file of a sweep makes the same cells."""
    run = leo.sweep("a fox", seed=[1, 2], studio=studio, width=64, height=64).result(15)
    path = run.to_html(tmp_path / name)

    assert run.plan.keys == plan_of_file(path, studio=studio).keys


def test_a_page_without_a_plan_is_one_clear_error(tmp_path: Path, studio: Studio) -> None:
    """Somebody else's page, one that is not there, and a sheet without its words."""
    run = leo.sweep("a fox", seed=[1, 2], studio=studio, width=64, height=64).result(15)
    run.to_html(tmp_path / "wordless.html", prompt=False)
    written(tmp_path, "<p>", "page.html")
    for name, sentence in (
        ("wordless.html", "is not whole"),
        ("page.html", "has no sweep in it"),
        ("gone.html", "cannot be read"),
    ):
        with pytest.raises(InvalidRequest, match=sentence):
            plan_of_file(tmp_path / name, studio=studio)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("prompt = ", "is no TOML"),
        ('promt = "a fox"', "did you mean prompt?"),
        ('prompt = "a fox"\n[parameters]\nguidence_scale = 3', "guidance_scale"),
        ('prompt = "a fox"\n[slots]\nanimal = ["fox"]', "no slot {animal}"),
        ("[slots]\nanimal = [1]", "[slots] needs prompt"),
        ('prompt = "a fox"\nslots = 3', "[slots] is a table"),
        ('prompt = "a fox"\nzip = 3', "[[zip]] are tables"),
        ('prompt = "a fox"\n[[zip]]\nwidth = [512]', "needs a name"),
        ('prompt = "a fox"\n[[zip]]\nname = "s"\nwidth = [512]\nheight = [1, 2]', "one length"),
        ('prompt = "a fox"\n[parameters]\nseed = { linspace = [1, 2] }', "linspace"),
        ('prompt = "a fox"\n[parameters]\nseed = [1]\n[[without]]\nsed = 1', "seed"),
        ('prompt = "a fox"\n[[without]]\nbecause = "so"', "names values"),
        ('prompt = "a fox"\n[parameters]\nguidance_scale = nan', "guidance_scale"),
        ('prompt = "a fox"\n[parameters]\nseed = { linspace = 5 }', "3 numbers, as in"),
        ('prompt = "a fox"\n[parameters]\nseed = { arange = [1] }', "2 or 3 numbers, as in"),
        ('prompt = "a fox"\n[parameters]\nstudio = "x"', "leo.plan(..., studio=...)"),
        ('prompt = "a fox"\n[parameters]\ncheck = false', "leo.plan(..., check=False)"),
        ('prompt = "a fox"\n[parameters]\nreuse = false', "leo.plan(..., reuse=False)"),
        ('prompt = "a fox"\n[parameters]\nprompt = "an owl"', "top of the file"),
        ('prompt = "a fox"\nname = "a"\n[parameters]\nname = "b"', "top of the file"),
        ('prompt = "a fox"\n[parameters]\nreplicates = 2', "top of the file"),
        ('prompt = "a fox"\n[parameters]\norder = "rows"', "top of the file"),
        ('prompt = "a fox"\nname = 5', "name is text, not 5"),
        ('prompt = "a fox"\nreplicates = "a"', 'replicates is a whole number, not "a"'),
        ('prompt = "a fox"\nreplicates = true', "replicates is a whole number, not True"),
        (
            'prompt = "a fox"\n[[zip]]\nname = "s"\nlabels = 5\nseed = [1]',
            "labels of a [[zip]] are a list, not 5",
        ),
        (
            f'prompt = "a fox"\n[parameters]\nwebhookCallbackUrl = "{ELSEWHERE}"',
            "stands in no file",
        ),
        (
            'prompt = "a fox"\n[[zip]]\nname = "s"\nwebhookCallbackUrl = ["https://x.example"]',
            "stands on no axis",
        ),
    ],
)
def test_a_plan_that_cannot_be_is_one_clear_error(
    tmp_path: Path, studio: Studio, text: str, sentence: str
) -> None:
    """It names the part, before anything is sent."""
    with pytest.raises((InvalidRequest, leo.UnknownParameter)) as caught:
        plan_of_file(written(tmp_path, text), studio=studio)

    assert sentence in str(caught.value)


AXIS = {"name": "seed", "role": "member", "members": [], "values": [1, 2], "labels": None}
PAIRS = AXIS | {"name": "size", "role": "zip", "members": ["width", "height"]}
WORDS = AXIS | {"name": "animal", "role": "slot"}
CALLED = AXIS | {"name": "webhookCallbackUrl", "values": [ELSEWHERE]}


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"prompt": 5}, "prompt is 5"),
        ({"name": 5}, "name is 5"),
        ({"replicates": "x"}, 'replicates is "x"'),
        ({"replicates": True}, "replicates is True"),
        ({"points": True}, "points is True"),
        ({"reuse": 5}, "reuse is true or false, not 5"),
        ({"check": "no"}, 'check is true or false, not "no"'),
        ({"axes": [AXIS | {"values": [float("nan"), 2]}]}, "seed must be a whole number"),
        ({"axes": [AXIS | {"values": ["a", 2]}]}, "seed must be a whole number"),
        ({"axes": [AXIS | {"values": [[1], [2]]}]}, "takes one value, not several"),
        ({"axes": [AXIS | {"values": [1, 1.0]}]}, "seed has 1.0 twice"),
        ({"axes": [AXIS | {"labels": ["a", "a"]}]}, "a label twice"),
        ({"axes": [AXIS | {"labels": ["a", "\ud800"]}]}, "cannot be shown"),
        ({"axes": [AXIS | {"role": "replicate"}]}, "replicate is no axis"),
        ({"axes": [AXIS, AXIS]}, "Two axes vary seed"),
        ({"axes": [PAIRS]}, "size pairs width, height, and has 1"),
        ({"axes": [PAIRS | {"values": [[64, 64], [64]]}]}, "size pairs width, height, and has"),
        ({"axes": [WORDS]}, "there are words for animal"),
        ({"prompt": "a {animal}", "fixed": {}}, "has the slots animal"),
        ({"prompt": "a {animal", "axes": [WORDS], "fixed": {}}, "cannot be read"),
        ({"axes": [AXIS, CALLED]}, "stands on no axis"),
        (
            {
                "axes": [
                    PAIRS | {"members": ["seed", "webhookCallbackUrl"], "values": [[1, ELSEWHERE]]}
                ]
            },
            "stands on no axis",
        ),
    ],
)
def test_an_export_that_was_changed_is_one_clear_error(
    tmp_path: Path, studio: Studio, change: dict[str, object], sentence: str
) -> None:
    """What no line would make is refused, whichever part it stands in."""
    spec = leo.plan("a fox", seed=[1, 2], studio=studio).to_dict()

    with pytest.raises(InvalidRequest) as caught:
        plan_of_file(written(tmp_path, json.dumps(spec | change), "sweep.json"), studio=studio)

    assert sentence in str(caught.value)


def test_a_file_of_somebody_else_calls_nobody_back(tmp_path: Path, studio: Studio) -> None:
    """The address in a `sweep.json` and in a page is left out, as in a replay file."""
    run = leo.sweep("a fox", seed=[1, 2], studio=studio, width=64, height=64).result(15)
    page = run.to_html(tmp_path / "foxes.html")
    spec = run.plan.to_dict()
    spec["fixed"]["webhookCallbackUrl"] = ELSEWHERE
    told = f'"fixed":{{"webhookCallbackUrl":"{ELSEWHERE}",'
    text = page.read_text(encoding="utf-8").replace('"fixed":{', told, 1)
    paths = [
        written(tmp_path, json.dumps(spec), "sweep.json"),
        written(tmp_path, text, "changed.html"),
    ]

    for path in paths:
        assert ELSEWHERE in path.read_text(encoding="utf-8")
        plan = plan_of_file(path, studio=studio)
        assert [None, None] == [cell.request.webhookCallbackUrl for cell in plan]
        assert run.plan.keys == plan.keys


@pytest.mark.parametrize("name", ["missing.toml", "."])
def test_a_file_that_cannot_be_read_is_named(tmp_path: Path, name: str) -> None:
    """A missing file and a folder are no plans."""
    with pytest.raises(InvalidRequest, match="cannot be read"):
        plan_of_file(tmp_path / name)


def test_bytes_are_no_plan(tmp_path: Path) -> None:
    """A picture in the place of a plan is refused, and a JSON that is none, too."""
    (tmp_path / "plan.toml").write_bytes(b"\xff\xd8\xff")
    for name, text in (("a.json", "{"), ("b.json", "[]"), ("c.json", "[" * 100_000)):
        with pytest.raises(InvalidRequest):
            plan_of_file(written(tmp_path, text, name))
    with pytest.raises(InvalidRequest, match="cannot be read"):
        plan_of_file(tmp_path / "plan.toml")
