"""
Where files come from: requests become pictures, and pictures become other pictures and films.

The painter knows words only; here is what a request points at besides: uploads, earlier images.
"""

from __future__ import annotations

import hashlib
import io
import json
from typing import TYPE_CHECKING

from PIL import Image, ImageOps

from leonardo_nb.simulator import painter, retouch

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from leonardo_nb.simulator.gallery import Gallery
    from leonardo_nb.simulator.world import Source

    Develop = Callable[[Mapping[str, object], int, "Darkroom"], Image.Image]

__all__ = ["DEVELOPS", "Darkroom"]

MOST_SIDE = 2048
"""Uploads are looked at no larger than this."""

STYLE_NETS = (67, 166, 299, 298, 431)
CHARACTER_NETS = (133, 397)
STRENGTHS = {"Low": 0.3, "Mid": 0.5, "High": 0.7, "Ultra": 0.85, "Max": 1.0}

DEVELOPS: dict[str, Develop] = {}
"""How the picture of each kind of job is made again, without its mark; kinds add themselves."""


class Darkroom:
    """
    Makes pictures for one simulator.

    Args:
        contents: What was uploaded, by digest.
        gallery: Where pictures in between are kept.
    """

    def __init__(self, contents: Mapping[str, bytes], gallery: Gallery) -> None:
        self._contents = contents
        self._gallery = gallery

    def finished(self, image: Image.Image) -> bytes:
        """Return *image* marked, as a file's bytes: PNG where it is transparent, else JPEG."""
        format_ = "PNG" if image.mode == "RGBA" else "JPEG"
        return painter.encode(painter.marked(image), format_)  # type: ignore[arg-type]

    def source(self, source: Source) -> Image.Image:
        """Return the picture that a source stands for, without its mark."""
        if source["kind"] == "UPLOAD":
            return self._uploaded(str(source["digest"]))
        text = json.dumps(source, sort_keys=True, default=str)
        key = "plain " + hashlib.sha256(text.encode()).hexdigest()

        def make() -> bytes:
            members, number = source["members"], source["number"]
            assert isinstance(members, dict)  # noqa: S101  what the world writes
            assert isinstance(number, int)  # noqa: S101
            image = DEVELOPS[str(source["kind"])](members, number, self)
            return painter.encode(image, "PNG" if image.mode == "RGBA" else "JPEG")

        with Image.open(io.BytesIO(self._gallery.made(key, make))) as image:
            image.load()
            return image

    def cover(self, source: Source) -> Image.Image:
        """Return where the subject of a source's picture is, as "L"."""
        members = source.get("members")
        plain = isinstance(members, dict) and source["kind"] in ("IMAGE_GENERATION", "V2_IMAGE")
        if plain and isinstance(members, dict) and "sources" not in members:
            picture = self.source(source)
            if picture.mode == "RGBA":
                return picture.getchannel("A")
            number = source["number"]
            index = number if isinstance(number, int) else 0
            width, height = picture.size
            cover = painter.layers(members, index=index, width=width, height=height).cover
            if cover.getbbox() is not None:
                return cover
        return retouch.estimated_cover(self.source(source))

    def generated(
        self, members: Mapping[str, object], number: int, size: tuple[int, int]
    ) -> Image.Image:
        """Return one image of a generation, guided by what the request points at."""
        width, height = size
        cutout = members.get("transparency") == "foreground_only"
        sources = members.get("sources")
        image, cover = painter.layers(members, index=number, width=width, height=height)
        if isinstance(sources, dict) and sources:
            image = self._guided(image, cover, members, sources)
        if cutout:
            return retouch.cut_out(image, cover)
        if members.get("tiling") is True:
            return painter.tileable(image)
        return image

    def _guided(
        self,
        image: Image.Image,
        cover: Image.Image,
        members: Mapping[str, object],
        sources: Mapping[str, Source],
    ) -> Image.Image:
        def picture(image_id: object) -> Image.Image:
            return self.source(sources[str(image_id)]).convert("RGB")

        for how, image_id, share in guides_of(members):
            other = picture(image_id)
            if how in ("palette", "both"):
                image = retouch.coloured_after(image, other, share)
            if how in ("composition", "both"):
                image = retouch.composed_after(image, other, share, cover)
        canvas, mask = members.get("canvasInitId"), members.get("canvasMaskId")
        if canvas is not None and mask is not None:
            return retouch.repainted(picture(canvas), image, self.source(sources[str(mask)]))
        if canvas is not None:
            share = _number(members.get("init_strength"), 0.5)
            return retouch.composed_after(image, picture(canvas), share)
        return image

    def _uploaded(self, digest: str) -> Image.Image:
        content = self._contents.get(digest)
        if content is None:
            # dropped for want of room; a picture of nothing is better than none
            return Image.new("RGB", (512, 512), (96, 104, 112))
        with Image.open(io.BytesIO(content)) as opened:
            opened.draft("RGB", (MOST_SIDE, MOST_SIDE))
            opened.thumbnail((MOST_SIDE, MOST_SIDE))
            upright = ImageOps.exif_transpose(opened)
            transparent = upright.mode in ("RGBA", "LA", "PA") or "transparency" in upright.info
            return upright.convert("RGBA" if transparent else "RGB")


def guides_of(members: Mapping[str, object]) -> list[tuple[str, object, float]]:
    """Return what guides an image, in order: how, which picture, and how much (0 to 1)."""
    guides: list[tuple[str, object, float]] = []
    for name in ("init_image_id", "init_generation_image_id"):
        if members.get(name) is not None:
            share = _number(members.get("init_strength"), 0.5)
            guides += [("both", members[name], share)]
    nets = members.get("controlnets")
    for net in nets if isinstance(nets, list) else ():
        number = net["preprocessorId"]
        weight = min(1.0, _number(net.get("weight"), 0.75))
        share = STRENGTHS.get(str(net.get("strengthType")), weight)
        if number in STYLE_NETS:
            guides.append(("palette", net["initImageId"], share))
        elif number in CHARACTER_NETS:
            guides.append(("both", net["initImageId"], share * 0.5))
        else:
            guides.append(("composition", net["initImageId"], share * 0.8))
    prompts = members.get("imagePrompts")
    for image_id in prompts if isinstance(prompts, list) else ():
        guides.append(("palette", image_id, _number(members.get("imagePromptWeight"), 0.5)))
    return guides


def _number(value: object, default: float) -> float:
    return float(value) if isinstance(value, (int, float)) else default
