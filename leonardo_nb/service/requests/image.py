"""
The body that asks for pictures, `POST /generations`.

Make one with `CreateGeneration.of`, which reads what a person types.
"""

# ruff: noqa: N815  members are named as on the wire

from __future__ import annotations

import json
import random
from collections.abc import Mapping
from typing import ClassVar, Literal, Self

from leonardo_nb.errors import ConflictingParameters, InvalidRequest
from leonardo_nb.service.catalog import (
    LIMITS,
    MAX_PROMPT_CHARACTERS,
    SEED_MAX_FLUX,
    Guidance,
    Model,
    V2Model,
    credits,  # noqa: A004  the service's word for it
    expected_seconds,
    family_of,
    find_guidance,
    find_model,
    find_v2_model,
    guidance_of_preprocessor,
    pricing_params,
    style_name,
)
from leonardo_nb.service.defaults import resolve
from leonardo_nb.service.reading import Member, Vocabulary, read
from leonardo_nb.service.requests.body import Body, Closed
from leonardo_nb.service.rules import RULES, Rule
from leonardo_nb.service.v2 import kept_out, lives_in_v2, translated
from leonardo_nb.service.values import GENERATION

__all__ = ["ControlNet", "CreateGeneration", "Element", "UserElement"]


class ControlNet(Closed):
    """An image that guides the picture."""

    initImageId: str
    initImageType: str
    preprocessorId: int
    weight: int | float | None = None
    strengthType: str | None = None
    influence: int | float | None = None


class Element(Closed):
    """One of the service's elements, and how strongly it acts."""

    akUUID: str
    weight: int | float = 1


class UserElement(Closed):
    """An element that the account trained, and how strongly it acts."""

    userLoraId: int
    weight: int | float | None = None


