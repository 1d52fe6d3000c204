"""
What the bodies of all jobs share: one door for what a person typed, and what can be asked of them.

A misspelt parameter must not reach a paid endpoint, so bodies are closed, and `of` knows every
spelling, names the nearest valid value, and fills in what was left out, so that every result can
be made again.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, ClassVar, Final, Literal, Self

from pydantic import BaseModel, ConfigDict

from leonardo_nb.errors import ConflictingParameters, InvalidRequest, UnknownParameter
from leonardo_nb.service.catalog import SEED_MAX_FLUX, expected_seconds_of
from leonardo_nb.service.defaults import minimal
from leonardo_nb.service.plain import escaped
from leonardo_nb.service.reading import Vocabulary
from leonardo_nb.service.rules import Rule

__all__ = ["Body", "Closed", "SourceType", "own_seed"]

SourceType = Literal["GENERATED", "UPLOADED", "VARIATION"]

_KEY_VERSION: Final = 1  # counts changes of what the same request means
_NOT_IN_KEY: Final = frozenset({"webhookCallbackUrl", "public", "isPublic"})
"""None of them changes the result."""
_USUAL_SIZE: Final = (1024, 768)  # pixels, the service's default


class Closed(BaseModel):
    """An object on the wire that takes no other members than its own."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False, strict=True)


