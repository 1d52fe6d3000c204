from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from leonardo_nb.engine.markup import NO_MATH
from leonardo_nb.sweeps.functions import plan
from leonardo_nb.widgets.album import freeze_album
from leonardo_nb.widgets.contact import freeze_run
from leonardo_nb.widgets.freeze import freeze_job

if TYPE_CHECKING:
    import leonardo_nb as leo


def test_all_html_asks_not_to_be_typeset(studio: leo.Studio) -> None:
    """Its outermost element says so, whatever it shows; a prompt with `$x^2$` is text."""
    job = studio.generate("$x^2$", width=64, height=64, alchemy=False)
    film = job.result(20)[0].to_video("$x^2$")
    cells = plan("$x^2$", studio=studio, seed=[1, 2], width=64, height=64, alchemy=False)
    run = cells.start()
    run.result(20)
    shown: list[Any] = [cells, film.result(20), studio.me(), studio.models()]
    shown += [studio.styles(), studio.jobs(), studio.history()]
    pages = [each._repr_html_() for each in shown]
    frozen = [freeze_job(job), freeze_job(film), freeze_run(run), freeze_album([job])]
    pages += [str(each.data["text/html"]) for each in frozen]

    assert [NO_MATH] * len(pages) == [
        found[1] if (found := re.match(r'<\w+ (class="[^"]*")', page)) else page[:80]
        for page in pages
    ]
