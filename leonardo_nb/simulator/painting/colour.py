"""Arithmetic on colours, apart from drawing, so that palettes read as data."""

from __future__ import annotations

import colorsys

__all__ = ["Colour", "darker", "hexa", "lighter", "lit", "mix", "saturated", "turned"]

Colour = tuple[int, int, int]


def hexa(text: str) -> Colour:
    """
    Return the colour written as six hexadecimal digits.

    >>> hexa("ff8000")
    (255, 128, 0)
    """
    return (int(text[0:2], 16), int(text[2:4], 16), int(text[4:6], 16))


def _byte(value: float) -> int:
    return max(0, min(255, round(value)))


def mix(one: Colour, other: Colour, share: float) -> Colour:
    """Return *one* with *share* (0 to 1) of *other* in it."""
    return (
        _byte(one[0] + (other[0] - one[0]) * share),
        _byte(one[1] + (other[1] - one[1]) * share),
        _byte(one[2] + (other[2] - one[2]) * share),
    )


def lighter(colour: Colour, share: float) -> Colour:
    """Return *colour* with *share* of warm white in it."""
    return mix(colour, (255, 252, 244), share)


def darker(colour: Colour, share: float) -> Colour:
    """Return *colour* with *share* of a cool dark in it; shadows are never plain black."""
    return mix(colour, (18, 20, 44), share)


def lit(colour: Colour, light: tuple[float, float, float]) -> Colour:
    """Return *colour* under a *light* whose channels are factors around 1."""
    return (
        _byte(colour[0] * light[0]),
        _byte(colour[1] * light[1]),
        _byte(colour[2] * light[2]),
    )


def turned(colour: Colour, degrees: float) -> Colour:
    """Return *colour* with its hue turned by *degrees*."""
    hue, lightness, saturation = colorsys.rgb_to_hls(*(channel / 255 for channel in colour))
    red, green, blue = colorsys.hls_to_rgb((hue + degrees / 360) % 1.0, lightness, saturation)
    return (_byte(red * 255), _byte(green * 255), _byte(blue * 255))


def saturated(colour: Colour, factor: float) -> Colour:
    """Return *colour* with its distance from grey multiplied by *factor*."""
    grey = 0.3 * colour[0] + 0.59 * colour[1] + 0.11 * colour[2]
    return (
        _byte(grey + (colour[0] - grey) * factor),
        _byte(grey + (colour[1] - grey) * factor),
        _byte(grey + (colour[2] - grey) * factor),
    )
