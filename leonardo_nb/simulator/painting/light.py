"""The light of a picture: what the sky, the far distance and the near ground look like when."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from leonardo_nb.simulator.painting.colour import Colour, hexa, mix, turned

if TYPE_CHECKING:
    import numpy as np

    from leonardo_nb.simulator.painting.brief import Brief

__all__ = ["Light", "choose_light"]


@dataclass(frozen=True, slots=True)
class Light:
    """
    One light.

    Attributes:
        sky: Four colours from the zenith to the horizon.
        sun: The colour of what shines, and of what it touches.
        haze: What distance turns into.
        near: The darkest, nearest shade.
        ambient: Factors for the colours of things under this light.
        night: Whether lamps are lit and stars are out.
        height: How high the sun or moon stands, 0 at the horizon to 1 at the top.
    """

    sky: tuple[Colour, Colour, Colour, Colour]
    sun: Colour
    haze: Colour
    near: Colour
    ambient: tuple[float, float, float]
    night: bool = False
    height: float = 0.2


def _light(
    sky: str,
    sun: str,
    haze: str,
    near: str,
    ambient: tuple[float, float, float],
    *,
    night: bool = False,
    height: float = 0.2,
) -> Light:
    top, high, low, horizon = (hexa(text) for text in sky.split())
    return Light(
        (top, high, low, horizon), hexa(sun), hexa(haze), hexa(near), ambient, night, height
    )


LIGHTS: dict[str, tuple[Light, ...]] = {
    "dawn": (
        _light("5a7fb0 a9adcb f3c9b4 ffe6bd", "fff0c8", "e6c5bf", "2c3b55", (1.0, 0.93, 0.9)),
        _light("3d6f8c 8eb8bf f0d6b2 ffecc6", "fff4d6", "cfcdc0", "21414d", (1.0, 0.97, 0.9)),
        _light("6c5f98 c58fa8 f8bd9e ffe3ac", "fff0c0", "e3b0ae", "332f55", (1.0, 0.89, 0.9)),
    ),
    "noon": (
        _light("2c7cc0 67b0de b5dfee e6f5f0", "fffbe6", "b5d8e6", "22503f", (1.0, 1.0, 0.98),
               height=0.62),
        _light("2f8fb3 78c3d0 c2e6df f4f4dc", "fff8dd", "bfdcd3", "1f5148", (1.0, 1.0, 0.95),
               height=0.55),
        _light("4a86c8 8fbde6 cfe2ee f7efe0", "fff6e0", "c6d6e4", "2c4a5c", (1.0, 0.99, 0.97),
               height=0.5),
    ),
    "sunset": (
        _light("2c2a60 8b4079 f0735b ffc870", "ffe6a0", "d9826f", "1f1838", (1.04, 0.9, 0.84),
               height=0.1),
        _light("1f4166 8f6a86 f4935c ffdb8e", "ffedb4", "d99a78", "1a2438", (1.05, 0.92, 0.82),
               height=0.12),
        _light("43356f c0597d ff9a6b ffd78f", "fff0bd", "e09a86", "2a1c3a", (1.04, 0.9, 0.86),
               height=0.14),
    ),
    "night": (
        _light("0a1130 16275a 2f4d8a 6d8dbb", "f6f2dc", "33507f", "060b1b", (0.5, 0.58, 0.84),
               night=True, height=0.66),
        _light("06171f 0d3743 1d5f69 69a79f", "f2f4dc", "2a666c", "041015", (0.48, 0.66, 0.74),
               night=True, height=0.6),
        _light("140f33 2c2363 57479b a08cc4", "fbf0dd", "51488c", "0b0820", (0.58, 0.54, 0.84),
               night=True, height=0.7),
    ),
    "storm": (
        _light("262e3a 46535f 7b8890 c0c6bb", "e6e6d2", "818d93", "161d25", (0.8, 0.84, 0.88),
               height=0.5),
        _light("22303a 3d5a63 789093 c9ccb2", "ecebcb", "7f9596", "12201f", (0.8, 0.87, 0.86),
               height=0.45),
    ),
}  # fmt: skip


def choose_light(brief: Brief, rng: np.random.Generator) -> Light:
    """Return the light for *brief*; where the prompt says no time, its words decide."""
    time = brief.time
    if not time:
        open_times = ("noon", "dawn", "noon", "sunset", "noon", "dawn", "noon")
        time = open_times[(brief.mood >> 8) % len(open_times)]
    choices = LIGHTS[time]
    light = choices[int(rng.integers(len(choices)))]
    if brief.weather in {"rain", "fog"} and not light.night:
        grey = LIGHTS["storm"][0]
        share = 0.5 if brief.weather == "rain" else 0.35
        sky = tuple(mix(one, other, share) for one, other in zip(light.sky, grey.sky, strict=True))
        light = replace(
            light,
            sky=(sky[0], sky[1], sky[2], sky[3]),
            haze=mix(light.haze, grey.haze, share),
            ambient=(
                light.ambient[0] * 0.9,
                light.ambient[1] * 0.93,
                light.ambient[2] * 0.97,
            ),
        )
    drift = float(rng.normal(0.0, 5.0))
    top, high, low, horizon = (turned(one, drift) for one in light.sky)
    if brief.tint is not None:
        top, high, low, horizon = (
            mix(one, mix(brief.tint, one, 0.2 + 0.2 * step), 0.6 - 0.08 * step)
            for step, one in enumerate((top, high, low, horizon))
        )
        light = replace(
            light,
            haze=mix(light.haze, brief.tint, 0.5),
            near=mix(light.near, brief.tint, 0.2),
            sun=mix(light.sun, brief.tint, 0.15),
        )
    return replace(light, sky=(top, high, low, horizon), haze=turned(light.haze, drift))
