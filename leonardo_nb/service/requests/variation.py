"""The bodies that make one image out of another: larger, wider, without its background."""

# ruff: noqa: N815  members are named as on the wire

from __future__ import annotations

import math
from itertools import permutations
from typing import TYPE_CHECKING, Any, ClassVar, Final, Literal, Self, cast

from leonardo_nb.errors import ConflictingParameters, InvalidRequest
from leonardo_nb.service.catalog import (
    FIXED_CREDITS,
    MAX_OUTPUT_MEGAPIXELS,
    MAX_PROMPT_CHARACTERS,
    Range,
)
from leonardo_nb.service.reading import Member, Vocabulary, shown
from leonardo_nb.service.requests.body import Body, SourceType
from leonardo_nb.service.rules import Rule

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["CutOut", "RemoveBackground", "UniversalUpscale", "Unzoom", "Upscale"]

_ID: Final = Member("id", "id", "The image, or the variation where isVariation says so.")
_IS_VARIATION: Final = Member("isVariation", "flag", "Whether the id is a variation's.")
_ELSEWHERE: Final = {
    "image": "id",
    "image_id": "id",
    "imageid": "id",
    "generated_image_id": "id",
    "variation": "isVariation",
    "variation_id": "isVariation",
}


class _Variation(Body):
    """What all variations have in common."""

    kind: ClassVar[Literal["generation", "video", "variation"]] = "variation"
    looked_for: ClassVar[Literal["generation", "variation", "motion-variation"]] = "variation"
    lead: ClassVar[str] = "id"

    title: ClassVar[str]

    @property
    def caption(self) -> str:
        """What is done to the image."""
        return self.title

    @property
    def source_id(self) -> str | None:
        """The id of the image."""
        return str(getattr(self, self.lead))

    @property
    def source_type(self) -> SourceType:
        """Of what sort the image is."""
        return "VARIATION" if getattr(self, "isVariation", False) else "GENERATED"

    def estimated_credits(self) -> int | None:
        """Return the published price, or None where it depends on the image."""
        return FIXED_CREDITS.get(self.endpoint)


class Upscale(_Variation):
    """Ask for a larger image: the body of `POST /variations/upscale`."""

    endpoint: ClassVar[str] = "variations/upscale"
    title: ClassVar[str] = "Upscale"
    wrappers: ClassVar[tuple[str, ...]] = ("sdUpscaleJob", "sdUpscalerjob")
    function: ClassVar[str] = "upscale"
    vocabulary: ClassVar[Vocabulary] = Vocabulary.of(
        "upscale", (Member("id", "id", "The generated image."),), _ELSEWHERE
    )

    id: str


class Unzoom(_Variation):
    """Ask for more around an image: the body of `POST /variations/unzoom`."""

    endpoint: ClassVar[str] = "variations/unzoom"
    title: ClassVar[str] = "Unzoom"
    wrappers: ClassVar[tuple[str, ...]] = ("sdUnzoomJob",)
    function: ClassVar[str] = "unzoom"
    vocabulary: ClassVar[Vocabulary] = Vocabulary.of("unzoom", (_ID, _IS_VARIATION), _ELSEWHERE)

    id: str
    isVariation: bool | None = None

    @classmethod
    def _resolved(cls, given: Mapping[str, object]) -> dict[str, object]:
        return {"isVariation": False} | dict(given)


class RemoveBackground(_Variation):
    """Ask for an image without its background: the body of `POST /variations/nobg`."""

    endpoint: ClassVar[str] = "variations/nobg"
    title: ClassVar[str] = "Remove background"
    wrappers: ClassVar[tuple[str, ...]] = ("sdNobgJob",)
    function: ClassVar[str] = "nobg"
    vocabulary: ClassVar[Vocabulary] = Vocabulary.of("nobg", (_ID, _IS_VARIATION), _ELSEWHERE)

    id: str
    isVariation: bool | None = None

    @classmethod
    def _resolved(cls, given: Mapping[str, object]) -> dict[str, object]:
        return {"isVariation": False} | dict(given)


_TYPES: Final = ("auto", "person", "product", "car", "animal", "graphic", "transportation", "other")


