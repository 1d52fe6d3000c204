"""Leonardo's own TypeScript client takes the simulator for the service, to the last operation."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from leonardo_nb.simulator import Simulator, serve_in_thread
from leonardo_nb.simulator.mp4 import can_film

SCRIPT = Path(__file__).with_name("typescript_client.mjs")
HOW_TO_HAVE = (
    "the service's own TypeScript client: `npm install @leonardo-ai/sdk` in a folder that "
    "LEONARDO_TEST_TYPESCRIPT_SDK names, and node"
)
# it draws a few large pictures and, where Pillow can, three films
pytestmark = pytest.mark.timeout(60)

FILMS = 1 if can_film() else 0


@pytest.fixture(scope="module", params=["CREDITS", "DOLLARS"])
def unit(request: pytest.FixtureRequest) -> Any:
    return request.param


@pytest.fixture(scope="module")
def seen(unit: Any) -> dict[str, Any]:
    """What every operation gave, where jobs are absent, pending and done for a look each."""
    folder, node = os.environ.get("LEONARDO_TEST_TYPESCRIPT_SDK"), shutil.which("node")
    if folder is None or node is None:
        pytest.skip(f"needs {HOW_TO_HAVE}")
    simulator = Simulator(unit=unit)
    for path in ("/variations/*", "/generations-video-upscale"):
        simulator.script(path=path, absent_looks=1, empty_looks=2, times=10)
    simulator.script(path="/generations*", empty_looks=2, times=10)
    with serve_in_thread(simulator) as url:
        run = subprocess.run(
            [node, str(SCRIPT), str(Path(folder).resolve()), url, simulator.key, str(FILMS)],
            capture_output=True,
            text=True,
            check=False,
            timeout=50,
        )
    assert 0 == run.returncode, run.stderr
    answers: dict[str, Any] = json.loads(run.stdout)
    return answers


NOT_SIMULATED = {
    "dataset.createDataset",
    "dataset.getDatasetById",
    "dataset.deleteDatasetById",
    "dataset.uploadDatasetImage",
    "dataset.uploadDatasetImageFromGen",
    "models.createModel",
    "models.getModelById",
    "models.deleteModelById",
    "models.getCustomModelsByUserId",
    "elements.createElement",
    "realtimeCanvas.createLCMGeneration",
    "realtimeCanvas.performInstantRefine",
    "realtimeCanvas.performAlchemyUpscaleLCM",
    "realtimeCanvas.performInpaintingLCM",
    "blueprints.executeBlueprint",
    "blueprints.getBlueprintById",
    "blueprints.getBlueprintVersionsByBlueprintId",
    "blueprints.getBlueprintExecution",
    "blueprints.getBlueprintExecutionGenerations",
    "threeDModelAssets.uploadModelAsset",
    "threeDModelAssets.delete3DModelById",
}


def operations(seen: dict[str, Any]) -> dict[str, Any]:
    """Return what was called, without what was made of it."""
    return {name: gave for name, gave in seen.items() if "." in name}


def test_every_simulated_operation_is_parsed(seen: dict[str, Any]) -> None:
    """The client, which refuses a null or a word that it does not know, reads every answer."""
    refused = {name: gave for name, gave in operations(seen).items() if gave != 200}

    assert NOT_SIMULATED | {"image.createGeneration refused"} == refused.keys()


@pytest.mark.skipif(not can_film(), reason="this Pillow cannot encode AV1")
def test_no_operation_is_forgotten(seen: dict[str, Any]) -> None:
    """Each of the client's operations was called."""
    assert [] == seen["forgotten"]


def test_refusals_are_its_errors(seen: dict[str, Any]) -> None:
    """Status and body reach the client's own exception."""
    refused = seen["image.createGeneration refused"]

    assert 'SDKError 400: {"error":"invalid dimensions","path":"$","code":"unexpected"}' == refused


@pytest.mark.parametrize("name", sorted(NOT_SIMULATED))
def test_what_is_not_simulated_says_so(seen: dict[str, Any], name: str) -> None:
    """One sentence, in the service's shape, with a status that no retry repeats."""
    status, _, body = seen[name].partition(": ")

    assert "SDKError 501" == status
    assert json.loads(body)["error"].endswith(" is part of the service, but not simulated.")


def test_jobs_go_their_way(seen: dict[str, Any], unit: str) -> None:
    """Acknowledged with a price; pending, then complete; variations are absent at first."""
    number = "number" if unit == "CREDITS" else "object"  # null is an object there

    assert [number, "string", unit] == seen["acknowledged"]
    assert ["PENDING", "PENDING", "COMPLETE"] == seen["images"]
    assert [2, 7, 64] == seen["image"]
    assert ("COMPLETE", True) == (seen["guided"], seen["inpainted"])
    assert {
        "upscale": ["absent", "COMPLETE", "UPSCALE"],
        "unzoom": ["absent", "COMPLETE", "UNZOOM"],
        "nobg": ["absent", "COMPLETE", "NOBG"],
        "universal": ["absent", "COMPLETE", "UPSCALE"],
        "ultra": ["absent", "COMPLETE", "UPSCALE"],
    } == {name: seen[name] for name in ("upscale", "unzoom", "nobg", "universal", "ultra")}


@pytest.mark.skipif(not can_film(), reason="this Pillow cannot encode AV1")
def test_videos_go_their_way(seen: dict[str, Any]) -> None:
    """From text, from an image, by Motion 1.0, and made larger."""
    assert ["PENDING", "COMPLETE"] == seen["text to video"] == seen["image to video"]
    assert ["PENDING", "COMPLETE"] == seen["motion"]
    assert ["absent", "COMPLETE", "UPSCALE"] == seen["video upscale"]


def test_files_and_forms(seen: dict[str, Any]) -> None:
    """Forms are taken without a word; every address gives a file of its kind."""
    forms = {gave for name, gave in seen.items() if name.endswith(" form")}
    films = {gave for name, gave in seen.items() if name.endswith(("video file", "upscale file"))}
    pictures = {seen[f"{name} file"] for name in ("image", "init image", "unzoom", "universal")}

    assert {'204 ""'} == forms
    assert {"200 video/mp4", "200 image/jpeg"} >= films
    assert {"200 image/jpeg"} == pictures
    assert "200 image/png" == seen["nobg file"]


def test_values(seen: dict[str, Any]) -> None:
    """The account's catalogue, a price, a prompt, a list, an upload and what was taken away."""
    names = ("models", "price", "prompt", "listed", "media", "gone", "twice", "again")

    assert [True, 15, True, 2, "COMPLETE", None, None, True] == [seen[name] for name in names]
