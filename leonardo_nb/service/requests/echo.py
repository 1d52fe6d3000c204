"""The request that a row of the service's history was made with, as far as the row says."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from leonardo_nb.service.requests.image import CreateGeneration
from leonardo_nb.service.requests.video import TextToVideo

if TYPE_CHECKING:
    from leonardo_nb.service.requests.body import Body
    from leonardo_nb.service.responses import Generation

__all__ = ["echoed"]

_LONGEST_PROMPT: Final = 10_000


def echoed(row: Generation) -> Body:
    """
    Return the request that *row* was made with, as far as the row says.

    The service echoes the prompt, the sizes and some numbers; not the images that guided it, not
    the elements, and not the members that its newer models have.
    """
    common: dict[str, object] = {
        "prompt": (row.prompt or "")[:_LONGEST_PROMPT],
        "seed": row.seed,
        "width": row.width,
        "height": row.height,
    }
    if row.motion or row.video_url is not None:
        return TextToVideo.from_wire(_known(common | {"negativePrompt": row.negative_prompt}))
    return CreateGeneration.from_wire(
        _known(
            common
            | {
                "negative_prompt": row.negative_prompt,
                "modelId": row.model_id,
                "presetStyle": row.preset_style,
                "guidance_scale": row.guidance_scale,
                "num_inference_steps": row.num_inference_steps,
                "scheduler": row.scheduler,
                "num_images": len(row.images) or None,
            }
        )
    )


def _known(members: dict[str, object]) -> dict[str, object]:
    """Return what the row has; a prompt may be empty, nothing else."""
    return {
        name: value
        for name, value in members.items()
        if name == "prompt" or value not in {None, ""}
    }
