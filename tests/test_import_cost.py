from __future__ import annotations

import json
import subprocess
import sys

HEAVY = ("IPython", "PIL", "anywidget", "httpx", "ipywidgets", "numpy", "pydantic", "sqlalchemy")

PROBE = """
import json, sys, threading
before = threading.active_count()
import leonardo_nb
print(json.dumps({"threads": threading.active_count() - before, "modules": sorted(sys.modules)}))
"""


def test_import_is_light() -> None:
    """`import leonardo_nb` starts no thread and loads nothing heavy."""
    answer = subprocess.run(
        [sys.executable, "-c", PROBE], capture_output=True, text=True, check=True
    ).stdout
    seen = json.loads(answer)

    assert 0 == seen["threads"]
    assert [] == sorted(set(HEAVY) & set(seen["modules"]))
