"""
How a sweep is asked for: `leo.plan`, `leo.sweep` and its short forms.

Apart from the plan itself: what people type is read here, and a plan is made of what it means.
"""

from __future__ import annotations

import random
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any

from leonardo_nb.engine.ingredients import ingredients_of
from leonardo_nb.errors import InvalidRequest, UnknownParameter
from leonardo_nb.service.catalog import SEED_MAX_FLUX
from leonardo_nb.service.requests import CreateGeneration, own_seed
from leonardo_nb.service.styling import styles_of
from leonardo_nb.service.values import ALIASES, parameter_name, shown
from leonardo_nb.sweeps.axes import Const, axis_values, is_whole, linspace, without_const
from leonardo_nb.sweeps.plan import Plan
from leonardo_nb.sweeps.space import Space, slots_of, space_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from leonardo_nb.engine.ingredients import Lists
    from leonardo_nb.engine.terms import Resend
    from leonardo_nb.money import Cost
    from leonardo_nb.studios import Studio
    from leonardo_nb.sweeps.order import Order
    from leonardo_nb.sweeps.run import Run

OF_THE_SWEEP = ("name", "reuse", "unpriced", "resend", "replicates", "order")
"""What a sweep takes that is no parameter of the service."""

__all__ = ["plan", "sweep", "sweep_guidance", "sweep_seeds", "sweep_styles"]


def plan(
    what: str | Sequence[str] | Mapping[str, str] | Space | None = None,
    /,
    prompt: str | Sequence[str] | Mapping[str, str] | None = None,
    *,
    replicates: int | None = None,
    order: Order = "spread",
    name: str | None = None,
    check: bool = True,
    reuse: bool = True,
    studio: Studio | None = None,
    **parameters: Any,  # noqa: ANN401  a value, or a list of them
) -> Plan:
    """
    Return the sweep over a space, or over every combination of the lists among the parameters.

    Nothing is sent. A list, tuple, range or array is an axis, a mapping of labels to values is one
    with labels, anything else is the same in every cell; `leo.const([...])` is one value that is a
    list. Where the seed is neither, all cells share one that follows from what is the same in all
    of them, so that the same line asks for the same pictures; it is in `plan.fixed`.

    Args:
        what: What to draw, or several things, or a space such as
            `leo.prompt(...) * leo.axes(...)`, which the lists among the parameters multiply.
        prompt: What to draw, where the space does not say it.
        replicates: How many pictures each place has, each with a seed that follows from the
            place's own request; as many as `num_images`, which one request gives, if None.
        order: "spread" shows every value of every axis within the first few cells, "rows" goes as
            it is read, "random", or "cheap first".
        name: What it is called; else its words and what varies.
        check: False sends what our rules would refuse.
        reuse: Take from the library, at no cost, what it has of the same requests; False pays for
            every cell anew, with a seed that is drawn where none is named.
        studio: Where to run it; the default one if None.
        **parameters: The service's parameters, as in `leo.generate`, also `init_image` and elements
            by name; several images are an axis.

    Raises:
        UnknownParameter: A keyword is not the service's.
        InvalidRequest: A value is refused, an axis is empty, the cells are too many, or none of
            them can be asked for.
    """
    plain = {typed: without_const(value) for typed, value in parameters.items()}
    made: dict[str, Any] = ingredients_of(plain, partial(_lists, studio), check=check)
    made |= {
        typed: Const(value)
        for typed, value in made.items()
        if isinstance(parameters.get(typed), Const)
    }
    own = what if isinstance(what, Space) else Space.product([])
    given: dict[str, object] = {}
    words = what if prompt is None else prompt
    if prompt is not None and what is not None and not isinstance(what, Space):
        raise UnknownParameter("prompt is given twice, by itself and by name.", member="prompt")
    if words is not None and not isinstance(words, Space):
        given["prompt"] = words
    for typed, value in made.items():
        member = _parameter_beside(words, typed)
        if member in given:
            raise UnknownParameter(f"{member} is given twice, in two spellings.", member=typed)
        given[member] = value
    if given.get("seed") is None:
        given.pop("seed", None)
        if not any("seed" in axis.sets for axis in own.axes):
            about = _same_everywhere(given, own.template)
            given["seed"] = own_seed(about) if reuse else draw_seed()
    more, fixed = space_of(given, check=check)
    return Plan(
        own * more,
        fixed,
        replicates=replicates,
        order=order,
        studio=studio,
        reuse=reuse,
        check=check,
        name=name,
    )


def _parameter_beside(words: object, typed: str) -> str:
    """
    Return the service's own name of a parameter that was given beside *words*.

    Raises:
        UnknownParameter: There is none of that name; where it is a slot of the words, it says how
            those are given.
    """
    try:
        return parameter_name(typed, function="sweep")
    except UnknownParameter as error:
        slots: list[str] = []
        with suppress(InvalidRequest):  # braces may be meant as they are
            slots = slots_of(words)
        if typed not in slots:
            raise
        lists = ", ".join(f"{slot}=[...]" for slot in slots)
        raise UnknownParameter(
            f"sweep() has no parameter {shown(typed)}; it is a slot of the prompt, whose words "
            f"stand in leo.prompt({shown(words)}, {lists}).",
            member=typed,
            nearest="prompt",
        ) from error


