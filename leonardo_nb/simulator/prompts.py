"""Prompt tools: improved and invented prompts, of words that the painter knows."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from leonardo_nb.simulator import refusals
from leonardo_nb.simulator.images import REFUSED_WORDS, words_of
from leonardo_nb.simulator.refusals import Refusal
from leonardo_nb.simulator.shapes import boolean, read_members, string

if TYPE_CHECKING:
    import random
    from collections.abc import Mapping

    from leonardo_nb.simulator.shapes import Shape

__all__ = ["CREDITS", "improved", "invented"]

CREDITS = 4
MOST_CHARACTERS = 200

_MEMBERS: Mapping[str, Shape] = {
    "prompt": string,
    "promptInstructions": string,
    "isVideo": boolean,
}
_LIGHTS = (
    "in the warm light of a late afternoon",
    "under a pale morning sky",
    "at dusk, with the first stars out",
    "after rain, with everything shining",
    "in soft fog that hides the far hills",
)
_MANNERS = (
    "painted with loose, confident brushwork and a restrained palette",
    "sharp in the middle and quiet towards the edges",
    "with deep shadows and one bright colour",
    "seen from low down, so that it stands against the sky",
)
_MOVES = (
    "The camera glides slowly past it.",
    "The camera comes nearer, and stops.",
    "Slow pan from left to right; only the water moves.",
)
_SUBJECTS = (
    "a red fox on a snowy meadow",
    "an old lighthouse above a stormy sea",
    "a sailboat on a still lake between mountains",
    "a robot that waters flowers in a greenhouse",
    "a castle in a misty forest",
    "an owl on a branch before a full moon",
    "a small blue teapot on a wooden table",
    "an astronaut on an empty beach",
)


def improved(body: Mapping[str, object]) -> str:
    """Return a longer prompt for a request to improve one, or raise `Refusal`."""
    for name in body:
        if name not in _MEMBERS:
            raise refusals.unexpected_variable(name)
    if body.get("prompt") is None:
        raise refusals.missing_value("prompt")
    members = read_members(body, _MEMBERS, "$.selectionSet.promptGeneration.args")
    prompt = " ".join(str(members["prompt"]).split())
    if not prompt:
        raise Refusal("Invalid prompt, must not be empty.")
    if len(str(members["prompt"])) > MOST_CHARACTERS:
        raise Refusal(f"Prompt is too long, please keep it under {MOST_CHARACTERS} characters")
    for word in words_of(prompt):
        if word in REFUSED_WORDS:
            raise refusals.words_moderated(word)
    digest = hashlib.sha256(prompt.encode("utf-8", "surrogatepass")).digest()
    parts = [prompt.rstrip(".,; "), _LIGHTS[digest[0] % len(_LIGHTS)]]
    if members.get("promptInstructions"):
        parts.append(" ".join(str(members["promptInstructions"]).split()).rstrip("."))
    if members.get("isVideo") is True:
        return f"{', '.join(parts)}. {_MOVES[digest[1] % len(_MOVES)]}"
    return ", ".join([*parts, _MANNERS[digest[1] % len(_MANNERS)]]) + "."


def invented(rng: random.Random) -> str:
    """Return a prompt out of nothing."""
    return f"{rng.choice(_SUBJECTS)}, {rng.choice(_LIGHTS)}, {rng.choice(_MANNERS)}."
