"""
Says a request for a video in the words of the v2 API, where newer models live.

Pure. What v2 has no word for is refused with a sentence, never dropped. What a model is known not
to take is refused as well, and `check=False` sends that all the same; what is not published of a
model is sent as it was asked for, because the service refuses it for nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from leonardo_nb.errors import ConflictingParameters
from leonardo_nb.service.v2 import Translation

if TYPE_CHECKING:
    from collections.abc import Mapping

    from leonardo_nb.service.catalog import V2VideoModel

__all__ = ["V2_ONLY", "remarks", "translated_video"]

V2_ONLY: Final = "motion_has_audio"
"""The member of a video's request that the v1 API has no word for."""

# What the values are called there; they stay as they are.
_WORDS: Final = {
    "duration": "duration",
    "seed": "seed",
    "negativePrompt": "negative_prompt",
    "frameInterpolation": "frame_interpolation",
    "styleIds": "style_ids",
    "elements": "elements",
    V2_ONLY: "motion_has_audio",
}
_MOTION_ONLY: Final = frozenset({"negative_prompt", "frame_interpolation", "elements"})
"""The reference says which models take these: of those that make videos, Motion 2.0."""


@dataclass(slots=True)
class _Draft:
    """
    A translation in the making.

    Attributes:
        model: Whose words are used.
        members: The request.
        parameters: What will be posted.
        unsayable: What v2 has no word for: the member, and a sentence.
        refused: What the model is known not to take, likewise.
        unpublished: Members of which nobody says whether the model takes them.
    """

    model: V2VideoModel
    members: Mapping[str, object]
    parameters: dict[str, object] = field(default_factory=dict)
    unsayable: list[tuple[str, str]] = field(default_factory=list)
    refused: list[tuple[str, str]] = field(default_factory=list)
    unpublished: list[str] = field(default_factory=list)

    def take(self, member: str, parameter: str, value: object) -> None:
        """Say *value* as *parameter*, and note whether the model is known to take it or not."""
        self.parameters[parameter] = value
        if self.model.takes is not None and parameter not in self.model.takes:
            self.refused.append((member, f"{self.model.name} takes no {member} in the v2 API."))
        elif self.model.takes is None and parameter in _MOTION_ONLY:
            self.refused.append(
                (member, f"{self.model.name} takes no {member}; Motion 2.0 does, the usual model.")
            )
        elif self.model.takes is None:
            self.unpublished.append(member)


def translated_video(
    model: V2VideoModel, members: Mapping[str, object], *, check: bool = True
) -> Translation:
    """
    Return a request for a video in the words of the v2 API.

    Args:
        model: Its model, which is in v2 only.
        members: The request with its defaults filled in, named as in the v1 API.
        check: False lets through what the model is known not to take.

    Raises:
        ConflictingParameters: Something in it has no equivalent there, or is not for this model;
            the sentences say what.
    """
    draft = _draft(model, members)
    for obstacles, rule, tail in (
        (draft.unsayable, "v2", ""),
        (draft.refused if check else [], "v2-model", " check=False sends it anyway."),
    ):
        if obstacles:
            raise ConflictingParameters(
                " ".join(dict.fromkeys(sentence for _, sentence in obstacles)) + tail,
                members=tuple(dict.fromkeys(member for member, _ in obstacles)),
                rule=rule,
            )
    return Translation(model.slug, draft.parameters, public=members.get("isPublic") is True)


def remarks(model: V2VideoModel, members: Mapping[str, object]) -> tuple[str, ...]:
    """Return sentences on what a model may make of a request otherwise than was meant."""
    sentences = []
    if members.get("imageId") and model.image_guidance == "image_reference":
        sentences.append(
            f"{model.name} has no first frame: the image is a reference, "
            "and the video need not begin with it."
        )
    if unpublished := tuple(dict.fromkeys(_draft(model, members).unpublished)):
        sentences.append(
            f"Whether {model.name} takes {_listed(unpublished)} is not published; where it does "
            "not, the service refuses the request and nothing is paid."
        )
    return tuple(sentences)


def _draft(model: V2VideoModel, members: Mapping[str, object]) -> _Draft:
    draft = _Draft(model, members)
    draft.parameters = {"prompt": members.get("prompt"), "quantity": 1}
    _say_words(draft)
    _say_size(draft)
    _say_images(draft)
    return draft


