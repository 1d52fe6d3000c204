"""
What a sweep can be asked besides its jobs: measuring, judging, marking, handing on.

Apart from `run`, which is about jobs; each method opens its room when it is called.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from leonardo_nb.sweeps.ranking import Ranking
    from leonardo_nb.sweeps.run import Run
    from leonardo_nb.widgets.judge import Judge

__all__ = ["SweepMethods"]


class SweepMethods:
    """The part of `Run` that looks at its pictures and hands them on."""

    # ---- marks and views

    # ---- measuring

    # ---- judging

    def rank(self: Run, *, by: str | None = None) -> Ranking:  # type: ignore[misc]
        """
        Return which pictures people prefer, out of the votes that `judge` and files have given.

        Pictures that are finished take part, also while the run still fills.

        Args:
            by: Whose votes count; everybody's without it.
        """
        from leonardo_nb.sweeps.ranking import Ranking

        return Ranking(self, by=by)

    def judge(self: Run, *, by: str = "") -> Judge:  # type: ignore[misc]
        """
        Ask in the notebook which of two pictures is better, again and again; the cell shows it.

        The pairs are those from which most is learned of what is best. Votes are kept in the
        library as they are given, under the sweep's name.

        Args:
            by: Who judges, to tell people's votes apart.

        Raises:
            InvalidRequest: The run has ended with fewer than two pictures.
        """
        from leonardo_nb.widgets.judge import Judge

        return Judge(self, by=by)

    # ---- handing on
