"""
The bodies that we send; a member that the service does not have cannot get into one.

A misspelt parameter must not reach a paid endpoint, so bodies are closed, and `of` is the one door
for what a person typed: it knows every spelling, names the nearest valid value, and fills in what
was left out, so that every picture can be made again.
"""

# ruff: noqa: N815  members are named as on the wire

from __future__ import annotations

import hashlib
import json
import random
from collections.abc import Mapping
from typing import Final, Self

from pydantic import BaseModel, ConfigDict

from leonardo_nb.errors import ConflictingParameters, InvalidRequest, UnknownParameter
from leonardo_nb.service.catalog import SEED_MAX_FLUX, find_model, pricing_params, style_name
from leonardo_nb.service.defaults import minimal, resolve
from leonardo_nb.service.rules import broken_rules
from leonardo_nb.service.values import MEMBERS, PARAMETERS, check_value, parameter_name

__all__ = [
    "PARAMETERS",
    "ControlNet",
    "CreateGeneration",
    "Element",
    "UserElement",
    "check_value",
    "parameter_name",
]

_KEY_VERSION: Final = 1  # counts changes of what the same request means
_NOT_IN_KEY: Final = frozenset({"webhookCallbackUrl", "public"})  # neither changes the picture


class _Body(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False, strict=True)


class ControlNet(_Body):
    """An image that guides the picture."""

    initImageId: str
    initImageType: str
    preprocessorId: int
    weight: int | float | None = None
    strengthType: str | None = None
    influence: int | float | None = None


class Element(_Body):
    """One of the service's elements, and how strongly it acts."""

    akUUID: str
    weight: int | float = 1


class UserElement(_Body):
    """An element that the account trained, and how strongly it acts."""

    userLoraId: int
    weight: int | float | None = None


