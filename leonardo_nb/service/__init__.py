"""The Leonardo.AI REST API as it is on the wire: what is sent, what is read, and how."""

from __future__ import annotations

__all__: list[str] = []
