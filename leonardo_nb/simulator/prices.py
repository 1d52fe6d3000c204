"""
The pricing calculator: what each of its services costs, in credits.

Image generation has its table in `service.catalog`; the others are the fixed prices of the API
reference, §15, and where that has none an assumption that says so.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from leonardo_nb.simulator import images, refusals
from leonardo_nb.simulator.refusals import Refusal
from leonardo_nb.simulator.shapes import (
    boolean,
    enum,
    floating,
    integer,
    read_members,
    string,
)
from leonardo_nb.simulator.variations import universal_price
from leonardo_nb.simulator.videos import video_price

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from leonardo_nb.simulator.shapes import Shape

__all__ = ["SERVICES", "price"]

SERVICES = (
    "IMAGE_GENERATION",
    "FANTASY_AVATAR_GENERATION",
    "MOTION_SVD_GENERATION",
    "MOTION_VIDEO_GENERATION",
    "VEO3_MOTION_VIDEO_GENERATION",
    "LCM_GENERATION",
    "MODEL_TRAINING",
    "TEXTURE_GENERATION",
    "UNIVERSAL_UPSCALER",
    "UNIVERSAL_UPSCALER_ULTRA",
)
_ARGUMENTS = "$.selectionSet.calculateProductionApiServiceCost.args"
_service = enum("ProductionApiServices", SERVICES)

_MEMBERS: Mapping[str, tuple[Mapping[str, Shape], tuple[str, ...]]] = {
    "FANTASY_AVATAR_GENERATION": (
        {"imageHeight": integer, "imageWidth": integer, "numImages": integer},
        ("imageHeight", "imageWidth", "numImages"),
    ),
    "MOTION_SVD_GENERATION": ({}, ()),
    "MOTION_VIDEO_GENERATION": (
        {"resolution": enum("motion_resolution", ("RESOLUTION_480", "RESOLUTION_720"))},
        ("resolution",),
    ),
    "VEO3_MOTION_VIDEO_GENERATION": (
        {"resolution": enum("motion_resolution", ("RESOLUTION_720",))},
        ("resolution",),
    ),
    "LCM_GENERATION": (
        {"height": integer, "width": integer, "instantRefine": boolean, "refine": boolean},
        (),
    ),
    "MODEL_TRAINING": (
        {"resolution": integer, "sd_version": string, "datasetImageCount": integer},
        ("resolution",),
    ),
    "TEXTURE_GENERATION": ({"preview": boolean}, ("preview",)),
    "UNIVERSAL_UPSCALER": ({"megapixel": integer}, ("megapixel",)),
    "UNIVERSAL_UPSCALER_ULTRA": (
        {"inputWidth": integer, "inputHeight": integer, "upscaleMultiplier": floating},
        ("inputWidth", "inputHeight", "upscaleMultiplier"),
    ),
}


def price(body: Mapping[str, object]) -> int:
    """Return the credits that the calculator names for a request to it, or raise `Refusal`."""
    for name in body:
        if name not in ("service", "serviceParams"):
            raise refusals.unexpected_variable(name)
    service, params = body.get("service"), body.get("serviceParams")
    if service is None:
        raise refusals.missing_value("service")
    service = str(_service(service, "$.selectionSet.calculateProductionApiServiceCost.service"))
    chosen = params.get(service) if isinstance(params, dict) else None
    if not isinstance(chosen, dict):
        raise refusals.missing_value(f"serviceParams.{service}")
    if service == images.IMAGE.name:
        return images.price(chosen)
    shapes, required = _MEMBERS[service]
    for name in chosen:
        if name not in shapes:
            raise refusals.unexpected_variable(name)
    for name in required:
        if chosen.get(name) is None:
            raise refusals.missing_value(name)
    read = read_members(chosen, shapes, f"{_ARGUMENTS}.serviceParams.{service}")
    return _PRICES[service](read)


def _avatar(read: Mapping[str, object]) -> int:
    # priced like a plain picture: no table has it
    return images.price(
        {
            "imageHeight": read["imageHeight"],
            "imageWidth": read["imageWidth"],
            "numImages": read["numImages"],
            "inferenceSteps": 15,
            "alchemyMode": False,
        }
    )


def _lcm(read: Mapping[str, object]) -> int:
    for name in ("width", "height"):
        if read.get(name, 512) not in (512, 640, 1024):
            raise Refusal(f"Invalid {name}, must be one of 512, 640, 1024.")
    if read.get("refine") is True or read.get("instantRefine") is True:
        return 8
    return 4 if 1024 in (read.get("width"), read.get("height")) else 1


def _training(read: Mapping[str, object]) -> int:
    known = {512: 750, 768: 1500, 1024: 1500}
    resolution = read["resolution"]
    if resolution not in known:
        raise Refusal("Invalid resolution, must be one of 512, 768, 1024.")
    count = read.get("datasetImageCount", 1)
    if not isinstance(count, int) or not 1 <= count <= 50:
        raise Refusal("Invalid datasetImageCount, must be between 1 and 50.")
    if read.get("sd_version") == "FLUX_DEV":
        return 1500 + 50 * count
    return known[int(str(resolution))]


def _universal(read: Mapping[str, object]) -> int:
    megapixel = int(str(read["megapixel"]))
    if not 1 <= megapixel <= 20:
        raise Refusal("Invalid megapixel, must be between 1 and 20.")
    return universal_price(megapixel)


def _ultra(read: Mapping[str, object]) -> int:
    factor = float(str(read["upscaleMultiplier"]))
    if not 1 <= factor <= 2:
        raise Refusal("Invalid upscaleMultiplier, must be between 1.00 and 2.00.")
    pixels = int(str(read["inputWidth"])) * int(str(read["inputHeight"]))
    if pixels < 1:
        raise Refusal("invalid dimensions")
    return universal_price(pixels * factor**2 / 1e6)


_PRICES: Mapping[str, Callable[[Mapping[str, object]], int]] = {
    "FANTASY_AVATAR_GENERATION": _avatar,
    "MOTION_SVD_GENERATION": lambda _: 45,
    "MOTION_VIDEO_GENERATION": lambda read: video_price("MOTION2", str(read["resolution"])),
    "VEO3_MOTION_VIDEO_GENERATION": lambda _: video_price("VEO3_1", "RESOLUTION_720", 8),
    "LCM_GENERATION": _lcm,
    "MODEL_TRAINING": _training,
    "TEXTURE_GENERATION": lambda read: 30 if read["preview"] is True else 150,
    "UNIVERSAL_UPSCALER": _universal,
    "UNIVERSAL_UPSCALER_ULTRA": _ultra,
}
