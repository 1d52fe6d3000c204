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
    ],
)
def test_a_plan_that_cannot_be_is_one_clear_error(
    tmp_path: Path, studio: Studio, text: str, sentence: str
) -> None:
    """It names the part, before anything is sent."""
    with pytest.raises((InvalidRequest, leo.UnknownParameter)) as caught:
        plan_of_file(written(tmp_path, text), studio=studio)

    assert sentence in str(caught.value)


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
