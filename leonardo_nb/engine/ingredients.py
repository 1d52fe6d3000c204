"""
What goes into a picture besides words: a first image, image prompts, elements by their names.

Pure: what a person gives becomes the service's own members here. Whoever calls says which elements
there are, for only the service knows.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final, Protocol, TypeGuard

from leonardo_nb.engine.origins import reference_of
from leonardo_nb.errors import InvalidRequest
from leonardo_nb.service.assets import PlatformElement, UserElementRow, find_element
from leonardo_nb.service.catalog import find_v2_model
from leonardo_nb.service.reading import is_uuid, nearest_of
from leonardo_nb.service.values import ALIASES

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

__all__ = ["Lists", "ingredients_of", "needs_names", "with_elements", "with_images"]

FIRST_IMAGE: Final = frozenset({"init_image", "initImage"})
INIT: Final = {"UPLOADED": "init_image_id", "GENERATED": "init_generation_image_id"}
BY_NAME: Final = {"elements": "akUUID", "userElements": "userLoraId"}
"""Members whose items may be said by name, and what their ids are called."""


class Lists(Protocol):
    """Who knows the elements that there are."""

    def platform(self) -> Sequence[PlatformElement]:
        """Return the service's elements."""

    def own(self) -> Sequence[UserElementRow]:
        """Return the account's own elements."""


def ingredients_of(
    parameters: Mapping[str, object], lists: Callable[[], Lists], *, check: bool = True
) -> dict[str, object]:
    """
    Return *parameters* with the service's ids in place of images and of elements' names.

    Args:
        parameters: Of a request for pictures, or of a sweep.
        lists: Returns who knows the elements; called only where one is said by name.
        check: Whether a weight outside an element's own bounds is refused.

    Raises:
        InvalidRequest: Something is no image, or there is no such element; names the nearest.
    """
    given = with_images(parameters)
    names = needs_names(given)
    elements = lists().platform() if "elements" in names else ()
    own = lists().own() if "userElements" in names else ()
    return with_elements(given, elements, own, check=check)


def with_images(parameters: Mapping[str, object]) -> dict[str, object]:
    """
    Return *parameters* with the service's ids in place of images.

    `init_image` becomes `init_image_id` or `init_generation_image_id`, by where it is from; each
    image among `imagePrompts` becomes its id. Lists stay lists, for a sweep's axes.

    Raises:
        InvalidRequest: Something is no image, a first image is given twice, or an image prompt is
            an upload and the model one that takes none.
    """
    made: dict[str, object] = {}
    for spelling, value in parameters.items():
        if spelling in FIRST_IMAGE:
            if value is not None:
                made |= _first(value, parameters)
        elif ALIASES.get(spelling) == "imagePrompts" and value is not None:
            made["imagePrompts"] = _prompts(value, _taking_no_upload(parameters))
        else:
            made[spelling] = value
    return made


def _taking_no_upload(parameters: Mapping[str, object]) -> str | None:
    """
    Return the name of a model among *parameters* that takes image prompts by the v2 API.

    It has no member for them; they go as references, which say where an image is from, and an id
    among `imagePrompts` does not: it is taken for a generated image's.
    """
    for spelling, value in parameters.items():
        if ALIASES.get(spelling) == "modelId":
            for each in value if isinstance(value, (list, tuple)) else [value]:
                model = find_v2_model(each) if isinstance(each, str) else None
                if model is not None and "image_reference" in model.guidances:
                    return model.name
    return None


def _prompts(value: object, model: str | None) -> list[object]:
    if _is_axis(value):
        return [_prompts(each, model) for each in value]
    many = value if isinstance(value, (list, tuple)) else [value]
    return [_prompt(each, f"imagePrompts[{at}]", model) for at, each in enumerate(many)]


def _prompt(image: object, member: str, model: str | None) -> str:
    if isinstance(image, str):
        return image
    identifier, kind = reference_of(image, member=member)
    if kind == "UPLOADED" and model is not None:
        raise InvalidRequest(
            f"{member} is an upload, and {model} takes none among imagePrompts: its id would be "
            "looked for among generated images. controlnets=[leo.guidance.image_reference(upload)] "
            "is how that model takes it. Nothing was sent.",
            member="imagePrompts",
            value=image,
        )
    return identifier


def _is_axis(value: object) -> TypeGuard[Sequence[object]]:
    """Whether *value* is several lists, which for a list is what a sweep varies."""
    return (
        isinstance(value, (list, tuple))
        and len(value) > 0
        and all(isinstance(each, (list, tuple)) for each in value)
    )


def _first(image: object, parameters: Mapping[str, object]) -> dict[str, object]:
    given = [each for each in INIT.values() if parameters.get(each) is not None]
    if given:
        raise InvalidRequest(
            f"The first image is given twice, as init_image and as {given[0]}; leave one out.",
            member="init_image",
            value=image,
        )
    if not isinstance(image, (list, tuple)):
        identifier, kind = _reference(image)
        return {INIT[kind]: identifier}
    found = [_reference(each) for each in image]
    kinds = {kind for _, kind in found}
    if len(kinds) != 1:
        raise InvalidRequest(
            "init_image has uploads and generated images, or nothing at all; the service takes "
            "them by different members, so one list has to be of one kind.",
            member="init_image",
            value=image,
        )
    return {INIT[kinds.pop()]: [identifier for identifier, _ in found]}


