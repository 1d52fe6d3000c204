"""
Many jobs as one grid: the space of requests, its plan, and the run that fills it.

The package can be called: `leo.sweeps()` lists what the library has, and importing a module of this
room binds the room itself to that name.
"""

from __future__ import annotations

import sys
from types import ModuleType
from typing import TYPE_CHECKING

from leonardo_nb.sweeps.axes import Axis, arange, const, linspace
from leonardo_nb.sweeps.cells import Cell
from leonardo_nb.sweeps.estimate import Estimate
from leonardo_nb.sweeps.functions import (
    plan,
    sweep,
    sweep_guidance,
    sweep_seeds,
    sweep_styles,
)
from leonardo_nb.sweeps.opening import SweepTable, open_sweep
from leonardo_nb.sweeps.opening import sweeps as _listed
from leonardo_nb.sweeps.plan import Plan
from leonardo_nb.sweeps.run import Run
from leonardo_nb.sweeps.space import Space, axes, prompt, zip_

if TYPE_CHECKING:
    from leonardo_nb.studios import Studio

__all__ = [
    "Axis",
    "Cell",
    "Estimate",
    "Plan",
    "Run",
    "Space",
    "SweepTable",
    "arange",
    "axes",
    "const",
    "linspace",
    "open_sweep",
    "plan",
    "prompt",
    "sweep",
    "sweep_guidance",
    "sweep_seeds",
    "sweep_styles",
    "zip_",
]


class _Room(ModuleType):
    """This package, which is also the function that its name promises."""

    def __call__(self, *, studio: Studio | None = None) -> SweepTable:
        return _listed(studio=studio)


_Room.__call__.__doc__ = _listed.__doc__
sys.modules[__name__].__class__ = _Room
