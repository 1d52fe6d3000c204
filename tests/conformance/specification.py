"""The published specifications as validators: strict, so that what deviates has to be named."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import jsonschema  # type: ignore[import-untyped]


def strict(node: Any, *, closed: bool, is_schema: bool = True) -> Any:
    """
    Return an OpenAPI 3.0 schema in JSON Schema's words.

    `nullable` becomes a type and a value of the enum.

    Args:
        node: The document, or a part of it.
        closed: Whether objects that list members take no others.
        is_schema: False where *node* maps names to schemas, and a name may be any word.
    """
    if isinstance(node, list):
        return [strict(child, closed=closed) for child in node]
    if not isinstance(node, dict):
        return node
    schema = {
        name: strict(child, closed=closed, is_schema=not is_schema or name != "properties")
        for name, child in node.items()
    }
    if not is_schema:
        return schema
    if node.get("nullable") is True:
        if isinstance(node.get("type"), str):
            schema["type"] = [node["type"], "null"]
        if "enum" in node:
            schema["enum"] = [*node["enum"], None]
    if closed and isinstance(node.get("properties"), dict):
        schema.setdefault("additionalProperties", False)
    return schema


def _is_whole(_: Any, value: Any) -> bool:
    # 1.0 is whole for JSON Schema, and a fraction for a client that reads it into an int
    return isinstance(value, int) and not isinstance(value, bool)


_EXACT = jsonschema.validators.extend(
    jsonschema.Draft7Validator,
    type_checker=jsonschema.Draft7Validator.TYPE_CHECKER.redefine("integer", _is_whole),
)


@dataclass(frozen=True, slots=True)
class Deviation:
    """
    Where the service, and we with it, are known to differ from its own specification.

    Attributes:
        where: The operation's path, as in the specification; a regular expression.
        what: A regular expression that finds the validator's sentence, which begins with the place.
        why: What the API reference says of it.
    """

    where: str
    what: str
    why: str

    def covers(self, where: str, error: str) -> bool:
        """Return whether this is the deviation that *error* is about."""
        return bool(re.fullmatch(self.where, where) and re.search(self.what, error))


class Specification:
    """
    One OpenAPI document.

    Args:
        document: As it was published.
        deviations: What is not counted as an error.
        closed: Whether members that it does not name are errors.
    """

    def __init__(
        self,
        document: dict[str, Any],
        deviations: tuple[Deviation, ...] = (),
        *,
        closed: bool = True,
    ) -> None:
        self.document = document
        self.deviations = deviations
        self.met: set[Deviation] = set()
        self._schemas = strict(document, closed=closed)
        self._validators: dict[tuple[str, str, str], Any] = {}

    def operations(self) -> set[tuple[str, str]]:
        """Return method and path of every operation."""
        return {
            (method.upper(), path)
            for path, methods in self.document["paths"].items()
            for method in methods
            if method in {"get", "post", "delete", "put", "patch"}
        }

    def path_of(self, method: str, path: str) -> str | None:
        """Return the path template that *path* is one of, or None."""
        found = [
            template
            for verb, template in self.operations()
            if verb == method and re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", template), path)
        ]
        return min(found, key=lambda template: template.count("{"), default=None)

    def request_errors(self, method: str, path: str, body: Any) -> list[str]:
        """Return what is wrong with a request's body; None where none was sent."""
        template = self.path_of(method, path)
        if template is None:
            return [f"{method} {path} is no operation"]
        declared = self._schemas["paths"][template][method.lower()].get("requestBody")
        if body is None:
            needed = declared is not None and declared.get("required", False)
            return ["a body is needed"] if needed else []
        if declared is None:
            return ["no body is expected"]
        return self._errors((method, template, "request"), declared, body)

    def body_schema(self, method: str, path: str) -> dict[str, Any] | None:
        """Return the schema of what an operation takes, as it was published."""
        declared = self.document["paths"].get(path, {}).get(method.lower(), {}).get("requestBody")
        return declared and self.resolved(declared["content"]["application/json"]["schema"])

    def resolved(self, schema: dict[str, Any]) -> dict[str, Any]:
        """Return *schema*, or what it refers to."""
        while "$ref" in schema:
            found: Any = self.document
            for step in schema["$ref"].removeprefix("#/").split("/"):
                found = found[step]
            schema = found
        return schema

    def wrapper(self, method: str, path: str) -> set[str]:
        """Return the names under which an operation answers."""
        template = self.path_of(method, path)
        if template is None:
            return set()
        answer = self.document["paths"][template][method.lower()]["responses"]["200"]
        return set(answer["content"]["application/json"]["schema"]["properties"])

    def query_errors(self, method: str, path: str, query: dict[str, str]) -> list[str]:
        """Return what is wrong with a request's query: a name, or a number that is none."""
        template = self.path_of(method, path)
        if template is None:
            return [f"{method} {path} is no operation"]
        declared = self.document["paths"][template][method.lower()].get("parameters", ())
        whole = {
            each["name"]: each.get("schema", {}).get("type") == "integer"
            for each in declared
            if each.get("in") == "query"
        }
        return [
            f"{name}={value}"
            for name, value in query.items()
            if name not in whole or (whole[name] and not value.isdecimal())
        ]

    def answer_errors(self, method: str, path: str, body: Any) -> list[str]:
        """Return what is wrong with the body of an answer with status 200."""
        template = self.path_of(method, path)
        if template is None:
            return [f"{method} {path} is no operation"]
        declared = self._schemas["paths"][template][method.lower()]["responses"]["200"]
        return self._errors((method, template, "answer"), declared, body)

    def _errors(self, key: tuple[str, str, str], declared: Any, body: Any) -> list[str]:
        if key not in self._validators:
            schema = declared["content"]["application/json"]["schema"]
            self._validators[key] = _EXACT({**schema, "components": self._schemas["components"]})
        found = [_sentence(error) for error in self._validators[key].iter_errors(body)]
        return [error for error in found if not self._is_known(key[1], error)]

    def _is_known(self, where: str, error: str) -> bool:
        known = [each for each in self.deviations if each.covers(where, error)]
        self.met.update(known)
        return bool(known)


def _sentence(error: Any) -> str:
    place = ".".join("[]" if isinstance(step, int) else str(step) for step in error.absolute_path)
    return f"{place or '$'}: {error.message[-300:]}"
