from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "leonardo_nb"

# Higher numbers may import lower ones, and rooms of one number do not know each other.
RANK = {
    "errors": 0,
    "money": 0,
    "clock": 0,
    "whole": 0,
    "service": 1,
    "library": 1,
    "engine": 2,
    "account": 3,
    "environment": 3,
    "guidance": 3,
    "studios": 4,
    "default_studio": 5,
    "functions": 6,
    "sweeps": 6,
    "widgets": 7,
    "logins": 8,
    "nested": 0,
    "testing": 8,
    "terminal": 8,
    "demo": 9,
    "doctor": 9,
    "cli": 10,
    "": 11,  # leonardo_nb/__init__.py gathers the public names
}
SIMULATOR = "simulator"  # beside the house, not in it; see the tests below

# (module, room): imports that point up, each for a reason
ON_PURPOSE = {
    ("leonardo_nb.cli", ""),  # asks for the version
    ("leonardo_nb.engine.job", "widgets"),  # inside the method that shows a job
    ("leonardo_nb.engine.resumed", "widgets"),  # inside the method that shows jobs
    ("leonardo_nb.sweeps.methods", "widgets"),  # inside the methods that show a run's pictures
    ("leonardo_nb.sweeps.export.animation", "widgets"),  # writes labels as contact sheets do
    ("leonardo_nb.sweeps.export.html", "widgets"),  # puts the sheet's own page into a file
    ("leonardo_nb.sweeps.run", "widgets"),  # inside the method that shows a run
}

# modules that are values and plain functions
PURE = (
    "leonardo_nb.engine.bounds",
    "leonardo_nb.engine.lifecycle",
    "leonardo_nb.engine.polling",
    "leonardo_nb.engine.standing",
    "leonardo_nb.service.rules",
    "leonardo_nb.sweeps.arrangement",
    "leonardo_nb.sweeps.infer",
    "leonardo_nb.sweeps.layout",
    "leonardo_nb.sweeps.measuring.metrics",
    "leonardo_nb.sweeps.rank",
    "leonardo_nb.sweeps.space",
    "leonardo_nb.sweeps.measuring.variance",
)
EDGES = {"IPython", "anyio", "asyncio", "httpx", "ipywidgets", "sqlalchemy", "starlette", "time"}


def module_name(file: Path) -> str:
    """Return the dotted name of the module in *file*."""
    parts = file.relative_to(ROOT).with_suffix("").parts
    return ".".join(part for part in parts if part != "__init__")


def is_module(name: str) -> bool:
    """Whether *name* is one of our modules, and no name in one."""
    path = ROOT / Path(*name.split("."))
    return path.is_dir() or path.with_suffix(".py").is_file()


def imports_of(file: Path) -> set[str]:
    """Return the dotted names that *file* imports anywhere, for type checkers only or not."""
    name = module_name(file)
    package = name if file.name == "__init__.py" else name.rpartition(".")[0]
    found = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                above = package.split(".")[: len(package.split(".")) - node.level + 1]
                base = ".".join([*above, base]).rstrip(".")
            found |= {
                f"{base}.{alias.name}" if is_module(f"{base}.{alias.name}") else base
                for alias in node.names
            }
    return found


def room(name: str) -> str:
    """Return the room of a dotted *name* of this package."""
    return [*name.split("."), ""][1]


def internal_imports() -> list[tuple[str, str]]:
    """Return (module, room) for every import of one of our modules by another."""
    return [
        (module_name(file), room(target))
        for file in sorted(PACKAGE.rglob("*.py"))
        for target in sorted(imports_of(file))
        if target.split(".")[0] == "leonardo_nb"
    ]


def test_every_room_is_on_the_map() -> None:
    """A new room or module at the top is given its place here."""
    rooms = {room(module_name(file)) for file in PACKAGE.rglob("*.py")}

    assert set() == rooms - RANK.keys() - {SIMULATOR}


def test_imports_point_down() -> None:
    """A module imports only from its own room or a lower one."""
    upward = [
        f"{module} -> {target}"
        for module, target in internal_imports()
        if SIMULATOR not in (room(module), target)
        and target != room(module)
        and RANK[target] >= RANK[room(module)]
        and (module, target) not in ON_PURPOSE
        and not RANK[target] == RANK[room(module)] == 0
    ]

    assert [] == upward


def test_exceptions_to_the_map_are_needed() -> None:
    """No import that points up is forgiven after it is gone."""
    assert set() == ON_PURPOSE - set(internal_imports())


def test_simulator_is_a_second_reading() -> None:
    """The simulator knows of ours only the catalog: it shares no mistake with the client."""
    known = {
        (module_name(file), target)
        for file in sorted((PACKAGE / SIMULATOR).rglob("*.py"))
        for target in imports_of(file)
        if target.startswith("leonardo_nb") and room(target) != SIMULATOR
    }

    assert [] == sorted(pair for pair in known if pair[1] != "leonardo_nb.service.catalog")


def test_only_the_studio_knows_the_simulator() -> None:
    """Above the studio, and the line that connects it, nobody asks whether the service is real."""
    knowing = {room(module) for module, target in internal_imports() if target == SIMULATOR}

    assert set() == knowing - {SIMULATOR, "studios", "default_studio", "testing", "cli", "demo"}


def test_only_the_client_speaks_http() -> None:
    """
    The errors of httpx stop at service/client.py; the simulator only offers a transport.

    What is below httpx, the connections, is in service/dialing.py.
    """
    speaking = {
        module_name(file)
        for file in PACKAGE.rglob("*.py")
        if any(name.split(".")[0] in {"httpx", "httpcore"} for name in imports_of(file))
    }

    assert {"leonardo_nb.service.client", "leonardo_nb.service.dialing"} == {
        module for module in speaking if room(module) not in {SIMULATOR, "testing"}
    }


def test_only_the_library_speaks_sql() -> None:
    """SQLAlchemy stops at the ledger and the shelf, and what these stand on."""
    speaking = {
        module_name(file)
        for file in PACKAGE.rglob("*.py")
        if any(name.split(".")[0] == "sqlalchemy" for name in imports_of(file))
    }

    assert {
        "leonardo_nb.library.budgets",
        "leonardo_nb.library.database",
        "leonardo_nb.library.ledger",
        "leonardo_nb.library.reader",
        "leonardo_nb.library.rows",
        "leonardo_nb.library.shelf",
        "leonardo_nb.library.spending",
        "leonardo_nb.library.tables",
    } == speaking


@pytest.mark.parametrize("name", PURE)
def test_pure_modules_stay_pure(name: str) -> None:
    """What is plain values and functions imports nothing that waits, stores or shows."""
    file = ROOT / Path(*name.split(".")).with_suffix(".py")
    roots = {imported.split(".")[0] for imported in imports_of(file)}

    assert set() == roots & EDGES
