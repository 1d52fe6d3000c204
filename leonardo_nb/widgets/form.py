"""
What the panel's form holds, as plain values: its fields, what each may show, what is wrong.

It is its own file so that every decision of the form is tested without Jupyter. It repeats nothing
of the request: kinds, limits and words come from `MEMBERS`, values that nobody chose from
`resolve`, sentences from the request's own check.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal

from leonardo_nb.errors import (
    ConflictingParameters,
    InvalidRequest,
    LeonardoError,
    UnknownParameter,
)
from leonardo_nb.service.catalog import (
    MODELS,
    PRESET_STYLES,
    SEED_MAX_FLUX,
    STYLES,
    family_of,
    find_model,
    find_style,
    preset_styles_for,
    style_name,
)
from leonardo_nb.service.defaults import minimal, resolve
from leonardo_nb.service.requests import CreateGeneration
from leonardo_nb.service.rules import broken_rules
from leonardo_nb.service.values import MEMBERS, Member, check_value, parameter_name

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = [
    "CARRIED",
    "FIELDS",
    "SIZES",
    "Choice",
    "Control",
    "Field",
    "Problem",
    "carried",
    "changed",
    "chosen_of",
    "drawn_seed",
    "field_of",
    "folded_words",
    "menu",
    "problems",
    "reason",
    "request_of",
    "shown",
    "size_of",
    "sizes",
    "started",
    "style_member",
    "values_of",
]

Control = Literal["prose", "menu", "slider", "number", "toggle", "size"]
Choice = tuple[str, object]
"""What a menu says, and the value behind it; None leaves the parameter to the service."""

SIZES: Final = (
    ("Landscape", 1024, 768),
    ("Portrait", 768, 1024),
    ("Square", 1024, 1024),
    ("Wide", 1368, 768),
    ("Tall", 768, 1368),
    ("Small", 512, 512),
)

# What a form cannot ask for well: it needs ids of other pictures, a list, or an account of its own.
CARRIED: Final = frozenset(
    {
        "sd_version",
        "photoRealStrength",
        "contrastRatio",
        "highContrast",
        "promptMagicVersion",
        "promptMagicStrength",
        "enhancePromptInstruction",
        "init_image_id",
        "init_generation_image_id",
        "init_strength",
        "imagePrompts",
        "imagePromptWeight",
        "controlnets",
        "elements",
        "userElements",
        "fantasyAvatar",
        "unzoom",
        "unzoomAmount",
        "upscaleRatio",
        "canvasRequest",
        "canvasRequestType",
        "canvasInitId",
        "canvasMaskId",
        "controlNet",
        "controlNetType",
        "weighting",
        "webhookCallbackUrl",
    }
)
"""Members without a field: given as starting values they are checked, sent and named below."""


@dataclass(frozen=True, slots=True)
class Field:
    """
    One thing to fill in.

    Attributes:
        name: The member it sets; "style" and "size" set whichever members apply.
        control: How it is asked for.
        label: What a person calls it.
        help: The member's own name, and its sentence.
        folded: True where it waits under "More".
        members: All members that it may set.
        low: The least that a slider gives.
        high: The most.
        step: From one value of a slider to the next.
        whole: True where only whole numbers go.
    """

    name: str
    control: Control
    label: str
    help: str
    folded: bool
    members: tuple[str, ...]
    low: float = 0
    high: float = 0
    step: float = 1
    whole: bool = False


def _control(member: Member) -> Control:
    if member.choices:
        return "menu"
    match member.kind:
        case "flag":
            return "toggle"
        case "model" | "style":
            return "menu"
        case "whole" | "number" if member.limits and member.limits.high <= 100:
            return "slider"
        case "whole" | "number":
            return "number"
    return "prose"


def _field(name: str, label: str, *, folded: bool = False) -> Field:
    member = MEMBERS[name]
    limits = member.limits
    whole = member.kind == "whole"
    return Field(
        name,
        _control(member),
        label,
        f"{name}: {member.help}",
        folded,
        (name,),
        limits.low if limits else 0,
        limits.high if limits else 0,
        (limits.step if limits else 1) if whole else 0.1,
        whole,
    )


FIELDS: Final[tuple[Field, ...]] = (
    _field("prompt", "Prompt"),
    _field("negative_prompt", "Negative prompt"),
    _field("modelId", "Model"),
    Field(
        "style",
        "menu",
        "Style",
        "presetStyle, or styleUUID on Phoenix, Flux and Lucid: the look of the picture.",
        folded=False,
        members=("presetStyle", "styleUUID"),
    ),
    Field(
        "size",
        "size",
        "Size",
        "width and height, in pixels; multiples of 8.",
        folded=False,
        members=("width", "height"),
    ),
    _field("num_images", "Pictures"),
    _field("guidance_scale", "Guidance"),
    _field("num_inference_steps", "Steps"),
    _field("seed", "Seed"),
    _field("alchemy", "Alchemy", folded=True),
    _field("photoReal", "PhotoReal", folded=True),
    _field("ultra", "Ultra", folded=True),
    _field("tiling", "Tiling", folded=True),
    _field("promptMagic", "Prompt Magic", folded=True),
    _field("enhancePrompt", "Enhance prompt", folded=True),
    _field("highResolution", "High resolution", folded=True),
    _field("expandedDomain", "Expanded domain", folded=True),
    _field("public", "Public", folded=True),
    _field("photoRealVersion", "PhotoReal version", folded=True),
    _field("contrast", "Contrast", folded=True),
    _field("transparency", "Background", folded=True),
    _field("scheduler", "Scheduler", folded=True),
)
"""The form from top to bottom; those under "More" last."""

_FIELD_OF: Final = {member: field for field in FIELDS for member in field.members}
_FIELD: Final = {field.name: field for field in FIELDS}
_ALWAYS: Final = frozenset({"prompt", "seed"})


def field_of(member: str) -> Field | None:
    """
    Return the field that sets *member*, or None where the form has none.

    >>> field_of("styleUUID").label, field_of("controlnets")
    ('Style', None)
    """
    return _FIELD_OF.get(member) or _FIELD.get(member)


# ---- what was chosen ----------------------------------------------------------------------------


def drawn_seed() -> int:
    """Return a seed that goes with any model."""
    return random.SystemRandom().randint(0, SEED_MAX_FLUX)


def started(prompt: object, parameters: Mapping[str, object]) -> tuple[dict[str, object], bool]:
    """
    Return what `leo.panel(prompt, **parameters)` has chosen, and whether it chose a seed.

    Raises:
        UnknownParameter: A name that the service does not have; the nearest is named.
        InvalidRequest: A value that it does not take.
        ConflictingParameters: Values that do not go together.
    """
    given: dict[str, Any] = {}
    for spelling, value in parameters.items():
        name = parameter_name(spelling, function="panel")
        if name in given or name == "prompt":
            raise UnknownParameter(
                f'{name} is given twice, once as "{spelling}".', member=spelling, nearest=name
            )
        given[name] = value
    is_empty = prompt is None or prompt == ""
    try:
        # an empty prompt is what a form is for; everything else is checked as it would be sent
        request = CreateGeneration.of("-" if is_empty else prompt, **given)
    except ConflictingParameters as error:
        broken = broken_rules(resolve({name: check_value(name, v) for name, v in given.items()}))
        raise ConflictingParameters(
            " ".join(rule.sentence for rule in broken), members=error.members, rule=error.rule
        ) from None
    chosen = chosen_of(request)
    if is_empty:
        chosen["prompt"] = ""
    return chosen, given.get("seed") is not None


def chosen_of(request: CreateGeneration) -> dict[str, object]:
    """Return what somebody who filled in the form would have chosen to make *request*."""
    return minimal(request.wire())


def shown(chosen: Mapping[str, object]) -> dict[str, object]:
    """Return what each field shows: what was chosen, else what follows from it."""
    members = resolve({name: value for name, value in chosen.items() if value is not None})
    values: dict[str, object] = {
        field.name: members.get(field.name)
        for field in FIELDS
        if field.name not in {"style", "size"}
    }
    values["style"] = members.get(style_member(chosen))
    values["size"] = size_of(chosen)
    for field in FIELDS:
        if field.control == "toggle":
            values[field.name] = values[field.name] is True
        elif field.control == "prose":
            values[field.name] = values[field.name] or ""
    return values


def size_of(chosen: Mapping[str, object]) -> tuple[object, object]:
    """Return the width and height that go with what was chosen."""
    members = resolve(chosen)
    return members["width"], members["height"]


def changed(chosen: Mapping[str, object], name: str, value: object) -> dict[str, object]:
    """
    Return what is chosen once a person has set the field *name* to *value*.

    What equals the default is not kept as a choice, so that it follows when the model changes. A
    style goes along to a model that names it otherwise, and is dropped where there is none.
    """
    after = dict(chosen)
    if name == "size":
        width, height = value if isinstance(value, tuple) else (None, None)
        return _set(_set(after, "width", width), "height", height)
    if name == "style":
        for member in ("presetStyle", "styleUUID"):
            after.pop(member, None)
        return _set(after, style_member(after), value)
    if name in {"modelId", "photoReal", "photoRealVersion"}:
        return _restyled(_set(after, name, value))
    return _set(after, name, value)


def _set(chosen: dict[str, object], name: str, value: object) -> dict[str, object]:
    after = {each: old for each, old in chosen.items() if each != name}
    if name in _ALWAYS:
        return after | {name: value}
    implied = resolve(after).get(name)
    is_default = value == implied or (implied is None and value in (False, ""))
    return after if value is None or is_default else after | {name: value}


def style_member(chosen: Mapping[str, object]) -> str:
    """Return the member that sets the style for the chosen model."""
    members = resolve(chosen)
    model = find_model(str(members.get("modelId", "")))
    if model is not None:
        return model.styled_by
    # a style id that was given for a model of one's own stays one
    return "styleUUID" if "styleUUID" in chosen else "presetStyle"


def _restyled(chosen: dict[str, object]) -> dict[str, object]:
    wanted = style_member(chosen)
    other = "presetStyle" if wanted == "styleUUID" else "styleUUID"
    if other not in chosen:
        return chosen
    old = str(chosen[other])
    after = {name: value for name, value in chosen.items() if name != other}
    names = {_style_label(str(choice)): choice for _, choice in _styles(after) if choice}
    counterpart = names.get(_style_label(old))
    return after if counterpart is None else _set(after, wanted, counterpart)


# ---- menus --------------------------------------------------------------------------------------


def _style_label(style: str) -> str:
    uuid = find_style(style)
    known = style_name(uuid) if uuid else None
    return known or (style if "-" in style else style.replace("_", " ").capitalize())


def _styles(chosen: Mapping[str, object]) -> tuple[Choice, ...]:
    members = resolve(chosen)
    wanted = style_member(chosen)
    without = {k: v for k, v in chosen.items() if k not in {"presetStyle", "styleUUID"}}
    # where a default is filled in, leaving the style out is not a choice that can be made
    none: tuple[Choice, ...] = () if resolve(without).get(wanted) else (("Not set", None),)
    if wanted == "styleUUID":
        model = find_model(str(members.get("modelId", "")))
        names = (model.styles if model else ()) or tuple(STYLES)
        return none + tuple((name, STYLES[name]) for name in names)
    if family_of(members) is None and members.get("photoReal") is not True:
        presets = PRESET_STYLES  # nobody publishes what a model of one's own takes
    else:
        presets = preset_styles_for(
            alchemy=members.get("alchemy") is True,
            photo_real=members.get("photoReal") is True,
            version=str(members.get("photoRealVersion") or "v1"),
        )
    return none + tuple((_style_label(style), style) for style in presets)


def _models(chosen: Mapping[str, object]) -> tuple[Choice, ...]:
    own: tuple[Choice, ...] = ()
    if resolve(chosen).get("modelId") is None:
        own = (("Chosen by PhotoReal" if chosen.get("photoReal") else "Not set", None),)
    return own + tuple((model.name, model.id) for model in MODELS)


def _plain_menu(name: str) -> tuple[Choice, ...]:
    if name == "transparency":
        return (("Drawn", None), ("Transparent", "foreground_only"))
    unset: tuple[Choice, ...] = () if name == "scheduler" else (("Not set", None),)
    choices = MEMBERS[name].choices
    return unset + tuple((c if isinstance(c, str) else f"{c:g}", c) for c in choices)


def menu(name: str, chosen: Mapping[str, object]) -> tuple[Choice, ...]:
    """
    Return what the menu of field *name* offers now.

    A value that the mode does not take stays in its menu, marked, so that nothing that was chosen
    disappears without a word.
    """
    match name:
        case "modelId":
            choices = _models(chosen)
        case "style":
            choices = _styles(chosen)
        case "size":
            choices = sizes(chosen)
        case _:
            choices = _plain_menu(name)
    value = shown(chosen).get(name)
    if any(value == each for _, each in choices):
        return choices
    match name:
        case "size":
            return (*choices, ("Own size", value))
        case "style":
            other = f"{_style_label(str(value))} (not in this mode)"
        case _:
            other = "Not set" if value is None else str(value)
    return ((other, value), *choices)


def sizes(chosen: Mapping[str, object]) -> tuple[Choice, ...]:
    """Return the sizes to choose from: the model's own where it has some, else a few good ones."""
    model = find_model(str(resolve(chosen).get("modelId", "")))
    if model is not None and model.sizes:
        return tuple((f"{wide} × {high}", (wide, high)) for wide, high in model.sizes)  # noqa: RUF001  typographic
    return tuple((name, (wide, high)) for name, wide, high in SIZES)


