"""The published specification, where it lies beside the repository."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema  # type: ignore[import-untyped]
import pytest

SHARED = Path(__file__).parents[3] / "shared" / "leonardo"


def with_nulls(node: Any) -> Any:
    """Say in JSON Schema's words what OpenAPI 3.0 calls nullable."""
    if isinstance(node, list):
        return [with_nulls(child) for child in node]
    if not isinstance(node, dict):
        return node
    schema = {name: with_nulls(child) for name, child in node.items()}
    if node.get("nullable") is True and isinstance(node.get("type"), str):
        schema["type"] = [node["type"], "null"]
        if "enum" in node:
            schema["enum"] = [*node["enum"], None]
    return schema


def _document(name: str) -> Any:
    """Return one of the shared documents, or skip the test that needs it."""
    if not (SHARED / name).exists():
        pytest.skip(f"needs shared/leonardo/{name} beside the repository")
    return json.loads((SHARED / name).read_text(encoding="utf-8"))


class Schema:
    """The body that one operation takes."""

    def __init__(self, specification: dict[str, Any], schema: dict[str, Any]) -> None:
        self.properties = set(schema.get("properties", {}))
        self._validator = jsonschema.Draft7Validator(
            {**schema, "components": specification["components"]}
        )

    def errors(self, body: Any) -> list[str]:
        """Return what does not fit."""
        return [error.message for error in self._validator.iter_errors(body)]


@pytest.fixture(scope="session")
def request_schema() -> Any:
    """Give the schema of `POST path`, from the v1 specification."""
    specification = with_nulls(_document("openapi.json"))

    def of(path: str) -> Schema:
        content = specification["paths"][path]["post"]["requestBody"]["content"]
        return Schema(specification, content["application/json"]["schema"])

    return of


@pytest.fixture(scope="session")
def v2_schema() -> Any:
    """Give the schema of `POST path`, from the v2 specification."""
    specification = with_nulls(_document("openapi-v2.json"))

    def of(path: str) -> Schema:
        content = specification["paths"][path]["post"]["requestBody"]["content"]
        return Schema(specification, content["application/json"]["schema"])

    return of


@pytest.fixture(scope="session")
def document() -> Any:
    """Give one of the shared documents by its name, or skip the test that needs it."""
    return _document