class CreateGeneration(Body):
    """
    Ask for pictures: the body of `POST /generations`.

    Make one with `CreateGeneration.of`, which reads what a person types. The members are the
    service's own; `leonardo_nb.service.values.MEMBERS` says what each takes.
    """

    endpoint: ClassVar[str] = "generations"
    kind: ClassVar[Literal["generation", "video", "variation"]] = "generation"
    looked_for: ClassVar[Literal["generation", "variation", "motion-variation"]] = "generation"
    wrappers: ClassVar[tuple[str, ...]] = ("sdGenerationJob", "generate")
    function: ClassVar[str] = "generate"
    lead: ClassVar[str] = "prompt"
    vocabulary: ClassVar[Vocabulary] = GENERATION
    rules: ClassVar[tuple[Rule, ...]] = RULES

    prompt: str
    negative_prompt: str | None = None
    modelId: str | None = None
    sd_version: str | None = None
    num_images: int | None = None
    width: int | None = None
    height: int | None = None
    seed: int | None = None
    guidance_scale: int | float | None = None
    num_inference_steps: int | None = None
    scheduler: str | None = None
    presetStyle: str | None = None
    styleUUID: str | None = None
    alchemy: bool | None = None
    ultra: bool | None = None
    contrast: int | float | None = None
    contrastRatio: int | float | None = None
    highResolution: bool | None = None
    expandedDomain: bool | None = None
    highContrast: bool | None = None
    photoReal: bool | None = None
    photoRealVersion: str | None = None
    photoRealStrength: int | float | None = None
    promptMagic: bool | None = None
    promptMagicVersion: str | None = None
    promptMagicStrength: int | float | None = None
    enhancePrompt: bool | None = None
    enhancePromptInstruction: str | None = None
    init_image_id: str | None = None
    init_generation_image_id: str | None = None
    init_strength: int | float | None = None
    imagePrompts: tuple[str, ...] | None = None
    imagePromptWeight: int | float | None = None
    controlnets: tuple[ControlNet, ...] | None = None
    elements: tuple[Element, ...] | None = None
    userElements: tuple[UserElement, ...] | None = None
    transparency: str | None = None
    tiling: bool | None = None
    fantasyAvatar: bool | None = None
    unzoom: bool | None = None
    unzoomAmount: int | float | None = None
    upscaleRatio: int | float | None = None
    canvasRequest: bool | None = None
    canvasRequestType: str | None = None
    canvasInitId: str | None = None
    canvasMaskId: str | None = None
    controlNet: bool | None = None
    controlNetType: str | None = None
    weighting: int | float | None = None
    public: bool | None = None
    webhookCallbackUrl: str | None = None

    @classmethod
    def of(cls, prompt: object = None, *, check: bool = True, **parameters: object) -> Self:
        """
        Return the request that a person means, with every default filled in.

        Args:
            prompt: What to draw, at most 1,500 characters.
            check: False sends what our rules and ranges would refuse, in case the service has
                changed; wrong types and unknown names are refused all the same.
            **parameters: Named as the service does or in snake_case; models and styles may be
                given by name, and an item of `controlnets` may have `guidance`, a name, in place
                of `preprocessorId`. None is the same as left out. A missing seed is drawn here.

        Raises:
            UnknownParameter: A name that the service does not have.
            InvalidRequest: A value that it does not take.
            ConflictingParameters: Values that do not go together.
        """
        return super().of(prompt, check=check, **parameters)

    def replaced(self, *, check: bool = True, **changes: object) -> Self:
        """
        Return this request with *changes*; what followed from the old values follows anew.

        Raises:
            ConflictingParameters: Another size than that of the canvas, which stays as it is.
        """
        changed = super().replaced(check=check, **changes)
        is_same_canvas = self.canvasInitId is not None and self.canvasInitId == changed.canvasInitId
        if (
            check
            and is_same_canvas
            and (self.width, self.height) != (changed.width, changed.height)
        ):
            raise ConflictingParameters(
                f"The canvas is {self.width} x {self.height} pixels and stays so; leo.inpaint() "
                "begins with another. check=False sends it anyway.",
                members=("width", "height", "canvasInitId"),
                rule="canvas-size",
            )
        return changed

    @classmethod
    def _read(cls, given: Mapping[str, object], *, check: bool) -> Self:
        model_id = given.get("modelId")
        named = model_id if isinstance(model_id, str) else ""
        model, newer = find_model(named), find_v2_model(named)
        # Kontext has sizes of its own, some of them wider than the others' limit
        sides = {side for size in model.sizes for side in size} if model else set()
        read_: dict[str, object] = {}
        for name, value in given.items():
            if (value is None and name != "prompt") or name == "controlnets":
                continue
            is_own_side = name in {"width", "height"} and isinstance(value, int) and value in sides
            if newer is not None and check and _takes_more(newer, model, name, value):
                read_[name] = _read_newer(newer, name, value)
            else:
                read_[name] = cls.vocabulary.check(name, value, check=check and not is_own_side)
        if (guides := given.get("controlnets")) is not None:
            named_guides = _with_preprocessors(guides, resolve(read_))
            read_["controlnets"] = cls.vocabulary.check("controlnets", named_guides, check=check)
        return cls._ruled(read_, check=check)

    @classmethod
    def _ruled(cls, read: Mapping[str, object], *, check: bool) -> Self:
        newer = find_v2_model(str(read.get("modelId") or ""))
        if newer is None or newer.v1_id is not None:
            body = super()._ruled(read, check=check)
            model = find_model(body.modelId or "")
            is_more = (
                max(body.width or 0, body.height or 0) > LIMITS["width"].high
                or len(body.prompt) > MAX_PROMPT_CHARACTERS
            )
            if check and is_more and model is not None and model.home == "v2":
                translated(body)  # only the v2 API takes that much, so it has to go there
            return body
        # our rules speak of the v1 API; what this model takes is in its own row
        body = cls.model_validate_json(json.dumps(cls._resolved(cls._drawn(read))))
        if check:
            translated(body)
        return body

    @classmethod
    def _drawn(cls, read: Mapping[str, object]) -> dict[str, object]:
        newer = find_v2_model(str(read.get("modelId") or ""))
        if "seed" in read or (newer and newer.v1_id is None and "seed" not in newer.takes):
            return dict(read)
        # 2**31 - 11 is the smallest of the models' limits, so a drawn seed goes with any model
        return dict(read) | {"seed": random.SystemRandom().randint(0, SEED_MAX_FLUX)}

    @classmethod
    def _resolved(cls, given: Mapping[str, object]) -> dict[str, object]:
        return resolve(given)

    def notable(self) -> dict[str, object]:
        """
        Return what a caption shows: what differs from the defaults, and always the seed.

        Models and styles are by name. The prompt is left out, and so is the webhook address, which
        may hold a secret.
        """
        few = super().notable()
        few.pop("webhookCallbackUrl", None)
        if model := find_model(str(few.get("modelId", ""))):
            few["modelId"] = model.name
        if name := style_name(str(few.get("styleUUID", ""))):
            few["styleUUID"] = name
        return few

    def frame(self, source: tuple[int, int] | None = None) -> tuple[int, int, int]:
        """Return width and height in pixels and the number of the pictures."""
        usual = super().frame(source)
        return self.width or usual[0], self.height or usual[1], self.num_images or 1

    def pricing(self) -> dict[str, object] | None:
        """Return the body that asks the calculator, or None for what v2 makes: it knows none."""
        if lives_in_v2(self):
            return None
        return {
            "service": "IMAGE_GENERATION",
            "serviceParams": {"IMAGE_GENERATION": pricing_params(self.wire())},
        }

    def estimated_credits(self) -> int:
        """Return our own estimate of the price in credits, from the legacy table."""
        return credits(self.wire())

    def expected_seconds(self) -> float:
        """Return a first guess of how long the job takes, before any was measured."""
        return expected_seconds(self.wire())

    def advice(self) -> tuple[str, ...]:
        """Say for which members the request does not go to its model's home, the v2 API."""
        if not (members := kept_out(self)):
            return ()
        model = find_model(self.modelId or "")
        name = model.name if model is not None else self.modelId
        sentence = (
            f"{name} is asked of the v1 API, because v2 has no word for {', '.join(members)}; "
            "pictures and prices of the two may differ."
        )
        return (sentence,)

    def code(self) -> str:
        """
        Return a line of Python that makes the same request again.

        >>> CreateGeneration.of("a fox", seed=42, presetStyle="cinematic").code()
        'leo.generate("a fox", seed=42, presetStyle="CINEMATIC")'
        """
        return super().code()


