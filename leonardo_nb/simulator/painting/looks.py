# ruff: noqa: E501  a style reads as one row
"""
The thirty-one looks as data: how each preset style composes, colours and finishes a picture.

What a row cannot say in numbers is done by the function of the same name in `finish.py`.
"""

from __future__ import annotations

from dataclasses import dataclass, field

__all__ = ["LOOKS", "STYLE_LOOKS", "Grade", "Look"]


@dataclass(frozen=True, slots=True)
class Grade:
    """
    How colours are changed, as a laboratory would.

    Attributes:
        saturation: Factor; 0 is grey.
        contrast: Factor around the middle.
        gamma: Above 1 darkens, below 1 lightens.
        black: What black becomes, 0 to 1.
        white: What white becomes, 0 to 1.
        shadows: Six digits and a share: the colour that darks lean to.
        lights: Six digits and a share: the colour that lights lean to.
    """

    saturation: float = 1.0
    contrast: float = 1.0
    gamma: float = 1.0
    black: float = 0.0
    white: float = 1.0
    shadows: tuple[str, float] = ("000000", 0.0)
    lights: tuple[str, float] = ("ffffff", 0.0)


@dataclass(frozen=True, slots=True)
class Look:
    """
    One style.

    Attributes:
        size: Factor for the subject's size.
        central: 1 puts the subject in the middle.
        calm: 1 leaves out everything that can be left out.
        lower: Added to the horizon's place; negative shows more ground.
        near: Whether the picture is cut close around the subject.
        outline: Width of ink around shapes, as a share of the subject's height; 0 for none.
        daub: Width of a brush daub in a picture of 512 pixels; 0 for none.
        long: Length of a daub over its width.
        tooth: How much paper or canvas shows.
        grain: Film grain, in levels of 255.
        vignette: How much the corners darken.
        grade: How colours are changed.
    """

    size: float = 1.0
    central: float = 0.0
    calm: float = 0.0
    lower: float = 0.0
    near: bool = False
    outline: float = 0.0
    daub: float = 0.0
    long: float = 2.0
    tooth: float = 0.0
    grain: float = 0.0
    vignette: float = 0.0
    grade: Grade = field(default_factory=Grade)


TEAL_ORANGE = Grade(1.05, 1.18, 1.12, shadows=("06424f", 0.3), lights=("ffb877", 0.22))