class Body(Closed):
    """
    What is posted to ask for a job.

    The facts of a kind of job are its class's:

    Attributes:
        endpoint: Where it is posted, below the base address.
        kind: What sort of job it makes.
        looked_for: Where the job is looked for: `GET /{generations, variations,
            motion-variations}/{id}`.
        wrappers: Under which names the acknowledgement may stand, the documented one first.
        function: Which function of ours makes one, for `code()` and sentences.
        lead: The member that is given without its name.
        vocabulary: What each member takes, under every spelling.
        rules: What does not go together.
    """

    endpoint: ClassVar[str]
    kind: ClassVar[Literal["generation", "video", "variation"]]
    looked_for: ClassVar[Literal["generation", "variation", "motion-variation"]]
    wrappers: ClassVar[tuple[str, ...]]
    function: ClassVar[str]
    lead: ClassVar[str]
    vocabulary: ClassVar[Vocabulary]
    rules: ClassVar[tuple[Rule, ...]] = ()

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.code()}>"

    __str__ = __repr__

    @classmethod
    def of(cls, lead: object = None, /, *, check: bool = True, **parameters: object) -> Self:
        """
        Return the request that a person means, with every default filled in.

        Args:
            lead: The one member that every such request begins with, see `lead`.
            check: False sends what our rules and ranges would refuse, in case the service has
                changed; wrong types and unknown names are refused all the same.
            **parameters: Named as the service does or in snake_case. None is the same as left out.

        Raises:
            UnknownParameter: A name that the service does not have.
            InvalidRequest: A value that it does not take.
            ConflictingParameters: Values that do not go together.
        """
        return cls._read(cls._named(lead, parameters), check=check)

    @classmethod
    def _named(cls, lead: object, parameters: Mapping[str, object]) -> dict[str, object]:
        given: dict[str, object] = {cls.lead: lead}
        spelt: dict[str, str] = {}
        for spelling, value in parameters.items():
            name = cls.vocabulary.name_of(spelling)
            if name in spelt or (name == cls.lead and lead is not None):
                raise UnknownParameter(
                    f'{name} is given twice, as "{spelt.get(name, name)}" and as "{spelling}".',
                    member=spelling,
                    nearest=name,
                )
            spelt[name] = spelling
            given[name] = value
        return given

    @classmethod
    def from_wire(cls, body: Mapping[str, object]) -> Self:
        """Return the request whose `wire()` was *body*; nothing is filled in or refused anew."""
        return cls.model_validate_json(json.dumps(body))

    @classmethod
    def _read(cls, given: Mapping[str, object], *, check: bool) -> Self:
        read: dict[str, object] = {}
        for name, value in given.items():
            if value is None and (name != cls.lead or not cls.model_fields[name].is_required()):
                continue
            read[name] = cls.vocabulary.check(name, value, check=check)
        for name, field in cls.model_fields.items():
            if field.is_required() and name not in read and name not in cls._resolved(read):
                raise InvalidRequest(
                    f"{cls.function}() needs {name}: {_lowered(cls.vocabulary.members[name].help)}",
                    member=name,
                )
        return cls._ruled(read, check=check)

    @classmethod
    def _ruled(cls, read: Mapping[str, object], *, check: bool) -> Self:
        """Return the request of values that were read, unless they do not go together."""
        members = cls._resolved(cls._drawn(read))
        if check and (broken := [rule for rule in cls.rules if rule.is_broken(members)]):
            sentences = " ".join(rule.sentence for rule in broken)
            raise ConflictingParameters(
                f"{sentences} check=False sends it anyway.",
                members=broken[0].members,
                rule=broken[0].name,
            )
        return cls.model_validate_json(json.dumps(members))

    @classmethod
    def _drawn(cls, read: Mapping[str, object]) -> dict[str, object]:
        """Return what was read and what is drawn by chance where it was not given."""
        return dict(read)

    @classmethod
    def _resolved(cls, given: Mapping[str, object]) -> dict[str, object]:
        """Return *given* with every default filled in; pure, and twice changes nothing."""
        return dict(given)

    @classmethod
    def _minimal(cls, members: Mapping[str, object]) -> dict[str, object]:
        return minimal(members, cls._resolved, kept=frozenset({cls.lead, "seed"}))

    def replaced(self, *, check: bool = True, **changes: object) -> Self:
        """
        Return this request with *changes*; what followed from the old values follows anew.

        Args:
            check: As in `of`.
            **changes: As in `of`; None goes back to the default, and for the seed draws another.
        """
        given = self._minimal(self.wire())
        for spelling, value in changes.items():
            given[self.vocabulary.name_of(spelling, function="again")] = value
        if given.get(self.lead) is None and type(self).model_fields[self.lead].is_required():
            raise InvalidRequest(
                f"{self.lead} must be text, not None.", member=self.lead, value=None
            )
        return self._read(given, check=check)

    def wire(self) -> dict[str, object]:
        """Return exactly what is posted, in the members' order; nothing in it is None."""
        body = self.model_dump(mode="json", exclude_none=True)
        return {name: body[name] for name in self.vocabulary.members if name in body}

    def notable(self) -> dict[str, object]:
        """
        Return what a caption shows: what differs from the defaults, and the seed if there is one.

        The member that every such request begins with is left out.
        """
        few = self._minimal(self.wire())
        few.pop(self.lead, None)
        seed = {"seed": few.pop("seed")} if "seed" in few else {}
        return seed | few

    def content_key(self) -> str:
        """
        Return the sha256 of everything that decides the result, as 64 hexadecimal digits.

        Requests that give the same have the same key, however they were typed; who may see the
        result and who is called when it is done are not in it.
        """
        return hashlib.sha256(self._canonical({}).encode()).hexdigest()

    def content_keys(self, varying: Sequence[str]) -> Callable[[Iterable[str]], str]:
        """
        Return what gives the `content_key` of requests that differ from this one in few members.

        A sweep has thousands of those, and to make each of them takes twenty times as long.

        Args:
            varying: Members that this request has, in any order.

        Returns:
            A function of the JSON texts of their values, in that order.
        """
        marks = {name: f"\0{name}\0" for name in varying}
        canonical = self._canonical(marks)
        encoded = {name: json.dumps(mark) for name, mark in marks.items()}
        places = sorted(varying, key=lambda name: canonical.index(encoded[name]))
        steps = [varying.index(name) for name in places]
        parts: list[str] = []
        for name in places:
            before, _, canonical = canonical.partition(encoded[name])
            parts.append(before)
        last = canonical

        def key(values: Iterable[str]) -> str:
            given = list(values)
            text = "".join(part + given[n] for part, n in zip(parts, steps, strict=True)) + last
            return hashlib.sha256(text.encode()).hexdigest()

        return key

    def _canonical(self, instead: Mapping[str, object]) -> str:
        """Return what decides the result as one text, with other values *instead* of its own."""
        body = {name: value for name, value in self.wire().items() if name not in _NOT_IN_KEY}
        about: dict[str, object] = {"version": _KEY_VERSION, "request": _steady(body) | instead}
        if self.kind != "generation":
            about["endpoint"] = self.endpoint  # pictures had keys before there were other kinds
        return json.dumps(about, sort_keys=True, separators=(",", ":"))

    def seeded(self, typed: Iterable[str]) -> Self:
        """
        Return this request with the seed that follows from the rest of it, where it has a seed.

        So the same words mean the same picture without a seed being named.

        Args:
            typed: What a person typed besides; a seed among it is kept.
        """
        name_of = self.vocabulary.name_of
        if getattr(self, "seed", None) is None or "seed" in {name_of(each) for each in typed}:
            return self
        rest = {name: value for name, value in self.wire().items() if name != "seed"}
        return self.from_wire(rest | {"seed": own_seed(_steady(rest))})

    @property
    def caption(self) -> str:
        """What stands on the job's card in one line: the prompt, or what is done to an image."""
        return str(getattr(self, self.lead) or "")

    @property
    def source_id(self) -> str | None:
        """The id of what the job begins with: an image, or for a finer video a generation."""
        return None

    @property
    def source_type(self) -> SourceType:
        """Of what sort that is, in the service's words."""
        return "GENERATED"

    def frame(self, source: tuple[int, int] | None = None) -> tuple[int, int, int]:
        """
        Return width and height in pixels and the number of what will come, for its frame.

        Args:
            source: Width and height of what the job begins with, where they are known.
        """
        width, height = source or _USUAL_SIZE
        return width, height, 1

    def check_source(self, size: tuple[int, int]) -> None:
        """
        Say whether the job can begin with a picture of *size*, in pixels.

        Raises:
            ConflictingParameters: The result would be larger than the service makes.
        """

    def pricing(self) -> dict[str, object] | None:
        """Return the body that asks the service's calculator, or None where it does not know."""
        return None

    def price_key(self, size: tuple[int, int] | None = None) -> str:
        """
        Return what the price depends on, as text; 1,000 cells of a sweep have few different ones.

        Args:
            size: Width and height in pixels of what the job begins with, where they are known.
        """
        asked = self.pricing()
        about = self.wire() if asked is None else asked
        return json.dumps([self.endpoint, about, size], sort_keys=True)

    def estimated_credits(self) -> int | None:
        """Return our own estimate of the price in credits, or None where nothing is published."""
        return None

    def expected_seconds(self) -> float:
        """Return a first guess of how long the job takes, before any was measured."""
        return expected_seconds_of(self.endpoint)

    def advice(self) -> tuple[str, ...]:
        """Return sentences worth showing beside the job, such as that its model is retired."""
        return ()

    def code(self) -> str:
        """Return a line of Python that makes the same request again."""
        lead = getattr(self, self.lead)
        arguments = [] if lead is None else [_literal(lead)]
        arguments += [f"{name}={_literal(value)}" for name, value in self.notable().items()]
        return f"leo.{self.function}({', '.join(arguments)})"


