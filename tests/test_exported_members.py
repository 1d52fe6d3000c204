from __future__ import annotations

import importlib
import importlib.metadata
import pkgutil
import re
from pathlib import Path
from types import ModuleType

import pytest

import leonardo_nb
import leonardo_nb.errors

ROOT = Path(__file__).parent.parent

# a room's __init__ that only says what the room is has nothing to list
EMPTY = {
    "leonardo_nb.account",
    "leonardo_nb.engine",
    "leonardo_nb.library",
    "leonardo_nb.service",
    "leonardo_nb.widgets",
}
MODULES = [
    name
    for name in (
        "leonardo_nb",
        *(found.name for found in pkgutil.walk_packages(leonardo_nb.__path__, "leonardo_nb.")),
    )
    if name not in EMPTY
]

# what users write after `leo.`, whatever else comes and goes
PROMISED = {
    "Credits",
    "Dollars",
    "allow_nested_loops",
    "connect",
    "generate",
    "job",
    "jobs",
    "linspace",
    "panel",
    "plan",
    "studio",
    "sweep",
    "sweep_guidance",
    "sweep_seeds",
    "sweep_styles",
}


@pytest.mark.parametrize("name", MODULES)
def test_all_exists(name: str) -> None:
    """Every module says what it offers, and has it."""
    module = importlib.import_module(name)

    assert [] == [member for member in module.__all__ if not hasattr(module, member)]


def test_all_is_what_is_visible() -> None:
    """`dir(leonardo_nb)` and `__all__` tell the same story."""
    visible = {
        member
        for member in dir(leonardo_nb)
        if not member.startswith("_")
        and (not isinstance(value := getattr(leonardo_nb, member), ModuleType) or callable(value))
        and member not in {"annotations", "TYPE_CHECKING"}
    }

    assert sorted(leonardo_nb.__all__) == sorted(visible)


def test_promised_names_are_there() -> None:
    """The public names of the design do not change."""
    assert set() == PROMISED - set(leonardo_nb.__all__)


def test_advice_names_what_there_is() -> None:
    """Errors, docstrings, cards and documents send nobody to a function that is not there."""
    readable = [
        *(ROOT / "leonardo_nb").rglob("*.py"),
        *(ROOT / "leonardo_nb").rglob("*.js"),
        *(ROOT / "notebooks").glob("*.ipynb"),
        *ROOT.glob("*.md"),
    ]
    named = {
        (name, file.name)
        for file in readable
        for name in re.findall(r"\bleo\.(\w+)\(", file.read_text(encoding="utf-8"))
    }

    assert set() == {(name, file) for name, file in named if name not in leonardo_nb.__all__}


def test_public_classes_say_where_users_found_them() -> None:
    """A traceback shows `leonardo_nb.JobFailed`, the name that users write in `except`."""
    elsewhere = {
        name: value.__module__
        for name in leonardo_nb.__all__
        if isinstance(value := getattr(leonardo_nb, name), type)
        and value.__module__ != "leonardo_nb"
    }

    # pydantic reads these classes' annotations in the module that they name
    assert {"Cost", "CreateGeneration", "Credits", "Dollars"} == set(elsewhere)


def test_version_is_the_package_s() -> None:
    """`__version__` is what pip installed."""
    assert importlib.metadata.version("leonardo_nb") == leonardo_nb.__version__
