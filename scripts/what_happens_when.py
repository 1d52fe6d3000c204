"""
Write docs/what-happens-when.md from the table that the tests drive, and from the retry policy.

    python scripts/what_happens_when.py
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from leonardo_nb.service import retries

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs" / "what-happens-when.md"

sys.path.insert(0, str(ROOT))

from tests.faults.expected import FAULTS, READS, ROUTES, Does, Means, cells, expected  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.faults.expected import Fault, Outcome, Route

INTRODUCTION = """\
# What happens when

Networks break, services have bad days and laptops are closed. This page says what leonardo_nb does
then: whether you paid, whether your picture is lost, and what you have to do. Every line of the
tables is tested; together they are {cells:,} cases, each driven from the function that you call to
the simulated service and back.

Four things hold always.

- **Nothing is paid twice.** A request that makes a job is sent again only if the service provably
  did nothing, or if your account's newest jobs were searched for it, several times over at least
  20 seconds, and it is not there. That happens once. Where nobody can look, the job stops and asks
  you. A service that took longer than that to list a job could still make a second one; with
  `resend="never"` no request whose answer was lost is sent again by itself.
- **Nothing that is paid is lost.** The request is written down before it leaves, and the job's id
  as soon as it is here. `leo.resume()` takes up whatever has not ended: after an error, a restart,
  a power cut. Only the built-in simulator's jobs, which are play money, end with their kernel.
- **What costs nothing is simply asked again**, a few times, with growing pauses.
- **Every error says** what happened, whether you paid, and what to do now.

Three ways to go on:

- `leo.resume()` looks for every job that has not ended, and fetches what is missing.
- `job.adopt("...")` takes the job that was made, by the id that the card or your account shows,
  where an answer was lost. It costs nothing.
- `job.resend()` sends a job again whose answer was lost, and pays for it. Nothing but your word
  does that a second time.

After a restart `leo.resume()` gives these jobs back, and looks for them once more.

`job.charge` and the card say of each job whether money was spent: *none*, *charged*, *refunded*
(the service gives the price of failed jobs back) or *unknown* (the answer is not here; the budget
counts it as spent).

"Once" is a fault that is gone the next time, "every time" one that stays. Where nothing is said of
money, nothing was paid.
"""

SECTIONS = {
    Does.JOB: "This one is paid. Unless it provably did nothing, it is never sent twice unseen.",
    Does.PAID_QUESTION: "A prompt costs 4 credits, and no list shows it afterwards.",
    Does.BEFORE: "A job whose account cannot be asked for is not sent.",
    Does.PRICE: "A price is a courtesy, unless there is a budget: then it has to be known.",
    Does.LOOK: "The job is paid and goes on at the service, whatever happens to a look.",
    Does.SEARCH: "The answer to a paid request was lost, and the list of jobs is in trouble too.",
    Does.FILE: "The job is paid and complete; its files are fetched into your library.",
    Does.QUESTION: "Balance, prices, models, elements, history.",
    Does.PREVIEW: "A table is as good without its little pictures.",
    Does.FORM: "The service gives out a form for each picture that you upload. It costs nothing.",
    Does.UPLOAD: "The picture goes to the service's storage, without your key; twice does no harm.",
    Does.DELETE: "Gone is gone, however often it is asked for.",
}

RETRIES = """\
## Again or not: the whole policy

`leonardo_nb/service/retries.py` has it in one place. A *paid write* makes a job, or is charged in
itself; *unknown* means that the job is searched for before anything is sent again. Pauses are in
seconds, *patience* is five minutes.

```text
{table}
```

Two things have rules of their own. A look at a job is not repeated at once, because the next look
is the repetition; it goes on for 15 minutes in which this machine was awake. A file is fetched
three times.
"""


def page() -> str:
    """Return the whole page."""
    parts = [INTRODUCTION.format(cells=len(cells()))]
    for does, sentence in SECTIONS.items():
        parts.append(f"## {does.value}\n\n{sentence}\n")
        parts += [section(routes) for routes in alike(does)]
    parts.append(RETRIES.format(table=retries.table()))
    return "\n".join(parts)


def alike(does: Does) -> list[list[Route]]:
    """Return the routes that are asked for one thing, those to which the same happens together."""
    found: dict[str, list[Route]] = {}
    for route in ROUTES:
        if route.does is does:
            found.setdefault(str([both(route, fault) for fault in FAULTS]), []).append(route)
    return list(found.values())


def both(route: Route, fault: Fault) -> tuple[Outcome | None, Outcome | None]:
    """Return what a fault comes to once, and every time."""
    return expected(route, fault, lasts=False), expected(route, fault, lasts=True)


def section(routes: Sequence[Route]) -> str:
    """Return the table of *routes*, to all of which the same happens."""
    lines = [*dict.fromkeys(f"- `{route.call}`: {asked(route)}" for route in routes), ""]
    lines += ["| what goes wrong | once | every time |", "| --- | --- | --- |"]
    rows: dict[tuple[str, str], list[Fault]] = {}
    for fault in FAULTS:
        once, always = both(routes[0], fault)
        if once is not None:
            # what means the same to this route is one row, in the place of the first
            cells_of_row = told(once), "the same" if always is None else told(always)
            rows.setdefault(cells_of_row, []).append(fault)
    for (first, lasting), faults in rows.items():
        same = "the same" if first == lasting else lasting
        lines.append(f"| {named(faults, routes[0])} | {first} | {same} |")
    return "\n".join([*lines, ""])


def asked(route: Route) -> str:
    """Return what is asked of whom."""
    if route.path == "/media/*":
        return "the file's own address"
    if route.path == "/uploads/":
        return "the address in the form"
    return f"{route.method} {route.path}"


DONE = " after the work was done"
UNDONE = " before the work was done"


def named(faults: Sequence[Fault], route: Route) -> str:
    """Return the names of *faults*; before or after the work is left out where it is the same."""
    names = [fault.name.replace(",", "") for fault in faults]
    short = [name.removesuffix(DONE).removesuffix(UNDONE) for name in names]
    said = dict.fromkeys(
        brief if route.does in READS or short.count(brief) == 2 else name
        for name, brief in zip(names, short, strict=True)
    )
    if route.does is Does.JOB:
        clock = {fault.name for fault in faults if fault.means is Means.CLOCK}
        said = dict.fromkeys(
            f"{each} and the answer lost" if each in clock else each for each in said
        )
    return "; ".join(said)


def told(outcome: Outcome) -> str:
    """Return an outcome as a cell of a table."""
    facts = []
    if outcome.error is not None:
        facts.append(f"`{outcome.error}`")
    if outcome.asked > 1 and outcome.is_exact:
        facts.append(f"asked {outcome.asked} times in all")
    if outcome.charge != "none":
        facts.append(CHARGES[outcome.charge])
    return f"{outcome.gist} ({', '.join(facts)})" if facts else outcome.gist


CHARGES = {"charged": "paid once", "unknown": "perhaps paid, never twice", "refunded": "refunded"}


def main() -> None:
    """Write the page."""
    PAGE.parent.mkdir(exist_ok=True)
    PAGE.write_text(page(), encoding="utf-8")
    print(f"{PAGE.relative_to(ROOT)}: {len(cells()):,} cells")


if __name__ == "__main__":
    main()
