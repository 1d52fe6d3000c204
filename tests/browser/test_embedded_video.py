"""A video that was put into a notebook, in a real JupyterLab."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

if TYPE_CHECKING:
    from tests.browser.conftest import Opener

pytestmark = [pytest.mark.browser, pytest.mark.timeout(90)]

FILM = """
import leonardo_nb as leo
video = await leo.text_to_video("waves on a beach")
video.embed()
"""

PLAYED = """async player => {
  player.muted = true;
  await player.play();
  await new Promise(resolve => player.addEventListener("timeupdate", resolve, { once: true }));
  return [player.videoWidth, player.videoHeight, Math.round(player.duration)];
}"""


def test_an_embedded_video_plays_wherever_its_notebook_is_opened(notebook: Opener) -> None:
    """It plays where it was made, and for a stranger whose JupyterLab does not trust the file."""
    made = notebook(FILM)
    made.run(0)
    player = made.output(0).locator("video")
    assert "Video, 832 x 480" in str(player.get_attribute("aria-label"))
    at_home = player.evaluate(PLAYED)
    made.save()
    saved = json.loads(made.file.read_text(encoding="utf-8"))
    saved["cells"][0]["source"] = "what_a_stranger_typed()"  # no longer what Lab has signed
    strange = made.file.with_name("strange.ipynb")
    strange.write_text(json.dumps(saved), "utf-8")

    opened = notebook.open_file(strange)

    player = opened.output(0).locator("video")
    expect(player).to_be_visible()
    assert None is player.get_attribute("aria-label")  # Lab cleans what it does not trust
    assert [832, 480, 5] == at_home == player.evaluate(PLAYED)