# ---- what is wrong ------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Problem:
    """
    Something that keeps the form from being sent.

    Attributes:
        members: The parameters that it speaks of; the first is the one to change.
        sentence: The rule's or the check's own.
    """

    members: tuple[str, ...]
    sentence: str

    @property
    def fields(self) -> tuple[Field, ...]:
        """The fields to look at, each once."""
        found = (field_of(member) for member in self.members)
        return tuple(dict.fromkeys(field for field in found if field is not None))


def request_of(chosen: Mapping[str, object]) -> CreateGeneration:
    """
    Return the request that the form makes now.

    Raises:
        InvalidRequest: Something is wrong; `problems` says what.
    """
    given: dict[str, Any] = {name: value for name, value in chosen.items() if name != "prompt"}
    return CreateGeneration.of(chosen.get("prompt", ""), **given)


def problems(chosen: Mapping[str, object]) -> tuple[Problem, ...]:
    """Return everything that is wrong now, each with the sentence that refusing it would say."""
    try:
        request_of(chosen)
    except ConflictingParameters:
        return _conflicts(chosen)
    except LeonardoError:
        found = tuple(filter(None, (_of_value(chosen, name) for name in chosen)))
        return found + _conflicts({k: v for k, v in chosen.items() if not _of_value(chosen, k)})
    return ()


