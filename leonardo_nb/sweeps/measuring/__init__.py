"""What pictures are as numbers, what their change goes with, and which are alike."""

from __future__ import annotations

__all__: list[str] = []
