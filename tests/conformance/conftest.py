"""The published documents, where they lie beside the checkout."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from .deviations import DEVIATIONS
from .specification import Specification

SHARED = Path(__file__).parents[3] / "shared" / "leonardo"


def document(name: str) -> Any:
    """Return one of the shared JSON documents, or skip the test that needs it."""
    return json.loads(text(name))


def text(name: str) -> str:
    """Return one of the shared documents as it is, or skip the test that needs it."""
    if not (SHARED / name).exists():
        pytest.skip(f"needs shared/leonardo/{name} beside the repository")
    return (SHARED / name).read_text(encoding="utf-8")


@pytest.fixture(scope="session")
def v1() -> Specification:
    """The v1 specification, closed, with its known deviations."""
    return Specification(document("openapi.json"), DEVIATIONS)


@pytest.fixture(scope="session")
def v2() -> Specification:
    """The v2 specification; its alternatives overlap, so it is only as closed as it says."""
    return Specification(document("openapi-v2.json"), closed=False)
