from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

import pytest

from leonardo_nb.service.retries import POLICY, Failure, Kind

from .expected import PAID_RETRIES, RETRIES, UNKNOWN, Means

ROOT = Path(__file__).parents[2]
ROWS = {
    Means.NEVER_ARRIVED: (Failure.UNREACHABLE,),
    Means.LOST: (Failure.LOST,),
    Means.REFUSED: (Failure.REFUSED,),
    Means.KEY: (Failure.KEY,),
    Means.FORBIDDEN: (Failure.FORBIDDEN,),
    Means.MISSING: (Failure.MISSING,),
    Means.BUSY: (Failure.TOO_MANY, Failure.TOO_MANY_FOR),
    Means.BROKEN: (Failure.BROKEN,),
    Means.GATEWAY: (Failure.BAD_GATEWAY,),
    Means.UNAVAILABLE: (Failure.UNAVAILABLE,),
    Means.ARRAY: (Failure.ARRAY,),
    Means.UNREADABLE: (Failure.UNREADABLE,),
    Means.MISFIT: (Failure.MISFIT,),
}
"""The rows of the policy that each meaning is."""


def written() -> Any:
    """Return the script that writes the page, as a module."""
    path = ROOT / "scripts" / "what_happens_when.py"
    if not path.exists():
        pytest.skip("needs a checkout, with its scripts and documents")
    spec = importlib.util.spec_from_file_location("what_happens_when", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_page_is_what_the_table_says() -> None:
    """`python scripts/what_happens_when.py` would change nothing."""
    script = written()

    assert script.page() == script.PAGE.read_text(encoding="utf-8")


def test_the_page_is_linked() -> None:
    """Users and those who work on it find the page."""
    for name in ("README.md", "CONTRIBUTING.md"):
        if not (ROOT / name).exists():
            pytest.skip("needs a checkout, with its scripts and documents")
        assert "docs/what-happens-when.md" in (ROOT / name).read_text(encoding="utf-8")


def test_the_table_and_the_policy_agree() -> None:
    """What is written here of retries, and what the policy has, are the same."""
    ours = {
        (failure, kind): said(means, kind)
        for means, failures in ROWS.items()
        for failure in failures
        for kind in Kind
    }
    theirs = {(failure, kind): str(POLICY[failure][0][kind]) for failure, kind in ours}

    assert ours == theirs


def said(means: Means, kind: Kind) -> str:
    """Return what the rules here make of a meaning, in the policy's words."""
    if means is Means.BUSY:
        return "patience"
    if kind is Kind.PAID_WRITE and means in UNKNOWN:
        return "unknown"
    if kind is Kind.PAID_WRITE and means is Means.NEVER_ARRIVED:
        return f"again {PAID_RETRIES}x"
    again = RETRIES.get(means, 0)
    return f"again {again}x" if again else "stop"