def draw_seed() -> int:
    """Return a seed that every model accepts: Flux has the smallest upper bound."""
    return random.SystemRandom().randint(0, SEED_MAX_FLUX)


def _same_everywhere(given: Mapping[str, object], template: str | None) -> dict[str, str]:
    """Return what is the same in every cell, by the service's names, as text."""
    words = {} if template is None else {"prompt": template}
    return words | {
        name: str(without_const(value))
        for name, value in given.items()
        if axis_values(name, value) is None
    }


def _lists(studio: Studio | None) -> Lists:
    """Return who knows the elements: *studio*, or the default one."""
    if studio is None:
        from leonardo_nb.default_studio import studio as default

        studio = default()
    return studio.element_lists


def sweep(
    what: str | Sequence[str] | Mapping[str, str] | Space | None = None,
    /,
    prompt: str | Sequence[str] | Mapping[str, str] | None = None,
    *,
    budget: Cost | None = None,
    name: str | None = None,
    replicates: int | None = None,
    order: Order = "spread",
    reuse: bool = True,
    unpriced: bool = False,
    resend: Resend | None = None,
    check: bool = True,
    studio: Studio | None = None,
    **parameters: Any,  # noqa: ANN401  a value, or a list of them
) -> Run:
    """
    Ask for a space, or for every combination of lists among the parameters; return at once.

    As the last line of a cell it is a grid that fills while the jobs run, with count and price.
    The same line, run again, pays only for what the library does not have. The arguments and
    errors are those of `leo.plan` and `Plan.start`.
    """
    made = plan(
        what,
        prompt,
        replicates=replicates,
        order=order,
        name=name,
        check=check,
        reuse=reuse,
        studio=studio,
        **parameters,
    )
    return made.start(budget, unpriced=unpriced, resend=resend)


def sweep_seeds(
    prompt: str,
    n: int = 8,
    *,
    start: int = 1,
    budget: Cost | None = None,
    check: bool = True,
    studio: Studio | None = None,
    **parameters: Any,  # noqa: ANN401  as in sweep()
) -> Run:
    """
    Sweep over *n* seeds from *start* on: the same words, drawn differently.

    They are counted and not drawn, so that the same line asks for the same pictures.
    """
    _refuse_own_axis("sweep_seeds", "seed", parameters)
    for name, number in (("n", n), ("start", start)):
        if not is_whole(number):
            raise TypeError(f"sweep_seeds(): {name} must be a whole number, not {shown(number)}.")
    if n < 1:
        raise InvalidRequest(
            f"sweep_seeds(n={shown(n)}): at least one seed.", member="seed", value=n, nearest=1
        )
    seeds = range(start, start + n)
    return sweep(prompt, budget=budget, check=check, studio=studio, seed=seeds, **parameters)


def sweep_guidance(
    prompt: str,
    lo: float = 3,
    hi: float = 12,
    n: int = 4,
    *,
    budget: Cost | None = None,
    check: bool = True,
    studio: Studio | None = None,
    **parameters: Any,  # noqa: ANN401  as in sweep()
) -> Run:
    """Sweep over *n* evenly spaced values of `guidance_scale`, from *lo* to *hi*, both in."""
    _refuse_own_axis("sweep_guidance", "guidance_scale", parameters)
    scales = linspace(lo, hi, n)
    return sweep(
        prompt, budget=budget, check=check, studio=studio, guidance_scale=scales, **parameters
    )


def sweep_styles(
    prompt: str,
    styles: str | Sequence[str] | None = None,
    *,
    budget: Cost | None = None,
    check: bool = True,
    studio: Studio | None = None,
    **parameters: Any,  # noqa: ANN401  as in sweep()
) -> Run:
    """
    Sweep over *styles*, or over every style that the model takes in this mode.

    The axis is `presetStyle`, or `styleUUID` for the models that are styled by it (Phoenix, Flux
    and Lucid); `alchemy`, `photoReal` and `photoRealVersion` decide which presets there are.
    """
    fixed = {
        typed: value
        for typed, value in _fixed_only(parameters).items()
        if parameter_name(typed) not in {"presetStyle", "styleUUID"}
    }
    base = CreateGeneration.of(prompt, check=False, **fixed).wire()
    name, known = styles_of(base)
    _refuse_own_axis("sweep_styles", name, parameters)
    # an empty list goes on as it is, and is refused: it is not every style there is
    chosen = known if styles is None else [styles] if isinstance(styles, str) else styles
    axis: dict[str, Any] = {name: chosen}
    return sweep(prompt, budget=budget, check=check, studio=studio, **axis, **parameters)


def _refuse_own_axis(function: str, axis: str, parameters: Mapping[str, object]) -> None:
    for typed in parameters:
        if ALIASES.get(typed) == axis:
            raise UnknownParameter(
                f"{function}() varies {axis} itself and takes no {typed}; "
                f"leo.sweep(prompt, {axis}=[...]) takes values of your own.",
                member=typed,
            )


def _fixed_only(parameters: dict[str, Any]) -> dict[str, Any]:
    return {
        name: value
        for name, value in parameters.items()
        if name not in OF_THE_SWEEP and axis_values(parameter_name(name), value) is None
    }
