"""How the simulator's pictures are made: words to a brief, a brief to layers, layers to a look."""

from __future__ import annotations

__all__: list[str] = []
