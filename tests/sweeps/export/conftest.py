"""A small sweep that is done, with words that must not get lost and must not get out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

import leonardo_nb as leo

if TYPE_CHECKING:
    from leonardo_nb.simulator import Simulator
    from leonardo_nb.studios import Studio
    from leonardo_nb.sweeps.run import Run

PROMPT = 'a fox in "snow" </script><!-- \u202e🦊'
NEGATIVE = "=HYPERLINK(blurry)"
SMALL: dict[str, Any] = {"width": 64, "height": 64}
STYLES = ["CINEMATIC", "DYNAMIC"]


@pytest.fixture
def run(studio: Studio) -> Run:
    """Six cells, all done: three seeds in two styles."""
    started = leo.sweep(
        PROMPT,
        studio=studio,
        seed=[1, 2, 3],
        presetStyle=STYLES,
        negative_prompt=NEGATIVE,
        **SMALL,
    )
    return started.result(15)


@pytest.fixture
def one_failed(studio: Studio, simulator: Simulator) -> Run:
    """Three cells, of which one has failed."""
    simulator.script(method="POST", path="/generations", fail=True, times=1)
    return leo.sweep(PROMPT, studio=studio, seed=[1, 2, 3], **SMALL).result(15)


@pytest.fixture
def of_prompts(studio: Studio) -> Run:
    """Two prompts, which are the axis."""
    words = ["a red fox running", "an old lighthouse"]
    return leo.sweep(words, studio=studio, seed=7, **SMALL).result(15)


@pytest.fixture(params=["gone", "cut off", "other bytes"])
def harmed(run: Run, request: pytest.FixtureRequest) -> Run:
    """A run with the file of its fourth cell as disks leave one."""
    file = run.images[3].path
    whole = file.read_bytes()
    match request.param:
        case "gone":
            file.unlink()
        case "cut off":
            file.write_bytes(whole[: len(whole) // 2])
        case _:
            file.write_bytes(b"?" * len(whole))
    return run