def _of_value(chosen: Mapping[str, object], name: str) -> Problem | None:
    """Return what is wrong with one value alone; its model stays, for some have own sizes."""
    beside = {"modelId": chosen["modelId"]} if chosen.get("modelId") else {}
    alone = {"prompt": "-", "seed": 0, **beside, name: chosen[name]}
    try:
        request_of(alone)
    except ConflictingParameters:
        return None
    except InvalidRequest as error:
        is_own = error.member == name
        return Problem((name,), str(error)) if is_own else None
    return None


def _conflicts(chosen: Mapping[str, object]) -> tuple[Problem, ...]:
    broken = broken_rules(resolve(chosen))
    return tuple(Problem(rule.members, rule.sentence) for rule in broken)


def reason(found: tuple[Problem, ...]) -> str:
    """
    Return, in a few words beside the button, why it sleeps; "" where nothing is wrong.

    >>> reason((Problem(("presetStyle", "alchemy"), "..."),))
    'Change Style or Alchemy first.'
    """
    if not found:
        return ""
    first = found[0]
    if first.members == ("prompt",):
        return "Write a prompt first." if "is empty" in first.sentence else "Change Prompt first."
    *others, last = [field.label for field in first.fields] or [""]
    if not last:
        return first.sentence
    return f"Change {', '.join(others)} or {last} first." if others else f"Change {last} first."