def own_seed(about: object) -> int:
    """
    Return the seed that follows from *about*, which JSON can hold: evenly spread, always the same.

    >>> own_seed({"prompt": "a fox"}) == own_seed({"prompt": "a fox"})
    True
    """
    canonical = json.dumps(about, sort_keys=True, separators=(",", ":"), default=str)
    return int(hashlib.sha256(canonical.encode()).hexdigest()[:16], 16) % (SEED_MAX_FLUX + 1)


def _lowered(sentence: str) -> str:
    return sentence[:1].lower() + sentence[1:]


def _steady(value: object) -> Any:  # noqa: ANN401  of the shape of the value
    """Return *value* with one spelling for each number: 7, never 7.0."""
    if isinstance(value, dict):
        return {key: _steady(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_steady(each) for each in value]
    return int(value) if isinstance(value, float) and value == int(value) else value


def _literal(value: Any) -> str:  # noqa: ANN401  whatever JSON can hold
    """Return *value* as Python source, texts in double quotes as the rest of the page has them."""
    if isinstance(value, str):
        # JSON's escapes are Python's, for every character that it escapes
        return escaped(json.dumps(value, ensure_ascii=False))
    if isinstance(value, Mapping):
        items = (f"{_literal(key)}: {_literal(each)}" for key, each in value.items())
        return "{" + ", ".join(items) + "}"
    if isinstance(value, (list, tuple)):
        return f"[{', '.join(map(_literal, value))}]"
    return repr(value)