def _takes_more(newer: V2Model, model: Model | None, name: str, value: object) -> bool:
    """Whether the v2 API's limits are the ones that count for *value*."""
    if newer.v1_id is None:
        return True
    if model is None or model.home != "v2" or name not in {"width", "height", "prompt"}:
        return False
    if isinstance(value, str):
        return len(value) > MAX_PROMPT_CHARACTERS
    return isinstance(value, int) and value > LIMITS["width"].high


def _read_newer(newer: V2Model, name: str, value: object) -> object:
    """Return *value* as a model of the v2 API takes it; some of its limits are wider."""
    member = GENERATION.members[name]
    limits = {"width": newer.width, "height": newer.height}.get(name, member.limits)
    if name in {"width", "height"} and limits is None:
        return GENERATION.check(name, value, check=False)
    longest = newer.prompt_max if name == "prompt" else member.max_characters
    own = Member(
        name,
        member.kind,
        member.help,
        choices=member.choices,
        limits=limits,
        items=member.items,
        required=member.required,
        max_characters=longest,
    )
    return read(own, name, value, check=True)


def _with_preprocessors(guides: object, members: Mapping[str, object]) -> object:
    """Return *guides* with the number in place of each guidance's name; others as they are."""
    if isinstance(guides, Mapping) or hasattr(guides, "model_dump"):
        guides = [guides]
    if not isinstance(guides, (list, tuple)):
        return guides
    return [_with_preprocessor(each, members) for each in guides]


def _with_preprocessor(guide: object, members: Mapping[str, object]) -> object:
    if not isinstance(guide, Mapping):
        return guide
    numbered = dict(guide)
    if isinstance(name := numbered.pop("guidance", None), str):
        model = members.get("modelId")
        known = model if isinstance(model, str) else family_of(members)
        numbered["preprocessorId"] = find_guidance(name, known or "a model that we do not know")
    number = numbered.get("preprocessorId")
    guidance = guidance_of_preprocessor(number) if isinstance(number, int) else None
    if guidance is not None and name is not None:
        _check_strength(guidance, numbered)
    return numbered


def _check_strength(guidance: Guidance, guide: Mapping[str, object]) -> None:
    strength = guide.get("strengthType") or guide.get("strength_type")
    if strength is None or guidance.strengths:
        return
    raise InvalidRequest(
        f"{guidance.title} takes a weight, a number, and no strengthType.",
        member="controlnets",
        value=strength,
    )
