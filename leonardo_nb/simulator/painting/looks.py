"""The thirty-one looks: how each preset style composes, colours and finishes a picture."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["LOOKS", "Look"]


@dataclass(frozen=True, slots=True)
class Look:
    """How a style composes."""

    size: float = 1.0
    central: float = 0.0
    calm: float = 0.0
    lower: float = 0.0
    outline: float = 0.0


LOOKS: dict[str, Look] = {"DYNAMIC": Look()}