LOOKS: dict[str, Look] = {
    "ANIME": Look(outline=0.0075, size=1.08, grade=Grade(1.3, 1.05, 0.88)),
    "BOKEH": Look(size=1.15, central=0.4, grade=Grade(1.08, 1.05, lights=("ffd9a0", 0.12))),
    "CINEMATIC": Look(lower=0.06, grain=1, vignette=0.35, grade=TEAL_ORANGE),
    "CINEMATIC_CLOSEUP": Look(size=1.9, central=0.7, near=True, grain=1, vignette=0.4,
                              grade=TEAL_ORANGE),
    "CREATIVE": Look(daub=5, long=1.6, tooth=0.4, grade=Grade(1.35, 1.08)),
    "DYNAMIC": Look(daub=2.6, tooth=0.28, size=1.05, vignette=0.12, grade=Grade(1.12, 1.07)),
    "ENVIRONMENT": Look(size=0.52, lower=-0.06, daub=2.6, tooth=0.2, grade=Grade(1.0, 0.98, 0.96)),
    "FASHION": Look(size=1.3, central=1.0, calm=1.0, grade=Grade(1.12, 1.15)),
    "FILM": Look(grain=3, vignette=0.2, grade=Grade(0.78, 0.9, 0.98, 0.09, 0.95, ("2a3f4a", 0.2), ("ffdfa8", 0.24))),
    "FOOD": Look(size=1.3, central=0.8, near=False, lower=-0.12, vignette=0.25,
                 grade=Grade(1.18, 1.05, 0.92, shadows=("4a1f10", 0.22), lights=("ffe0a6", 0.3))),
    "GENERAL": Look(daub=3.6, long=1.4, tooth=0.55, grade=Grade(0.96, 0.96, 0.95, 0.02, 0.99)),
    "HDR": Look(grade=Grade(1.42, 0.92, 0.94)),
    "ILLUSTRATION": Look(outline=0.005, tooth=0.5, calm=0.3, grade=Grade(0.98, 1.0, 0.88, lights=("fff1d0", 0.2))),
    "LEONARDO": Look(daub=7, long=2.2, tooth=0.35, vignette=0.3,
                     grade=Grade(0.88, 1.08, 1.08, shadows=("2a1608", 0.3), lights=("f4d08a", 0.3))),
    "LONG_EXPOSURE": Look(grade=Grade(0.92, 1.02, 1.0, lights=("dfeaf6", 0.12))),
    "MACRO": Look(size=2.1, central=0.9, near=True, grade=Grade(1.2, 1.04, 0.94)),
    "MINIMALISTIC": Look(size=0.6, calm=1.0, lower=0.12, grade=Grade(0.95, 0.98, 0.88, 0.03, 1.0)),
    "MONOCHROME": Look(grain=1.2, vignette=0.25, grade=Grade(0.0, 1.3, 1.02, shadows=("101218", 0.2), lights=("f6f4ee", 0.2))),
    "MOODY": Look(lower=0.03, grain=1.2, vignette=0.75,
                  grade=Grade(0.5, 1.1, 1.5, 0.01, 0.86, ("0a1f24", 0.35), ("b8c4b0", 0.2))),
    "NEUTRAL": Look(grain=2, grade=Grade(0.4, 0.9, 0.86, 0.05, 0.98, ("6a5b4a", 0.3), ("efe2cc", 0.5))),
    "NONE": Look(),
    "PHOTOGRAPHY": Look(grain=1.2, vignette=0.22, grade=Grade(0.86, 1.14, 1.0)),
    "PORTRAIT": Look(size=1.85, central=1.0, near=True, vignette=0.3, grade=Grade(0.98, 1.05, 1.0, lights=("ffe2c0", 0.15))),
    "RAYTRACED": Look(size=1.12, central=0.5, grade=Grade(1.1, 1.1)),
    "RENDER_3D": Look(size=1.15, central=0.5, calm=0.35, grade=Grade(1.05, 0.95, 0.86, lights=("ffeef0", 0.12))),
    "RETRO": Look(outline=0.004, calm=0.45, size=1.1),
    "SKETCH_BW": Look(outline=0.007, calm=0.1),
    "SKETCH_COLOR": Look(outline=0.007, calm=0.1, grade=Grade(1.3, 1.0, 0.9)),
    "STOCK_PHOTO": Look(size=1.15, central=0.7, grade=Grade(1.2, 1.12, 0.7, 0.02, 1.0, lights=("f4fbff", 0.12))),
    "VIBRANT": Look(size=1.05, grade=Grade(1.85, 1.14, 0.95)),
    "UNPROCESSED": Look(grade=Grade(0.5, 0.6, 0.78, 0.2, 0.86, ("2f3a35", 0.2), ("c8ccc0", 0.15))),
}  # fmt: skip

# The styles that `styleUUID` names, each by the preset that looks most like it.
STYLE_LOOKS: dict[str, str] = {
    "3D Render": "RENDER_3D", "Acrylic": "LEONARDO", "Anime General": "ANIME", "Bokeh": "BOKEH",
    "Cinematic": "CINEMATIC", "Cinematic Close-Up": "CINEMATIC_CLOSEUP",
    "Cinematic Concept": "CINEMATIC", "Creative": "CREATIVE", "Dynamic": "DYNAMIC",
    "Fashion": "FASHION", "Film": "FILM", "Food": "FOOD", "Game Concept": "ENVIRONMENT",
    "Graphic Design 2D": "ANIME", "Graphic Design 3D": "RENDER_3D",
    "Graphic Design Pop Art": "RETRO", "Graphic Design Vector": "NONE", "HDR": "HDR",
    "Illustration": "ILLUSTRATION", "Long Exposure": "LONG_EXPOSURE", "Macro": "MACRO",
    "Minimalist": "MINIMALISTIC", "Monochrome": "MONOCHROME", "Moody": "MOODY",
    "Neutral": "NEUTRAL", "None": "NONE", "Portrait": "PORTRAIT",
    "Portrait Cinematic": "CINEMATIC_CLOSEUP", "Portrait Fashion": "FASHION",
    "Pro B&W Photography": "MONOCHROME", "Pro Color Photography": "PHOTOGRAPHY",
    "Pro Film Photography": "FILM", "Ray Traced": "RAYTRACED", "Retro": "RETRO",
    "Sketch (B&W)": "SKETCH_BW", "Sketch (Color)": "SKETCH_COLOR", "Stock Photo": "STOCK_PHOTO",
    "Unprocessed": "UNPROCESSED", "Vibrant": "VIBRANT", "Watercolor": "ILLUSTRATION",
}  # fmt: skip
