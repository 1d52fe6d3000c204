"""
The bodies that we send; a member that the service does not have cannot get into one.

One class for each kind of job, all with the same methods: `of` reads what a person types, `wire`
is what is posted, and the class says where it is posted and where the job is looked for.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final, TypeAlias

from leonardo_nb.service.requests.body import Body, SourceType, own_seed
from leonardo_nb.service.requests.echo import Echo, echo_of, is_echo
from leonardo_nb.service.requests.image import ControlNet, CreateGeneration, Element, UserElement
from leonardo_nb.service.requests.variation import (
    CutOut,
    RemoveBackground,
    UniversalUpscale,
    Unzoom,
    Upscale,
)
from leonardo_nb.service.requests.video import (
    EndFrame,
    ImageToVideo,
    MotionSvd,
    TextToVideo,
    VideoUpscale,
)
from leonardo_nb.service.values import PARAMETERS, check_value, parameter_name

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = [
    "BODIES",
    "PARAMETERS",
    "Body",
    "ControlNet",
    "CreateGeneration",
    "CutOut",
    "Echo",
    "Element",
    "EndFrame",
    "ImageToVideo",
    "MotionSvd",
    "RemoveBackground",
    "SourceType",
    "TextToVideo",
    "UniversalUpscale",
    "Unzoom",
    "Upscale",
    "UserElement",
    "VariationBody",
    "VideoBody",
    "VideoUpscale",
    "body_of",
    "check_value",
    "echo_of",
    "is_echo",
    "own_seed",
    "parameter_name",
]

VideoBody: TypeAlias = TextToVideo | ImageToVideo | MotionSvd | VideoUpscale
VariationBody: TypeAlias = Upscale | Unzoom | RemoveBackground | CutOut | UniversalUpscale

BODIES: Final[Mapping[str, type[Body]]] = MappingProxyType(
    {
        each.endpoint: each
        for each in (
            CreateGeneration,
            TextToVideo,
            ImageToVideo,
            MotionSvd,
            VideoUpscale,
            Upscale,
            Unzoom,
            RemoveBackground,
            CutOut,
            UniversalUpscale,
        )
    }
)
"""Every kind of body by the endpoint that it is posted to."""


def body_of(endpoint: str, wire: Mapping[str, object]) -> Body:
    """
    Return the request whose `wire()` was posted to *endpoint*; nothing is filled in anew.

    Raises:
        KeyError: There is no such endpoint.
    """
    return BODIES[endpoint].from_wire(wire)
