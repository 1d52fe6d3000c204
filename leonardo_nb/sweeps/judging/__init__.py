"""Which pictures people prefer: their votes, what follows from them, and what to ask next."""

from __future__ import annotations

__all__: list[str] = []