# ---- what it says to the outside ----------------------------------------------------------------


def values_of(chosen: Mapping[str, object]) -> dict[str, object]:
    """Return the form as `leo.generate(**values)` takes it: only what differs, names for ids."""
    try:
        request = request_of(chosen)
    except LeonardoError:
        return dict(chosen)
    values = {"prompt": request.prompt, **request.notable()}
    if request.webhookCallbackUrl is not None:
        values["webhookCallbackUrl"] = request.webhookCallbackUrl
    return values


def carried(chosen: Mapping[str, object]) -> tuple[str, ...]:
    """Return the members that are sent along although the form has no field for them."""
    return tuple(name for name in MEMBERS if name in CARRIED and chosen.get(name) is not None)


def folded_words(chosen: Mapping[str, object]) -> str:
    """
    Return what the folded part says when closed: what in it was chosen.

    >>> folded_words({"alchemy": False, "tiling": True, "contrast": 4})
    'More: alchemy off, tiling, contrast 4'
    """
    words = []
    for field in FIELDS:
        value = chosen.get(field.name)
        if not field.folded or value is None:
            continue
        if field.control == "toggle":
            words.append(_inside(field.label) + ("" if value else " off"))
        elif field.name == "transparency":
            words.append("transparent")
        else:
            said = f"{value:g}" if isinstance(value, float) else str(value)
            words.append(f"{_inside(field.label)} {said.replace('_', ' ').lower()}")
    return f"More: {', '.join(words)}" if words else "More"


def _inside(label: str) -> str:
    """Return *label* as it stands inside a line: small letters, but for names like PhotoReal."""
    return " ".join(
        word if word[1:] != word[1:].lower() else word.lower() for word in label.split()
    )
