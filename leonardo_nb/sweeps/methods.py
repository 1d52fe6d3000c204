"""
What a sweep can be asked besides its jobs: measuring, judging, marking, handing on.

Apart from `run`, which is about jobs; each method opens its room when it is called.
"""

from __future__ import annotations

__all__ = ["SweepMethods"]


class SweepMethods:
    """The part of `Run` that looks at its pictures and hands them on."""

    # ---- marks and views

    # ---- measuring

    # ---- judging

    # ---- handing on
