"""Words inside picture files: found and put there without touching a pixel."""

from __future__ import annotations

__all__: list[str] = []
