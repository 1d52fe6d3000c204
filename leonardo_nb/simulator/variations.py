"""
Variations: what is made of one image by upscale, unzoom, nobg and the universal upscaler.

The simulator's own reading of the API reference, §6 and §11.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from leonardo_nb.simulator import refusals, retouch
from leonardo_nb.simulator.darkroom import DEVELOPS
from leonardo_nb.simulator.images import date_of, file_size, slug, spread, uploaded
from leonardo_nb.simulator.refusals import Refusal
from leonardo_nb.simulator.shapes import (
    boolean,
    enum,
    floating,
    integer,
    read_members,
    string,
)
from leonardo_nb.simulator.world import COMPLETE, Foreseen, Kind

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from PIL import Image

    from leonardo_nb.simulator.darkroom import Darkroom
    from leonardo_nb.simulator.shapes import Shape
    from leonardo_nb.simulator.world import Known, SimJob, Source, Status

__all__ = ["NOBG", "UNIVERSAL", "UNZOOM", "UPSCALE", "universal_price"]

UPSCALER_STYLES = ("GENERAL", "CINEMATIC", "2D ART & ILLUSTRATION", "CG ART & GAME ASSETS")
ULTRA_STYLES = ("ARTISTIC", "REALISTIC")
MOST_MEGAPIXELS = 20
MOST_UPSCALED = 4096
"""Longest side that the plain upscaler gives; it doubles what is smaller."""

_UNIVERSAL: Mapping[str, Shape] = {
    "generatedImageId": string,
    "initImageId": string,
    "variationId": string,
    "upscalerStyle": enum("universal_upscaler_style", UPSCALER_STYLES),
    "ultraUpscaleStyle": enum("universal_upscaler_ultra_style", ULTRA_STYLES),
    "creativityStrength": integer,
    "upscaleMultiplier": floating,
    "detailContrast": integer,
    "similarity": integer,
    "prompt": string,
}


def universal_price(megapixels: float) -> int:
    """
    Return the credits for an upscaled picture.

    >>> universal_price(3), universal_price(5.2), universal_price(20)
    (60, 80, 360)
    """
    return 60 + 20 * max(0, math.ceil(min(megapixels, MOST_MEGAPIXELS) - 5))


# -- what is read


def _reader(argument: str, shapes: Mapping[str, Shape]) -> _Read:
    def read(body: Mapping[str, object], known: Known) -> dict[str, object]:
        for name in body:
            if name not in shapes:
                raise refusals.unexpected_variable(name)
        if body.get("id") is None:
            raise refusals.missing_value("id")
        members = read_members(body, shapes, f"$.selectionSet.{argument}.args.arg1")
        members["source"] = _source(members, known)
        return {**members, "seed": 0}

    return read


def _source(members: Mapping[str, object], known: Known) -> Source:
    given = members["id"]
    variation = known.variation(given)
    if members.get("isVariation") is True:
        if variation is None:
            raise Refusal("failed to find init variation")
        return variation
    image = known.image(given)
    if image is not None:
        return image
    if variation is not None and "isVariation" in members:
        raise Refusal("failed to find init variation")
    # the id of a generation, of nothing, or of an image that is not done yet
    raise refusals.service_error()


def _read_universal(body: Mapping[str, object], known: Known) -> dict[str, object]:
    for name in body:
        if name not in _UNIVERSAL:
            raise refusals.unexpected_variable(name)
    members = read_members(body, _UNIVERSAL, "$.selectionSet.universalUpscaler.args.arg1")
    ways = [name for name in ("generatedImageId", "initImageId", "variationId") if name in members]
    if len(ways) != 1:
        raise Refusal("Exactly one of generatedImageId, initImageId, variationId is required.")
    ultra = members.get("ultraUpscaleStyle")
    if ultra is not None and members.get("upscalerStyle") is not None:
        raise Refusal("upscalerStyle can not be used with ultraUpscaleStyle.")
    if ultra is None:
        members.setdefault("upscalerStyle", "GENERAL")
        for name in ("detailContrast", "similarity"):
            if name in members:
                raise Refusal(f"{name} can only be used with ultraUpscaleStyle.")
    members.setdefault("creativityStrength", 5)
    members.setdefault("upscaleMultiplier", 1.5)
    for name, low, high in (
        ("creativityStrength", 1, 10),
        ("detailContrast", 1, 10),
        ("similarity", 1, 10),
        ("upscaleMultiplier", 1.0, 2.0),
    ):
        value = members.get(name, low)
        if not isinstance(value, (int, float)) or not low <= value <= high:
            raise Refusal(f"Invalid {name}, must be between {low} and {high}.")
    members["source"] = _universal_source(members, known)
    width, height = _size(members["source"], known)
    multiplier = members["upscaleMultiplier"]
    assert isinstance(multiplier, (int, float))  # noqa: S101  just read
    factor = min(multiplier, math.sqrt(MOST_MEGAPIXELS * 1e6 / (width * height)))
    members["factor"] = round(float(factor), 4)
    members["megapixels"] = width * height * factor**2 / 1e6
    return {**members, "seed": 0}


def _universal_source(members: Mapping[str, object], known: Known) -> Source:
    if "initImageId" in members:
        return uploaded(known, members["initImageId"])
    if "variationId" in members:
        source = known.variation(members["variationId"])
        if source is None:
            raise Refusal("failed to find init variation")
        return source
    source = known.image(members["generatedImageId"])
    if source is None:
        raise refusals.service_error()
    return source


def _size(source: object, known: Known) -> tuple[int, int]:
    """Return the size of a source without drawing it; sizes follow from requests."""
    assert isinstance(source, dict)  # noqa: S101  what the world writes
    if source["kind"] == "UPLOAD":
        return known.world.uploads.size(str(source["digest"]))
    members = source["members"]
    if "source" not in members:
        return file_size(members) if "alchemy" in members else (members["width"], members["height"])
    width, height = _size(members["source"], known)
    factor = _factor(source["kind"], members, width, height)
    return max(1, round(width * factor)), max(1, round(height * factor))


def _factor(kind: object, members: Mapping[str, object], width: int, height: int) -> float:
    if kind == "UPSCALE":
        return max(1.0, min(2.0, MOST_UPSCALED / max(width, height)))
    factor = members.get("factor")
    return factor if isinstance(factor, float) else 1.0


# -- what is made


def _original(members: Mapping[str, object], darkroom: Darkroom) -> Image.Image:
    source = members["source"]
    assert isinstance(source, dict)  # noqa: S101  what was read
    return darkroom.source(source)


def _upscaled(members: Mapping[str, object], _: int, darkroom: Darkroom) -> Image.Image:
    image = _original(members, darkroom)
    return retouch.larger(image, _factor("UPSCALE", members, *image.size))


def _unzoomed(members: Mapping[str, object], _: int, darkroom: Darkroom) -> Image.Image:
    return retouch.wider(_original(members, darkroom))


def _without_background(members: Mapping[str, object], _: int, darkroom: Darkroom) -> Image.Image:
    source = members["source"]
    assert isinstance(source, dict)  # noqa: S101  what was read
    return retouch.cut_out(_original(members, darkroom), darkroom.cover(source))


def _universally(members: Mapping[str, object], _: int, darkroom: Darkroom) -> Image.Image:
    image = _original(members, darkroom)
    factor, creative = members["factor"], members["creativityStrength"]
    assert isinstance(factor, float)  # noqa: S101  what was read
    assert isinstance(creative, int)  # noqa: S101
    contrast = members.get("detailContrast", 5)
    crisp = 0.5 + (contrast if isinstance(contrast, int) else 5) / 10
    similarity = members.get("similarity", 5)
    freedom = (creative + 10 - (similarity if isinstance(similarity, int) else 5)) / 20
    style = members.get("ultraUpscaleStyle") or members["upscalerStyle"]
    big = retouch.larger(image.convert("RGB"), factor, crisp)
    return retouch.restyled(big, str(style), max(0.0, min(1.0, freedom + 0.1)))


# -- what is answered


def _row_of(transform: str) -> _Row:
    def row(
        job: SimJob, status: Status, created_at: datetime, url_of: Callable[[int], str]
    ) -> dict[str, object]:
        return {
            "id": job.id,
            "status": status,
            "transformType": transform,
            "url": url_of(0) if status == COMPLETE else None,
            "createdAt": date_of(created_at),
        }

    return row


def _is_transparent(source: Mapping[str, object]) -> bool:
    members = source.get("members")
    if source["kind"] == "NOBG":
        return True
    if not isinstance(members, dict):
        return False
    inner = members.get("source")
    if source["kind"] == "UPSCALE" and isinstance(inner, dict):
        return _is_transparent(inner)
    return members.get("transparency") == "foreground_only"


def _files_of(name: str) -> Callable[[SimJob], tuple[str, ...]]:
    title = name.lower()

    def files(job: SimJob) -> tuple[str, ...]:
        source = job.members["source"]
        assert isinstance(source, dict)  # noqa: S101  what was read
        # an unzoomed or universally upscaled picture is opaque whatever it is made of
        transparent = name == "NOBG" or (name == "UPSCALE" and _is_transparent(source))
        extension = "png" if transparent else "jpg"
        parent = source.get("of", source["id"])
        return (f"generations/{parent}/variations/{slug(title)}_{job.id}_0.{extension}",)

    return files


def _draw(job: SimJob, number: int, darkroom: Darkroom) -> bytes:
    return darkroom.finished(DEVELOPS[job.kind.name](job.members, number, darkroom))


def _kind(
    name: str,
    wrapper: str,
    *,
    read: _Read,
    credits_of: Callable[[Mapping[str, object]], int],
    seconds: float,
    transform: str,
) -> Kind:
    return Kind(
        name=name,
        wrapper=wrapper,
        read=read,
        credits=credits_of,
        seconds=lambda members: seconds * spread(members),
        outputs=lambda _: 0,
        foresee=lambda _: Foreseen(),
        row=_row_of(transform),
        files=_files_of(name),
        draw=_draw,
        shelf="variations",
        lane="upscaling",
        id_member="id",
        event=("post_processing.completed", "generated_image_variation_generic"),
    )


if TYPE_CHECKING:
    _Read = Callable[[Mapping[str, object], Known], dict[str, object]]
    _Row = Callable[[SimJob, Status, datetime, Callable[[int], str]], dict[str, object]]

UPSCALE = _kind(
    "UPSCALE",
    "sdUpscaleJob",
    read=_reader("sdUpscaleJob", {"id": string}),
    credits_of=lambda _: 15,
    seconds=9.0,
    transform="UPSCALE",
)
UNZOOM = _kind(
    "UNZOOM",
    "sdUnzoomJob",
    read=_reader("sdUnzoomJob", {"id": string, "isVariation": boolean}),
    credits_of=lambda _: 15,
    seconds=11.0,
    transform="UNZOOM",
)
NOBG = _kind(
    "NOBG",
    "sdNobgJob",
    read=_reader("sdNobgJob", {"id": string, "isVariation": boolean}),
    credits_of=lambda _: 5,
    seconds=5.0,
    transform="NOBG",
)
UNIVERSAL = _kind(
    "UNIVERSAL_UPSCALER",
    "universalUpscaler",
    read=_read_universal,
    credits_of=lambda members: universal_price(float(str(members["megapixels"]))),
    seconds=20.0,
    # which value the service reports for these is not known; this is the natural one
    transform="UPSCALE",
)
DEVELOPS.update(
    UPSCALE=_upscaled,
    UNZOOM=_unzoomed,
    NOBG=_without_background,
    UNIVERSAL_UPSCALER=_universally,
)