class CutOut(_Variation):
    """
    Ask for an image without its background at once: model `remove-bg` of `/v2/generationssync`.

    It takes uploads as well, and knows more than `RemoveBackground`. The answer, up to half a
    minute later, has the result with it and is billed also where the content filter kept it.
    That a result which was not fetched in time is found at `GET /generations/{id}` is assumed.

    >>> CutOut.of("an-id", image_type="uploaded", bg_color="ffffff").notable()
    {'imageType': 'UPLOADED', 'bg_color': 'ffffff'}
    """

    endpoint: ClassVar[str] = "v2/generationssync"
    looked_for: ClassVar[Literal["generation", "variation", "motion-variation"]] = "generation"
    title: ClassVar[str] = "Remove background"
    wrappers: ClassVar[tuple[str, ...]] = ("generateSync",)
    function: ClassVar[str] = "nobg"
    vocabulary: ClassVar[Vocabulary] = Vocabulary.of(
        "nobg",
        (
            Member("id", "id", "The image."),
            Member(
                "imageType",
                "choice",
                "Where the image is from.",
                ("UPLOADED", "GENERATED", "VARIATION"),
            ),
            Member("type", "choice", "What the image shows.", _TYPES),
            Member(
                "type_level", "choice", "How finely that is told.", ("none", "1", "2", "latest")
            ),
            Member("size", "choice", "How large it becomes.", ("auto", "preview", "full", "50MP")),
            Member("format", "choice", "What file it becomes.", ("png", "jpg", "webp")),
            Member("channels", "choice", "Colours, or the cut alone.", ("rgba", "alpha")),
            Member("bg_color", "text", "What is behind it instead, such as ffffff."),
            Member("crop", "flag", "Whether empty edges are cut away."),
            Member("crop_margin", "text", "How much of them stays, such as 10%."),
            Member("scale", "text", "How much of the frame it fills, such as 80%."),
            Member("position", "text", "Where in the frame it is, such as center."),
            Member("roi", "text", "The part that is looked at: four numbers."),
            Member("shadow_type", "choice", "Its shadow.", ("none", "drop", "3d", "car")),
            Member(
                "shadow_opacity", "whole", "How dark that is.", limits=Range(0, 100, whole=True)
            ),
            Member("semitransparency", "flag", "Whether glass and hair stay half transparent."),
        ),
        {"image": "id", "image_id": "id", "background": "bg_color", "shadow": "shadow_type"},
    )

    id: str
    imageType: str
    type: str | None = None
    type_level: str | None = None
    size: str | None = None
    format: str | None = None
    channels: str | None = None
    bg_color: str | None = None
    crop: bool | None = None
    crop_margin: str | None = None
    scale: str | None = None
    position: str | None = None
    roi: str | None = None
    shadow_type: str | None = None
    shadow_opacity: int | None = None
    semitransparency: bool | None = None

    @classmethod
    def _resolved(cls, given: Mapping[str, object]) -> dict[str, object]:
        return {"imageType": "GENERATED"} | dict(given)

    @property
    def source_type(self) -> SourceType:
        """Of what sort the image is."""
        return cast("SourceType", self.imageType)

    def image(self) -> dict[str, str]:
        """Return the image as the v2 API names one."""
        return {"id": self.id, "type": self.imageType}

    def parameters(self) -> dict[str, Any]:
        """Return the rest, as the v2 API names it."""
        return {
            name: value for name, value in self.wire().items() if name not in {"id", "imageType"}
        }


_SOURCES: Final = ("generatedImageId", "variationId", "initImageId")
_ONE_TO_TEN: Final = Range(1, 10, whole=True)
_STYLES: Final = {
    "upscalerStyle": ("GENERAL", "CINEMATIC", "2D ART & ILLUSTRATION", "CG ART & GAME ASSETS"),
    "ultraUpscaleStyle": ("ARTISTIC", "REALISTIC"),
}