def _reference(image: object) -> tuple[str, str]:
    if isinstance(image, str):
        raise InvalidRequest(
            "Of an id alone nobody can tell whether it is an upload's or a generated image's; give "
            "the Image or the Upload itself, or use init_image_id (an upload's) or "
            "init_generation_image_id.",
            member="init_image",
            value=image,
        )
    return reference_of(image, member="init_image")


def needs_names(parameters: Mapping[str, object]) -> frozenset[str]:
    """Return which of `elements` and `userElements` have items that are said by name."""
    found = set()
    for spelling, value in parameters.items():
        member = ALIASES.get(spelling, spelling)
        if member in BY_NAME:
            lists = value if _is_axis(value) else [value]
            items = [each for one in lists for each in _items(member, one)]
            if any(isinstance(each.get("name"), str) for each in items):
                found.add(member)
    return frozenset(found)


def with_elements(
    parameters: Mapping[str, object],
    elements: Sequence[PlatformElement] = (),
    own: Sequence[UserElementRow] = (),
    *,
    check: bool = True,
) -> dict[str, object]:
    """
    Return *parameters* with ids in place of the names of elements.

    `elements` and `userElements` may be names, a mapping of names to weights, items with `name`
    and `weight`, rows of the list of elements, or the service's own items.

    Args:
        parameters: Parameters of a request for pictures.
        elements: The service's elements; needed where one of them is said by name.
        own: The account's own; needed where one of them is said by name.
        check: Whether a weight outside an element's own bounds is refused.

    Raises:
        InvalidRequest: There is no such element (the nearest is named), one has neither id nor
            name, or its weight is outside its bounds.
    """
    made: dict[str, object] = {}
    for spelling, value in parameters.items():
        member = ALIASES.get(spelling, spelling)
        if member not in BY_NAME or value is None:
            made[spelling] = value
            continue

        def found(one: object, member: str = member) -> list[dict[str, object]]:
            items = _items(member, one)
            if member == "elements":
                return [_platform(each, elements, check=check) for each in items]
            return [_own(each, own) for each in items]

        made[member] = list(map(found, value)) if _is_axis(value) else found(value)
    return made


def _items(member: str, value: object) -> list[dict[str, object]]:
    """Return what a person gives as one mapping for each element, some of them with a name."""
    if value is None:
        return []
    identifier = BY_NAME[member]
    if isinstance(value, Mapping) and not {identifier, "name", "weight"} & value.keys():
        return [_named(member, name) | {"weight": weight} for name, weight in value.items()]
    many = value if isinstance(value, (list, tuple)) else [value]
    return [_item(member, each, f"{member}[{at}]") for at, each in enumerate(many)]


def _item(member: str, each: object, place: str) -> dict[str, object]:
    if hasattr(each, "model_dump"):
        each = each.model_dump(exclude_none=True)
    if isinstance(each, (PlatformElement, UserElementRow)):
        return {BY_NAME[member]: each.id}
    if isinstance(each, (str, int)) and not isinstance(each, bool):
        return _named(member, each)
    if not isinstance(each, Mapping):
        raise InvalidRequest(
            f'{place} must be an element\'s name, or {{"name": ..., "weight": ...}}, not a '
            f"{type(each).__name__}.",
            member=member,
            value=each,
        )
    item = {str(key): inner for key, inner in each.items()}
    identifier = BY_NAME[member]
    if not {identifier, "ak_uuid", "user_lora_id", "name"} & item.keys():
        which = "elements()" if member == "elements" else "elements(own=True)"
        raise InvalidRequest(
            f"{place} lacks {identifier}, or the name of an element; leo.{which} lists them.",
            member=member,
            value=each,
        )
    return item


def _named(member: str, name: object) -> dict[str, object]:
    is_id = is_uuid(name) if member == "elements" else isinstance(name, int)
    return {BY_NAME[member] if is_id else "name": name}


def _platform(
    item: dict[str, object], elements: Sequence[PlatformElement], *, check: bool
) -> dict[str, object]:
    name = item.pop("name", None)
    if isinstance(name, str) and "akUUID" not in item:
        element = find_element(name, elements)
        item = {"akUUID": element.id, **item}
        weight = item.get("weight")
        if weight is None and element.weight is not None:
            item["weight"] = element.weight
        if check and isinstance(weight, (int, float)):
            _check_weight(element, weight)
    return item


def _check_weight(element: PlatformElement, weight: float) -> None:
    low, high = element.weight_min, element.weight_max
    if low is None or high is None or low <= weight <= high:
        return
    nearest = min(max(weight, low), high)
    raise InvalidRequest(
        f'The weight of "{element.name}" is from {low:g} to {high:g}; the nearest to {weight:g} is '
        f"{nearest:g}.",
        member="elements",
        value=weight,
        nearest=nearest,
    )


def _own(item: dict[str, object], own: Sequence[UserElementRow]) -> dict[str, object]:
    name = item.pop("name", None)
    if not isinstance(name, str) or "userLoraId" in item:
        return item
    wanted = name.strip().casefold()
    for each in own:
        if wanted == each.name.casefold():
            return {"userLoraId": each.id, **item}
    nearest = nearest_of(name, [each.name for each in own if each.name], cutoff=0.4)
    hint = f'the nearest is "{nearest}"' if nearest else "this account has none of that name"
    raise InvalidRequest(
        f'There is no element of your own called "{name[:60]}"; {hint}.',
        member="userElements",
        value=name,
        nearest=nearest,
    )