def _say_words(draft: _Draft) -> None:
    members, model = draft.members, draft.model
    if len(str(members.get("prompt"))) > model.prompt_max:
        draft.refused.append(
            ("prompt", f"{model.name} takes a prompt of at most {model.prompt_max:,} characters.")
        )
    for member, parameter in _WORDS.items():
        value = members.get(member)
        if value in (None, (), []) or (member == "frameInterpolation" and value is False):
            continue
        if member == "duration":
            _say_duration(draft, value)
        else:
            draft.take(member, parameter, value)
    if isinstance(seed := members.get("seed"), int) and seed > model.seed_max:
        draft.refused.append(("seed", f"On {model.name} seed is at most {model.seed_max}."))
    if isinstance(styles := members.get("styleIds"), (list, tuple)) and len(styles) > 1:
        draft.refused.append(("styleIds", "In the v2 API styleIds has at most one style."))
    enhance = members.get("promptEnhance")
    if enhance is True or (enhance is False and model.takes is None):
        draft.take("promptEnhance", "prompt_enhance", "ON" if enhance else "OFF")
    if members.get("promptEnhanceInstruction"):
        draft.unsayable.append(
            (
                "promptEnhanceInstruction",
                "promptEnhanceInstruction has no equivalent in the v2 API; leave it out.",
            )
        )


def _say_duration(draft: _Draft, value: object) -> None:
    model = draft.model
    draft.parameters["duration"] = value
    if model.durations and value not in model.durations:
        lengths = _listed(tuple(map(str, sorted(model.durations))), "or")
        draft.refused.append(("duration", f"{model.name} takes a duration of {lengths} seconds."))
    elif not model.durations and value != model.default_duration:
        draft.unpublished.append("duration")


def _say_size(draft: _Draft) -> None:
    members, model = draft.members, draft.model
    sizes = _listed(tuple(f"{wide} x {high}" for wide, high in model.sizes), "or")
    width, height = members.get("width"), members.get("height")
    resolution = members.get("resolution")
    if resolution is not None:
        size = model.size_of(str(resolution))
        if width is not None or height is not None:
            sentence = "In the v2 API the size is width and height; leave resolution out."
            draft.unsayable.append(("resolution", sentence))
        elif size is None:
            sentence = f"{resolution} is no size of {model.name}; give width and height"
            draft.unsayable.append(("resolution", f"{sentence}: {sizes}." if sizes else sentence))
        else:
            width, height = size
    if (width is None) != (height is None):
        draft.refused.append(("width", "width and height go together; give both or neither."))
    elif width is not None and model.sizes and (width, height) not in model.sizes:
        draft.refused.append(("width", f"{model.name} makes {sizes} pixels."))
    elif width is not None and not model.sizes and (width, height) != model.default_size:
        draft.unpublished += ["width", "height"] if resolution is None else ["resolution"]
    for side, value in (("width", width), ("height", height)):
        if value is not None:
            draft.parameters[side] = value


def _say_images(draft: _Draft) -> None:
    members, model = draft.members, draft.model
    guidances: dict[str, object] = {}
    if members.get("imageId"):
        image = {"id": members["imageId"], "type": members.get("imageType")}
        guidances[model.image_guidance] = [{"image": image}]
        if model.guidances is None and model.reads_text:
            draft.unpublished.append("imageId")
    elif not model.reads_text:
        sentence = f"{model.name} needs an image to begin with; use image.to_video()"
        draft.refused.append(("model", f"{sentence}, or another model."))
    if isinstance(last := members.get("endFrameImage"), dict):
        guidances["end_frame"] = [{"image": {"id": last.get("id"), "type": last.get("type")}}]
        if model.guidances is None:
            draft.unpublished.append("endFrameImage")
        elif "end_frame" not in model.guidances:
            has = _listed(tuple(model.guidances))
            sentence = f"{model.name} takes no endFrameImage; its guidances are {has}."
            draft.refused.append(("endFrameImage", sentence))
    if guidances:
        draft.parameters["guidances"] = guidances


def _listed(words: tuple[str, ...], between: str = "and") -> str:
    *most, last = words or ("",)
    return f"{', '.join(most)} {between} {last}" if most else last