class CreateGeneration(_Body):
    """
    Ask for pictures: the body of `POST /generations`.

    Make one with `CreateGeneration.of`, which reads what a person types. The members are the
    service's own; `leonardo_nb.service.values.MEMBERS` says what each takes.
    """

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

    def __repr__(self) -> str:
        return f"<CreateGeneration {self.code()}>"

    __str__ = __repr__

    @classmethod
    def of(cls, prompt: object, *, check: bool = True, **parameters: object) -> Self:
        """
        Return the request that a person means, with every default filled in.

        Args:
            prompt: What to draw, at most 1,500 characters.
            check: False sends what our rules and ranges would refuse, in case the service has
                changed; wrong types and unknown names are refused all the same.
            **parameters: Named as the service does or in snake_case; models and styles may be
                given by name. None is the same as left out. A missing seed is drawn here.

        Raises:
            UnknownParameter: A name that the service does not have.
            InvalidRequest: A value that it does not take.
            ConflictingParameters: Values that do not go together.
        """
        given: dict[str, object] = {"prompt": prompt}
        spelt: dict[str, str] = {}
        for spelling, value in parameters.items():
            name = parameter_name(spelling)
            if name in spelt or name == "prompt":
                raise UnknownParameter(
                    f'{name} is given twice, as "{spelt.get(name, name)}" and as "{spelling}".',
                    member=spelling,
                    nearest=name,
                )
            spelt[name] = spelling
            given[name] = value
        return cls._read(given, check=check)

    @classmethod
    def from_wire(cls, body: Mapping[str, object]) -> Self:
        """Return the request whose `wire()` was *body*; nothing is filled in or refused anew."""
        return cls.model_validate_json(json.dumps(body))

    @classmethod
    def _read(cls, given: Mapping[str, object], *, check: bool) -> Self:
        model_id = given.get("modelId")
        model = find_model(model_id) if isinstance(model_id, str) else None
        # Kontext has sizes of its own, some of them wider than the others' limit
        sides = {side for size in model.sizes for side in size} if model else set()
        read: dict[str, object] = {}
        for name, value in given.items():
            if value is None and name != "prompt":
                continue
            is_own_side = name in {"width", "height"} and isinstance(value, int) and value in sides
            read[name] = check_value(name, value, check=check and not is_own_side)
        # 2**31 - 11 is the smallest of the models' limits, so a drawn seed goes with any model
        read.setdefault("seed", random.SystemRandom().randint(0, SEED_MAX_FLUX))
        members = resolve(read)
        if check and (broken := broken_rules(members)):
            sentences = " ".join(rule.sentence for rule in broken)
            raise ConflictingParameters(
                f"{sentences} check=False sends it anyway.",
                members=broken[0].members,
                rule=broken[0].name,
            )
        return cls.model_validate_json(json.dumps(members))

    def replaced(self, *, check: bool = True, **changes: object) -> Self:
        """
        Return this request with *changes*; what followed from the old values follows anew.

        Args:
            check: As in `of`.
            **changes: As in `of`; None goes back to the default, and for the seed draws another.
        """
        given = minimal(self.wire())
        for spelling, value in changes.items():
            given[parameter_name(spelling, function="again")] = value
        if given.get("prompt") is None:
            raise InvalidRequest("prompt must be text, not None.", member="prompt", value=None)
        return self._read(given, check=check)

    def wire(self) -> dict[str, object]:
        """Return exactly what is posted, in the order of `MEMBERS`; nothing in it is None."""
        body = self.model_dump(mode="json", exclude_none=True)
        return {name: body[name] for name in MEMBERS if name in body}

    def notable(self) -> dict[str, object]:
        """
        Return what a caption shows: what differs from the defaults, and always the seed.

        Models and styles are by name. The prompt is left out, and so is the webhook address, which
        may hold a secret.
        """
        few = minimal(self.wire())
        few.pop("prompt")
        few.pop("webhookCallbackUrl", None)
        if model := find_model(str(few.get("modelId", ""))):
            few["modelId"] = model.name
        if name := style_name(str(few.get("styleUUID", ""))):
            few["styleUUID"] = name
        seed = {"seed": few.pop("seed")} if "seed" in few else {}
        return seed | few

    def content_key(self) -> str:
        """
        Return the sha256 of everything that decides the picture, as 64 hexadecimal digits.

        Requests that draw the same have the same key, however they were typed; who may see the
        picture and who is called when it is done are not in it.
        """
        body = {name: value for name, value in self.wire().items() if name not in _NOT_IN_KEY}
        canonical = json.dumps(
            {"version": _KEY_VERSION, "request": _steady(body)},
            sort_keys=True,
            separators=(",", ":"),
        )
        return hashlib.sha256(canonical.encode()).hexdigest()

    def pricing(self) -> dict[str, object]:
        """Return the body that asks the service's calculator for this request's price."""
        return {
            "service": "IMAGE_GENERATION",
            "serviceParams": {"IMAGE_GENERATION": pricing_params(self.wire())},
        }

    def code(self) -> str:
        """
        Return a line of Python that makes the same request again.

        >>> CreateGeneration.of("a fox", seed=42, presetStyle="cinematic").code()
        'leo.generate("a fox", seed=42, presetStyle="CINEMATIC")'
        """
        arguments = [_literal(self.prompt)]
        arguments += [f"{name}={_literal(value)}" for name, value in self.notable().items()]
        return f"leo.generate({', '.join(arguments)})"


def _steady(value: object) -> object:
    """Return *value* with one spelling for each number: 7, never 7.0."""
    if isinstance(value, dict):
        return {key: _steady(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_steady(each) for each in value]
    return int(value) if isinstance(value, float) and value == int(value) else value


def _literal(value: object) -> str:
    """Return *value* as Python source, texts in double quotes as the rest of the page has them."""
    if isinstance(value, str):
        # JSON's escapes are Python's, for every character that it escapes
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\x7f")
    if isinstance(value, Mapping):
        items = (f"{_literal(key)}: {_literal(each)}" for key, each in value.items())
        return "{" + ", ".join(items) + "}"
    if isinstance(value, (list, tuple)):
        return f"[{', '.join(map(_literal, value))}]"
    return repr(value)
