"""Rows of plain values as a table of pandas, which need not be installed."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd

__all__ = ["frame_of"]


def frame_of(rows: Sequence[Mapping[str, object]], function: str) -> pd.DataFrame:
    """
    Return *rows* as a pandas table.

    Raises:
        ImportError: pandas is not installed; names *function*.
    """
    try:
        import pandas as pd
    except ImportError as error:
        raise ImportError(f'{function} needs pandas: pip install "leonardo_nb[pandas]".') from error
    return pd.DataFrame(list(rows))
