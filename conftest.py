"""What holds for every test, doctest and notebook: no key, and nobody's own library."""

from __future__ import annotations

import os
import tempfile

import pytest

pytest_plugins = ["leonardo_nb.testing"]

# Before any kernel starts: what is asked for is free, and what is made goes where nobody keeps
# pictures. The folder is removed when the process ends.
_library = tempfile.TemporaryDirectory(prefix="leonardo-nb-", ignore_cleanup_errors=True)
os.environ["LEONARDO_LIBRARY"] = _library.name
os.environ.pop("LEONARDO_API_KEY", None)
os.environ.pop("LEONARDO_BASE_URL", None)

SPEED_OF_EXAMPLES = "20"
NOTEBOOK_CELL_SECONDS = 90


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Give a notebook's cells the time that a kernel needs to start."""
    for item in items:
        if item.path.suffix == ".ipynb":
            item.add_marker(pytest.mark.timeout(NOTEBOOK_CELL_SECONDS))


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Let examples and notebooks, and nothing else, draw faster than the service."""
    if item.path.suffix == ".ipynb" or isinstance(item, pytest.DoctestItem):
        os.environ["LEONARDO_SIMULATOR_SPEED"] = SPEED_OF_EXAMPLES
    else:
        os.environ.pop("LEONARDO_SIMULATOR_SPEED", None)