class UniversalUpscale(_Variation):
    """
    Ask for a larger image in a style: the body of `POST /variations/universal-upscaler`.

    The image is one of `generatedImageId`, which may be given without its name, `variationId` and
    `initImageId`.

    >>> UniversalUpscale.of("an-id", upscaler_style="cinematic").notable()
    {'upscalerStyle': 'CINEMATIC'}
    """

    endpoint: ClassVar[str] = "variations/universal-upscaler"
    title: ClassVar[str] = "Universal upscale"
    wrappers: ClassVar[tuple[str, ...]] = ("universalUpscaler",)
    function: ClassVar[str] = "universal_upscale"
    lead: ClassVar[str] = "generatedImageId"
    vocabulary: ClassVar[Vocabulary] = Vocabulary.of(
        "universal_upscale",
        (
            Member("generatedImageId", "id", "The generated image."),
            Member("variationId", "id", "The variation, in place of a generated image."),
            Member("initImageId", "id", "The uploaded image, in place of a generated one."),
            Member("prompt", "text", "What it shows.", max_characters=MAX_PROMPT_CHARACTERS),
            Member(
                "upscalerStyle",
                "choice",
                "The style in which detail is added.",
                _STYLES["upscalerStyle"],
            ),
            Member(
                "ultraUpscaleStyle",
                "choice",
                "The style of the ultra upscaler, in place of upscalerStyle.",
                _STYLES["ultraUpscaleStyle"],
            ),
            Member(
                "creativityStrength",
                "whole",
                "How much may be invented.",
                limits=_ONE_TO_TEN,
            ),
            Member(
                "upscaleMultiplier", "number", "How much larger each side is.", limits=Range(1, 2)
            ),
            Member(
                "detailContrast", "whole", "How much detail stands out; ultra.", limits=_ONE_TO_TEN
            ),
            Member(
                "similarity", "whole", "How near to the image it stays; ultra.", limits=_ONE_TO_TEN
            ),
        ),
        {
            "image": "generatedImageId",
            "image_id": "generatedImageId",
            "id": "generatedImageId",
            "creativity": "creativityStrength",
            "multiplier": "upscaleMultiplier",
            "scale": "upscaleMultiplier",
            "style": "upscalerStyle",
            "ultra_style": "ultraUpscaleStyle",
        },
    )
    rules: ClassVar[tuple[Rule, ...]] = (
        Rule(
            "one-image",
            _SOURCES,
            "Give exactly one of generatedImageId, variationId and initImageId.",
            lambda m: sum(m.get(name) is not None for name in _SOURCES) != 1,
        ),
        Rule(
            "one-style",
            ("upscalerStyle", "ultraUpscaleStyle"),
            "upscalerStyle and ultraUpscaleStyle do not go together; use one of them.",
            lambda m: m.get("upscalerStyle") is not None and m.get("ultraUpscaleStyle") is not None,
        ),
        Rule(
            "ultra-only",
            ("detailContrast", "similarity", "ultraUpscaleStyle"),
            "detailContrast and similarity need ultraUpscaleStyle.",
            lambda m: (
                m.get("ultraUpscaleStyle") is None
                and (m.get("detailContrast") is not None or m.get("similarity") is not None)
            ),
        ),
    )

    generatedImageId: str | None = None
    variationId: str | None = None
    initImageId: str | None = None
    prompt: str | None = None
    upscalerStyle: str | None = None
    ultraUpscaleStyle: str | None = None
    creativityStrength: int | None = None
    upscaleMultiplier: int | float | None = None
    detailContrast: int | None = None
    similarity: int | None = None

    @classmethod
    def _read(cls, given: Mapping[str, object], *, check: bool) -> Self:
        for (name, own), (other, theirs) in permutations(_STYLES.items()):
            style = given.get(name)
            wanted = style.strip().upper() if isinstance(style, str) else ""
            if check and wanted in theirs and wanted not in own:
                raise InvalidRequest(
                    f"{name} {shown(style)} does not exist; it is a value of {other}: "
                    f'{other}="{wanted}".',
                    member=name,
                    value=style,
                )
        return super()._read(given, check=check)

    @classmethod
    def _resolved(cls, given: Mapping[str, object]) -> dict[str, object]:
        members = dict(given)
        if members.get("ultraUpscaleStyle") is None:
            members.setdefault("upscalerStyle", "GENERAL")
        members.setdefault("creativityStrength", 5)
        members.setdefault("upscaleMultiplier", 1.5)
        return members

    @property
    def caption(self) -> str:
        """What is done to the image, and what it shows where that was said."""
        return self.title if self.prompt is None else f"{self.title}: {self.prompt}"

    @property
    def source_id(self) -> str | None:
        """The id of the image, whichever of the three members has it."""
        return self.generatedImageId or self.variationId or self.initImageId

    @property
    def source_type(self) -> SourceType:
        """Of what sort the image is: which of the three members has it."""
        if self.generatedImageId is not None:
            return "GENERATED"
        return "UPLOADED" if self.variationId is None else "VARIATION"

    def output_size(self, size: tuple[int, int]) -> tuple[int, int]:
        """
        Return width and height in pixels of what an image of *size* becomes.

        Raises:
            ConflictingParameters: It would be larger than the service makes.
        """
        times = float(self.upscaleMultiplier or 1.5)
        width, height = (math.floor(side * times) for side in size)
        if width * height > MAX_OUTPUT_MEGAPIXELS * 1_000_000:
            fitting = math.sqrt(MAX_OUTPUT_MEGAPIXELS * 1_000_000 / (size[0] * size[1]))
            hint = (
                f"upscaleMultiplier={math.floor(fitting * 100) / 100:g} fits."
                if fitting >= 1
                else "make the image smaller first."
            )
            raise ConflictingParameters(
                f"{size[0]} x {size[1]} pixels times {times:g} is more than the "
                f"{MAX_OUTPUT_MEGAPIXELS} megapixels that the upscaler makes; {hint}",
                members=("upscaleMultiplier",),
                rule="upscaled-size",
            )
        return width, height

    def check_source(self, size: tuple[int, int]) -> None:
        """
        Say whether an image of *size*, in pixels, can be made that much larger.

        Raises:
            ConflictingParameters: It would be larger than the service makes.
        """
        self.output_size(size)

    def pricing_for(self, size: tuple[int, int]) -> dict[str, object]:
        """Return the body that asks the service's calculator, for an image of *size* in pixels."""
        width, height = self.output_size(size)
        if self.ultraUpscaleStyle is not None:
            service = "UNIVERSAL_UPSCALER_ULTRA"
            params: dict[str, object] = {
                "inputWidth": size[0],
                "inputHeight": size[1],
                "upscaleMultiplier": self.upscaleMultiplier or 1.5,
            }
        else:
            service = "UNIVERSAL_UPSCALER"
            params = {"megapixel": max(1, math.ceil(width * height / 1_000_000))}
        return {"service": service, "serviceParams": {service: params}}
