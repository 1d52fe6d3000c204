"""Which styles a model takes in a mode, and under which member: the values of an axis."""

from __future__ import annotations

from typing import TYPE_CHECKING

from leonardo_nb.service.catalog import STYLES, find_model, preset_styles_for
from leonardo_nb.service.requests import CreateGeneration

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["styles_for", "styles_of"]


def styles_for(
    modelId: str | None = None,  # noqa: N803  the service's name
    *,
    alchemy: bool | None = None,
    photoReal: bool | None = None,  # noqa: N803
    photoRealVersion: str | None = None,  # noqa: N803
) -> list[str]:
    """
    Return the styles that a model takes in a mode, as values for an axis.

    They are values of `styleUUID`, by name, for the models that are styled by it (Phoenix, Flux and
    Lucid), and of `presetStyle` for the others.

    >>> styles_for(alchemy=False)
    ['LEONARDO', 'NONE']

    Args:
        modelId: An id or a name; the usual model if None.
        alchemy: As in a request; the model's usual mode if None.
        photoReal: As in a request.
        photoRealVersion: As in a request.

    Raises:
        InvalidRequest: There is no such model; names the nearest.
    """
    mode = {
        "modelId": modelId,
        "alchemy": alchemy,
        "photoReal": photoReal,
        "photoRealVersion": photoRealVersion,
    }
    given = {name: value for name, value in mode.items() if value is not None}
    return list(styles_of(CreateGeneration.of("styles", check=False, **given).wire())[1])


def styles_of(base: Mapping[str, object]) -> tuple[str, tuple[str, ...]]:
    """Return which member styles the pictures of *base*, and what it takes."""
    model = find_model(str(base.get("modelId", "")))
    if model is not None and model.styled_by == "styleUUID":
        return "styleUUID", model.styles or tuple(STYLES)
    return "presetStyle", tuple(
        preset_styles_for(
            alchemy=base.get("alchemy") is True,
            photo_real=base.get("photoReal") is True,
            version=str(base.get("photoRealVersion", "v1")),
        )
    )
