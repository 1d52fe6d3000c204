"""The tree of errors, as drawn and as it is."""

from __future__ import annotations

import pickle
import re

import pytest

from leonardo_nb import errors

TREE = re.compile(r"^([│ ]*)(?:[├└]── )?(\w+)$", re.MULTILINE)


def drawn() -> dict[str, str]:
    """Return every class of the drawing with the one above it."""
    assert errors.__doc__ is not None
    drawing = errors.__doc__.split("\n\n")[2]
    parents: list[str] = []
    found = {}
    for indent, name in TREE.findall(drawing):
        depth = len(indent) // 4 + (f"── {name}" in drawing)
        parents[depth:] = [name]
        found[name] = parents[depth - 1] if depth else "Exception"
    return found


def test_the_tree_is_as_it_is_drawn() -> None:
    """Every class in it has the parent that the drawing says."""
    real = {
        name: kind.__bases__[0].__name__
        for name in errors.__all__
        if issubclass(kind := getattr(errors, name), errors.LeonardoError)
    }

    assert drawn() == real


@pytest.mark.parametrize(
    "error",
    [
        errors.InvalidRequest("no", member="width", value=517, nearest=520),
        errors.ConflictingParameters("no", members=["alchemy", "ultra"], rule="ultra"),
        errors.RateLimited("no", status=429, retry_after=3.0),
        errors.ConnectionFailed("no", delivered=True),
        errors.JobFailed("no", reason="because"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_errors_travel_between_processes(error: errors.LeonardoError) -> None:
    """What they carry arrives."""
    arrived = pickle.loads(pickle.dumps(error))  # noqa: S301  our own

    assert (type(error), error.args, vars(error)) == (type(arrived), arrived.args, vars(arrived))
