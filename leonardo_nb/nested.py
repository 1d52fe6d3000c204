"""
Lets people's own `asyncio.run()` work inside a notebook, where a loop is running already.

Never done by itself: patching asyncio changes the whole process, so it is asked for.
"""

from __future__ import annotations

import asyncio
import logging

__all__ = ["allow_nested_loops"]

log = logging.getLogger("leonardo_nb")


def allow_nested_loops() -> str:
    """
    Allow `asyncio.run()` and `loop.run_until_complete()` inside a cell, for code of your own.

    leonardo_nb itself does not need it: `await job` and `job.result()` work without. It patches
    asyncio for the whole process and cannot be undone but by a restart. Buttons sleep while a
    nested loop waits, as they do under `job.result()`; they answer while a cell awaits.

    `nest_asyncio2` is preferred, because `nest_asyncio` loses clicks and leaks kernel tasks on
    ipykernel 7, which brings the former along.

    Returns:
        The name of the package that did it.

    Raises:
        RuntimeError: Called where no loop runs, so that there is nothing to nest in.
    """
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        raise RuntimeError(
            "allow_nested_loops() is for a notebook, where a loop is running already; in a script "
            "asyncio.run() works as it is."
        ) from None
    try:
        import nest_asyncio2 as nesting
    except ImportError:
        import nest_asyncio as nesting

        log.warning("nest_asyncio loses clicks on ipykernel 7; install nest_asyncio2.")
    nesting.apply()
    return str(nesting.__name__)
