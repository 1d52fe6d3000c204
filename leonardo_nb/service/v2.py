"""
Says a request for pictures in the words of the v2 API, where newer models live.

Pure. What v2 has no word for is refused with a sentence, never dropped, unless it is what would
have happened anyway. A model that is in both APIs goes to v2 only where nothing is lost.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from leonardo_nb.errors import ConflictingParameters
from leonardo_nb.service.catalog import (
    V2_SEED_MAX,
    V2Model,
    find_model,
    find_style,
    find_v2_model,
    guidance_of_preprocessor,
    style_name,
)
from leonardo_nb.service.defaults import resolve

if TYPE_CHECKING:
    from collections.abc import Mapping

    from leonardo_nb.service.requests import CreateGeneration

__all__ = ["Translation", "kept_out", "lives_in_v2", "translated"]

_CONTRASTS: Final = {3: "LOW", 3.5: "MEDIUM", 4: "HIGH"}
_STRENGTHS: Final = {"Low": "LOW", "Mid": "MID", "High": "HIGH", "Ultra": "ULTRA", "Max": "MAX"}

# Members that are said elsewhere below, or that v2 needs no word for.
_HANDLED: Final = frozenset(
    {
        "prompt",
        "modelId",
        "num_images",
        "width",
        "height",
        "seed",
        "negative_prompt",
        "styleUUID",
        "presetStyle",
        "alchemy",
        "ultra",
        "contrast",
        "enhancePrompt",
        "transparency",
        "tiling",
        "elements",
        "userElements",
        "controlnets",
        "init_image_id",
        "init_generation_image_id",
        "imagePrompts",
        "public",
        "webhookCallbackUrl",
    }
)


@dataclass(frozen=True, slots=True)
class Translation:
    """
    A request as the v2 API takes it.

    Attributes:
        model: The slug.
        parameters: What the model declares, and nothing else.
        public: Whether the pictures show in the community feed.
        left_out: Members that v2 has no use for, such as the webhook's address.
    """

    model: str
    parameters: dict[str, object]
    public: bool = False
    left_out: tuple[str, ...] = ()

    def wire(self) -> dict[str, object]:
        """Return exactly what is posted."""
        return {"model": self.model, "public": self.public, "parameters": self.parameters}


@dataclass(slots=True)
class _Draft:
    """A translation in the making, with what stands in its way."""

    model: V2Model
    members: Mapping[str, object]
    parameters: dict[str, object] = field(default_factory=dict)
    guidances: dict[str, list[dict[str, object]]] = field(default_factory=dict)
    obstacles: list[tuple[str, str]] = field(default_factory=list)

    def refuse(self, member: str, sentence: str) -> None:
        self.obstacles.append((member, sentence))

    def take(self, member: str, parameter: str, value: object) -> None:
        """Say *value* as *parameter*, or refuse it where the model does not declare that."""
        if parameter in self.model.takes:
            self.parameters[parameter] = value
        else:
            self.refuse(member, f"{self.model.name} takes no {member} in the v2 API.")

    def guide(self, member: str, key: str, entry: dict[str, object]) -> None:
        """Add an image that guides, or refuse it where the model has no such guidance."""
        most = self.model.guidances.get(key, 0)
        has = ", ".join(self.model.guidances) or "none"
        entries = self.guidances.setdefault(key, []) if most else []
        if not most:
            self.refuse(
                member, f"{self.model.name} has no guidance {key} in the v2 API; it has {has}."
            )
        elif len(entries) >= most:
            self.refuse(member, f"{self.model.name} takes at most {most} of the guidance {key}.")
        else:
            entries.append(entry)


def lives_in_v2(body: CreateGeneration) -> bool:
    """
    Return whether a request goes to the v2 API.

    It does where its model is there only, and where the model's home is there and nothing of the
    request is lost on the way.
    """
    newer, older = find_v2_model(body.modelId or ""), find_model(body.modelId or "")
    if newer is None:
        return False
    if newer.v1_id is None:
        return True
    return older is not None and older.home == "v2" and not _draft(body, newer).obstacles


def kept_out(body: CreateGeneration) -> tuple[str, ...]:
    """
    Return the members for which a request goes to the v1 API although its model's home is in v2.

    >>> from leonardo_nb.service.requests import CreateGeneration
    >>> kept_out(CreateGeneration.of("a fox", modelId="lucid-origin", tiling=True, seed=1))
    ('tiling',)
    """
    newer, older = find_v2_model(body.modelId or ""), find_model(body.modelId or "")
    if newer is None or newer.v1_id is None or older is None or older.home != "v2":
        return ()
    return tuple(dict.fromkeys(member for member, _ in _draft(body, newer).obstacles))


def translated(body: CreateGeneration) -> Translation:
    """
    Return *body* in the words of the v2 API.

    Raises:
        ConflictingParameters: Something in it has no equivalent there; the sentences say what.
    """
    newer = find_v2_model(body.modelId or "")
    if newer is None:
        raise ConflictingParameters(
            "This model is not in the v2 API.", members=("modelId",), rule="v2-model"
        )
    draft = _draft(body, newer)
    if draft.obstacles:
        raise ConflictingParameters(
            " ".join(dict.fromkeys(sentence for _, sentence in draft.obstacles)),
            members=tuple(dict.fromkeys(member for member, _ in draft.obstacles)),
            rule="v2",
        )
    return Translation(
        newer.slug,
        draft.parameters,
        public=body.public is True,
        left_out=("webhookCallbackUrl",) if body.webhookCallbackUrl else (),
    )


def _draft(body: CreateGeneration, newer: V2Model) -> _Draft:
    members = body.wire()
    draft = _Draft(newer, members)
    draft.parameters = {"prompt": body.prompt, "quantity": body.num_images or 1}
    _say_plain(draft)
    _say_mode(draft)
    _say_style(draft)
    _say_images(draft)
    if draft.guidances:
        draft.parameters["guidances"] = draft.guidances
    _refuse_the_rest(draft)
    return draft


def _say_plain(draft: _Draft) -> None:
    members = draft.members
    wanted = draft.parameters["quantity"]
    if isinstance(wanted, int) and wanted > draft.model.quantity_max:
        draft.refuse(
            "num_images", f"{draft.model.name} draws at most {draft.model.quantity_max} pictures."
        )
    for side, limits in (("width", draft.model.width), ("height", draft.model.height)):
        value = members.get(side)
        if not isinstance(value, int):
            continue
        draft.parameters[side] = value
        if limits is not None and not limits.low <= value <= limits.high:
            draft.refuse(
                side,
                f"{draft.model.name} takes a {side} from {limits.low:g} to {limits.high:g}.",
            )
    seed = members.get("seed")
    if isinstance(seed, int):
        if seed > V2_SEED_MAX:
            draft.refuse("seed", f"In the v2 API seed is at most {V2_SEED_MAX}.")
        draft.take("seed", "seed", seed)
    if members.get("negative_prompt"):
        draft.take("negative_prompt", "negative_prompt", members["negative_prompt"])
    if members.get("tiling") is True:
        draft.take("tiling", "tiling", value=True)
    if members.get("transparency") == "foreground_only":
        draft.take("transparency", "transparency", value=True)
    if "prompt_enhance" in draft.model.takes:
        # AUTO would change the prompt behind the user's back
        draft.parameters["prompt_enhance"] = "ON" if members.get("enhancePrompt") is True else "OFF"
    elif members.get("enhancePrompt") is True:
        draft.take("enhancePrompt", "prompt_enhance", "ON")
    for member, parameter in (
        ("elements", "platform_elements"),
        ("userElements", "user_elements"),
    ):
        if members.get(member):
            draft.take(member, parameter, members[member])
    _say_contrast(draft)


def _say_contrast(draft: _Draft) -> None:
    contrast = draft.members.get("contrast")
    if not isinstance(contrast, (int, float)):
        return
    if "contrast" not in draft.model.takes:
        if contrast != 3.5:  # the medium that v2 has by itself, and our own default
            draft.refuse("contrast", f"{draft.model.name} takes no contrast in the v2 API.")
    elif contrast in _CONTRASTS:
        draft.parameters["contrast"] = _CONTRASTS[contrast]
    else:
        draft.refuse(
            "contrast", "In the v2 API contrast is 3, 3.5 or 4: LOW, MEDIUM or HIGH there."
        )


def _say_mode(draft: _Draft) -> None:
    members, modes = draft.members, draft.model.modes
    if members.get("ultra") is True:
        wanted, member = "ULTRA", "ultra"
    elif members.get("alchemy") is True:
        wanted, member = "QUALITY", "alchemy"
    elif modes:
        wanted, member = "FAST", "alchemy"
    else:
        return
    if wanted in modes:
        draft.parameters["mode"] = wanted
    else:
        draft.refuse(member, f"{draft.model.name} has no {member} in the v2 API.")


def _say_style(draft: _Draft) -> None:
    uuid, preset = draft.members.get("styleUUID"), draft.members.get("presetStyle")
    if isinstance(uuid, str):
        draft.take("styleUUID", "style_ids", [uuid])
    elif isinstance(preset, str):
        found = find_style(preset)
        if found is None or (style_name(found) or "").casefold() == "leonardo":
            draft.refuse("presetStyle", f'presetStyle "{preset}" has no equivalent in the v2 API.')
        else:
            draft.take("presetStyle", "style_ids", [found])


def _say_images(draft: _Draft) -> None:
    members = draft.members
    controlnets = members.get("controlnets")
    for order, guide in enumerate(controlnets if isinstance(controlnets, list) else []):
        guidance = guidance_of_preprocessor(guide.get("preprocessorId", -1))
        if guidance is None:
            draft.refuse("controlnets", "This preprocessorId has no equivalent in the v2 API.")
            continue
        for member in ("weight", "influence"):
            if guide.get(member) is not None:
                instead = "give strengthType instead" if guidance.strengths else "leave it out"
                draft.refuse("controlnets", f"In the v2 API a guidance has no {member}; {instead}.")
        strength = _STRENGTHS.get(str(guide.get("strengthType") or "Mid"), "MID")
        image = {"id": guide.get("initImageId"), "type": guide.get("initImageType")}
        entry: dict[str, object] = {"image": image}
        if guidance.name != "image_reference":
            entry["strength"] = strength
        if draft.model.guidances.get(guidance.name, 0) > 1:
            entry["order"] = order
        draft.guide("controlnets", guidance.name, entry)
    for member, kind in (("init_image_id", "UPLOADED"), ("init_generation_image_id", "GENERATED")):
        if members.get(member):
            image = {"id": members[member], "type": kind}
            if _refers_only(draft.model):
                draft.guide(member, "image_reference", {"image": image})
            else:
                draft.guide(member, "image_to_image", {"image": image, "strength": "MID"})
    prompts = members.get("imagePrompts")
    for each in prompts if isinstance(prompts, list) else []:
        draft.guide("imagePrompts", "image_reference", {"image": {"id": each, "type": "GENERATED"}})


def _refers_only(model: V2Model) -> bool:
    """Whether *model* takes a first image as a reference, having no image-to-image of its own."""
    return "image_reference" in model.guidances and "image_to_image" not in model.guidances


def _refuse_the_rest(draft: _Draft) -> None:
    """Refuse what v2 has no word for, unless it is what would have happened anyway."""
    usual = resolve({"prompt": draft.members["prompt"], "modelId": draft.members.get("modelId")})
    for member, value in draft.members.items():
        if member in _HANDLED or value is False or value == usual.get(member):
            continue
        draft.refuse(member, f"{member} has no equivalent in the v2 API; leave it out.")
