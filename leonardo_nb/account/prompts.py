"""A text that knows something more: a prompt, and what it cost."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from leonardo_nb.money import Cost
    from leonardo_nb.service.assets import Prompt as Answered

__all__ = ["Prompt"]


class Prompt(str):
    """
    A prompt that the service wrote; a text like any other, so `leo.generate(prompt)` takes it.

    Attributes:
        cost: What writing it cost, or None where the service did not say.
    """

    __module__ = "leonardo_nb"

    __slots__ = ("cost",)

    cost: Cost | None

    def __new__(cls, text: str, cost: Cost | None = None) -> Self:
        """Return *text* as a prompt that cost *cost*."""
        made = super().__new__(cls, text)
        made.cost = cost
        return made

    @classmethod
    def of(cls, answered: Answered) -> Self:
        """Return the prompt in an answer."""
        return cls(answered.text, answered.cost)

    def __reduce__(self) -> tuple[type[Prompt], tuple[str, Cost | None]]:
        return type(self), (str(self), self.cost)
