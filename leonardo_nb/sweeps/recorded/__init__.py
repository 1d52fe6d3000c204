"""A replay file, read from strangers, and the studio without a service in which it is played."""

from __future__ import annotations

__all__: list[str] = []
