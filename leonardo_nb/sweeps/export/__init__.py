"""A sweep handed on: as one file, a folder, a table, a film, or a replay."""

from __future__ import annotations

__all__: list[str] = []
