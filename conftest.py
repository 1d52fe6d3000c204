"""What holds for every test, doctest and notebook: no key, no network, nobody's library."""

from __future__ import annotations

import importlib.util
import os
import tempfile

# Before anything is imported or any kernel started: what a test asks for is free, and what it
# makes goes where nobody keeps pictures. The folder is removed when the process ends.
_library = tempfile.TemporaryDirectory(prefix="leonardo-nb-", ignore_cleanup_errors=True)
os.environ["LEONARDO_LIBRARY"] = _library.name
os.environ.pop("LEONARDO_API_KEY", None)

pytest_plugins = ["leonardo_nb.testing"] if importlib.util.find_spec("leonardo_nb.testing") else []
