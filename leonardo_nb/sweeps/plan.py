"""
A sweep before it is paid for: its cells, its price, and the door to running it.

A plan is a value that can be looked at, counted and priced as often as one likes; only `start`
sends anything.
"""

from __future__ import annotations

import html
from functools import partial
from typing import TYPE_CHECKING, Any

from leonardo_nb.engine.ingredients import ingredients_of
from leonardo_nb.engine.markup import NO_MATH
from leonardo_nb.engine.terms import Wall, checked_budget
from leonardo_nb.errors import BudgetExceeded, InvalidRequest, LeonardoError, UnknownParameter
from leonardo_nb.money import converted
from leonardo_nb.service.catalog import (
    STYLES,
    expected_seconds,
    find_model,
    preset_styles_for,
)
from leonardo_nb.service.plain import as_shown
from leonardo_nb.service.requests import CreateGeneration, own_seed
from leonardo_nb.service.values import ALIASES, parameter_name, shown
from leonardo_nb.sweeps.estimate import (
    Estimate,
    counted,
    makespan,
    slots_of,
    total,
)
from leonardo_nb.sweeps.run import Run
from leonardo_nb.sweeps.space import (
    Axis,
    Cell,
    Space,
    axis_values,
    cells_of,
    draw_seed,
    is_whole,
    label_of,
    linspace,
    space_of,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from leonardo_nb.engine.ingredients import Lists
    from leonardo_nb.engine.terms import Resend
    from leonardo_nb.money import Cost
    from leonardo_nb.studios import Studio

WORDS_IN_NAME = 4
LONGEST_NAME = 100
OF_THE_SWEEP = ("name", "reuse", "unpriced", "resend")
"""What a sweep takes that is no parameter of the service."""

__all__ = ["Plan", "plan", "sweep", "sweep_guidance", "sweep_seeds", "sweep_styles"]


class Plan:
    """
    A sweep that is not paid for yet: `len(plan)` cells, the last axis varies fastest.

    Attributes:
        axes: What varies, in the order given.
        fixed: What is the same in every cell, the seed always among it or among the axes.
        cells: Every cell with its request, checked.
        reuse: Whether cells that the library has already are taken from it.
    """

    __module__ = "leonardo_nb"

    axes: tuple[Axis, ...]
    fixed: dict[str, Any]
    cells: tuple[Cell, ...]

    def __init__(
        self,
        space: Space,
        cells: tuple[Cell, ...],
        *,
        studio: Studio | None = None,
        reuse: bool = True,
    ) -> None:
        self.reuse = reuse
        self.axes = space.axes
        self.fixed = space.fixed
        self.cells = cells
        self._studio = studio
        self._estimate: Estimate | None = None

    def __len__(self) -> int:
        return len(self.cells)

    def __iter__(self) -> Iterator[Cell]:
        return iter(self.cells)

    @property
    def studio(self) -> Studio:
        """The studio that prices and runs it: the one given, or the default one at first need."""
        if self._studio is None:
            from leonardo_nb.studios import studio

            self._studio = studio()
        return self._studio

    @property
    def requests(self) -> dict[str, CreateGeneration]:
        """The jobs it stands for, by content key: each is paid once, however many cells show it."""
        return {cell.key: cell.request for cell in self.cells}

    def estimate(self, only: Sequence[CreateGeneration] | None = None) -> Estimate:
        """
        Return the size, price and duration, before anything is paid.

        The calculator is asked once for every price that can differ, not once a cell.

        Args:
            only: Some of `requests`, such as those that are not in the library; all without it.

        Raises:
            ServiceError: The service refused to say, for instance because of the key.
            ConnectionFailed: It did not answer.
        """
        if only is not None:
            return self._estimated(list(only), len(only))
        if self._estimate is None:
            self._estimate = self._estimated(list(self.requests.values()), len(self.cells))
        return self._estimate

    def _estimated(self, requests: list[CreateGeneration], cells: int) -> Estimate:
        keys = [request.price_key() for request in requests]
        asked = {
            key: self.studio.price_later(request)
            for key, request in dict(zip(keys, requests, strict=True)).items()
        }
        prices = {key: self.studio.engine.wait(future) for key, future in asked.items()}
        return Estimate(
            cells=cells,
            jobs=len(requests),
            images=sum(request.num_images or 1 for request in requests),
            cost=total(prices[key] for key in keys),
            seconds=makespan(
                (expected_seconds(request.wire()) for request in requests),
                slots_of(self.studio),
            )
            / self.studio.speed,
        )

    def start(
        self,
        budget: Cost | None = None,
        *,
        name: str | None = None,
        unpriced: bool = False,
        resend: Resend | None = None,
    ) -> Run:
        """
        Send every cell that the library does not have, and return the run at once.

        Args:
            budget: The most that all runs of this name may cost together, such as
                `leo.Credits(100)`; also after a restart.
            name: What `leo.spending(by="sweep")` calls it; else its words and what varies.
            unpriced: Send cells under a budget although their price is known only afterwards.
            resend: What happens to a cell whose request's answer was lost, as in `leo.generate`.

        Raises:
            BudgetExceeded: The cells that are not in the library would pass the budget, or nobody
                can say their price; nothing was sent.
        """
        checked_budget(budget)
        name = self.name if name is None else _checked_name(name)
        terms = self.studio.usual.with_(
            reuse=self.reuse,
            unpriced=unpriced,
            **({} if resend is None else {"resend": resend}),
        )
        if budget is not None:
            scope = f"sweep {self.studio.base_url} {name}"
            wall = Wall(scope, budget, f'the budget of sweep "{name}"')
            terms = terms.behind(wall)
            self._keep_within(wall, unpriced=unpriced)
        return Run.started(self.studio, self.axes, self.fixed, self.cells, terms.of_sweep(name))

    @property
    def name(self) -> str:
        """What it is called unless it is given a name: its words, and what varies."""
        words = " ".join(str(self.fixed.get("prompt", "")).split()[:WORDS_IN_NAME])
        varies = " x ".join(axis.name for axis in self.axes)
        return ": ".join(filter(None, (words.rstrip(",.;:"), varies)))[:LONGEST_NAME] or "sweep"

    def _keep_within(self, wall: Wall, *, unpriced: bool) -> None:
        """Say before anything is sent that what is missing would cost more than is left."""
        missing = self.studio.missing(list(self.requests.values())) if self.reuse else None
        cost = self.estimate(missing).cost if missing is None or missing else wall.limit * 0
        if cost is None:
            if unpriced:
                return
            raise BudgetExceeded(
                f"The service names no price for this sweep, so {wall.limit} cannot be kept; "
                "nothing was sent. unpriced=True starts it, and counts what each cell turns out "
                "to cost."
            )
        cost, left = converted(cost, wall.limit.unit), self.studio.left_of(wall)
        if cost > left:
            count = len(self) if missing is None else len(missing)
            new = "" if missing is None or len(missing) == len(self.requests) else " that are new"
            if left == wall.limit:
                of, advice = "", "Take fewer values, or raise the budget."
            else:
                of = f"{left} that are left of "
                advice = (
                    f"It is one budget for every run of this name ({wall.scope.split(' ', 2)[2]}); "
                    'raise it, or give another one with name="...".'
                )
            raise BudgetExceeded(
                f"{counted(count, 'cell')}{new} would cost {cost}, which passes {of}the budget of "
                f"{wall.limit}; nothing was sent. {advice}"
            )

    def __repr__(self) -> str:
        product = " x ".join(f"{len(axis)} {axis.name}" for axis in self.axes) or "nothing varies"
        estimate = f": {self._estimate}" if self._estimate else ""
        return f"<Plan of {counted(len(self), 'cell')} ({product}){estimate}>"

    def _repr_html_(self) -> str:
        try:
            headline = str(self.estimate())
        except LeonardoError as error:
            headline = f"{counted(len(self), 'cell')}, price unknown: {error}"
        rows = [(axis.name, _few(axis.labels), counted(len(axis), "value")) for axis in self.axes]
        rows += [(name, label_of(name, value), "") for name, value in self.fixed.items()]
        return (
            f"<table {NO_MATH}><thead><tr>"
            f'<th colspan="3" style="text-align: left">{html.escape(headline)}</th>'
            "</tr></thead><tbody>"
            + "".join(
                "<tr>"
                + "".join(f'<td style="text-align: left">{html.escape(text)}</td>' for text in row)
                + "</tr>"
                for row in rows
            )
            + "</tbody></table>"
        )


def _few(labels: Sequence[str]) -> str:
    many = 12
    ends = labels if len(labels) <= many else (*labels[: many - 2], "…", labels[-1])
    return ", ".join(ends)


def plan(
    prompt: str | Sequence[str],
    *,
    check: bool = True,
    reuse: bool = True,
    studio: Studio | None = None,
    **parameters: Any,  # noqa: ANN401  a value, or a list of them
) -> Plan:
    """
    Return the sweep over every combination of the lists among the parameters; nothing is sent.

    A list, tuple, range or array is an axis, anything else is the same in every cell. Where the
    seed is neither, all cells share one that follows from what is the same in all of them, so that
    the same line asks for the same pictures; it is in `plan.fixed`.

    Args:
        prompt: What to draw, or several things.
        check: False sends what our rules would refuse.
        reuse: Take from the library, at no cost, what it has of the same requests; False pays for
            every cell anew, with a seed that is drawn where none is named.
        studio: Where to run it; the default one if None.
        **parameters: The service's parameters, as in `leo.generate`, also `init_image` and elements
            by name; several images are an axis.

    Raises:
        UnknownParameter: A keyword is not the service's.
        InvalidRequest: A value is refused, an axis is empty, or the cells are too many.
        ConflictingParameters: Cells break a rule; the error names the first one.
    """
    made: dict[str, Any] = ingredients_of(parameters, partial(_lists, studio), check=check)
    seed = own_seed(_same_everywhere(prompt, made)) if reuse else draw_seed()
    space = space_of(prompt, made, seed=seed, check=check)
    return Plan(space, cells_of(space, check=check), studio=studio, reuse=reuse)


def _same_everywhere(prompt: object, parameters: Mapping[str, object]) -> dict[str, str]:
    """Return what is the same in every cell, by the service's names, as text."""
    given = {"prompt": prompt, **{parameter_name(name): each for name, each in parameters.items()}}
    return {name: str(value) for name, value in given.items() if axis_values(name, value) is None}


def _checked_name(name: object) -> str:
    """
    Return *name* for a sweep.

    Raises:
        TypeError: It is no text.
        InvalidRequest: It is empty or too long.
    """
    if not isinstance(name, str):
        raise TypeError(f"name={shown(name)} must be text.")
    plain = " ".join(as_shown(name).split())
    if not plain or len(plain) > LONGEST_NAME:
        raise InvalidRequest(
            f"A sweep's name has 1 to {LONGEST_NAME} characters; this one has {len(plain)}.",
            member="name",
            value=name,
            nearest=plain[:LONGEST_NAME] or None,
        )
    return plain


def _lists(studio: Studio | None) -> Lists:
    """Return who knows the elements: *studio*, or the default one."""
    if studio is None:
        from leonardo_nb.studios import studio as default

        studio = default()
    return studio.element_lists


def sweep(
    prompt: str | Sequence[str],
    *,
    budget: Cost | None = None,
    name: str | None = None,
    reuse: bool = True,
    unpriced: bool = False,
    resend: Resend | None = None,
    check: bool = True,
    studio: Studio | None = None,
    **parameters: Any,  # noqa: ANN401  a value, or a list of them
) -> Run:
    """
    Ask for every combination of the lists among the parameters; return the run at once.

    As the last line of a cell it is a grid that fills while the jobs run, with count and price.
    The same line, run again, pays only for what the library does not have. The arguments and
    errors are those of `leo.plan` and `Plan.start`.
    """
    made = plan(prompt, check=check, reuse=reuse, studio=studio, **parameters)
    return made.start(budget, name=name, unpriced=unpriced, resend=resend)


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
    model = find_model(str(base.get("modelId", "")))
    if model is not None and model.styled_by == "styleUUID":
        name, known = "styleUUID", model.styles or tuple(STYLES)
    else:
        name = "presetStyle"
        known = preset_styles_for(
            alchemy=base.get("alchemy") is True,
            photo_real=base.get("photoReal") is True,
            version=str(base.get("photoRealVersion", "v1")),
        )
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
