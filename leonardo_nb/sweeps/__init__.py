"""Many jobs as one grid: the space of requests, its plan, and the run that fills it."""

from __future__ import annotations

from leonardo_nb.sweeps.estimate import Estimate
from leonardo_nb.sweeps.plan import (
    Plan,
    plan,
    sweep,
    sweep_guidance,
    sweep_seeds,
    sweep_styles,
)
from leonardo_nb.sweeps.run import Run
from leonardo_nb.sweeps.space import Axis, Cell, linspace

__all__ = [
    "Axis",
    "Cell",
    "Estimate",
    "Plan",
    "Run",
    "linspace",
    "plan",
    "sweep",
    "sweep_guidance",
    "sweep_seeds",
    "sweep_styles",
]
