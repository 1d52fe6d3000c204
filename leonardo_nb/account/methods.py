"""
What a studio can do besides jobs: the part of `Studio` that is about the account.

It is its own file because a studio is both: the way jobs go, and everything else that an account
has. Each method is short; what it does is in the other files of this room. What goes into pictures
is no matter of the account, and in `engine.giving`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, overload

import anyio

from leonardo_nb.account.errands import Errands
from leonardo_nb.account.history import History
from leonardo_nb.account.me import Me
from leonardo_nb.account.offers import (
    ElementTable,
    ModelTable,
    OwnElementTable,
    StyleTable,
    pictures_of_models,
    pictures_of_styles,
    styles_of,
)
from leonardo_nb.account.prices import Priced, priced, service_named
from leonardo_nb.account.prompts import Prompt
from leonardo_nb.account.spending import SpendingTable, by_named
from leonardo_nb.engine.deletion import delete_record, delete_unknown
from leonardo_nb.engine.giving import ElementLists, GivingMethods
from leonardo_nb.engine.job import Job
from leonardo_nb.engine.looks import look_at_generation
from leonardo_nb.engine.uploads import Upload, Uploads
from leonardo_nb.errors import InvalidRequest, LibraryError
from leonardo_nb.service.reading import is_uuid

if TYPE_CHECKING:
    from collections.abc import Sequence

    from leonardo_nb.account.offers import Painter
    from leonardo_nb.account.spending import By
    from leonardo_nb.library.files import MediaStore
    from leonardo_nb.library.ledger import Ledger
    from leonardo_nb.library.records import JobRecord
    from leonardo_nb.money import Cost
    from leonardo_nb.service.responses import Generation

__all__ = ["AccountMethods"]

LOOKED_BACK = 300
"""Jobs of the library among which pictures of models and styles are looked for."""
MOST_HISTORY = 100
"""Rows of one page; the service documents no limit of its own."""
FETCH_SECONDS = 5.0
"""For how long a history waits for what is over at the service, before it is shown without."""


class AccountMethods(GivingMethods):
    """The part of a studio that is about its account: balance, catalogue, prices, history."""

    _ledger: Ledger
    _errands: Errands
    _painter: Painter

    def _open_account(self, store: MediaStore) -> None:
        """Make what these methods, and those of what is given, need; nothing is asked for yet."""
        self._uploads = Uploads(self.client, store)
        self._errands = Errands(self.client, self._runner)
        self.element_lists = ElementLists(self.client, self.engine, self._runner.user_id)

    @property
    def simulated(self) -> bool:
        """Whether the built-in simulator draws the pictures, which costs nothing."""
        raise NotImplementedError

    # account and catalogue

    def me(self) -> Me:
        """
        Return the account's balance, slots and renewal, asked for now; it shows itself.

        Raises:
            AuthenticationError: The key is refused.
            ConnectionFailed: Nobody answers.
        """
        account = self._now(lambda: self._runner.refresh_account(always=True))
        purse = self._runner.purse
        limit = None if purse.wall is None else purse.wall.limit
        return Me.of(account, simulated=self.simulated, budget=limit, spent=purse.spent)

    def models(self) -> ModelTable:
        """
        Return the models that the service offers by name, asked for now, as a table.

        It is a sequence of `PlatformModel`. A model's picture is the newest one of it in the
        library, or else the service's own preview.
        """
        rows = self._now(self.client.platform_models)
        pictures = pictures_of_models(self._ledger.jobs(limit=LOOKED_BACK))
        wanted = {row.id: row.image_url for row in rows if row.id not in pictures}
        return ModelTable(rows, self._now(self._errands.previews, wanted) | pictures)

    @overload
    def elements(self, *, own: Literal[False] = ...) -> ElementTable: ...
    @overload
    def elements(self, *, own: Literal[True]) -> OwnElementTable: ...
    @overload
    def elements(self, *, own: bool) -> ElementTable | OwnElementTable: ...
    def elements(self, *, own: bool = False) -> ElementTable | OwnElementTable:
        """
        Return the service's elements, asked for now, as a table.

        Args:
            own: The elements that the account has trained, in their place.
        """
        if own:
            return OwnElementTable(self.element_lists.own(again=True))
        rows = self.element_lists.platform(again=True)
        wanted = {row.id: row.image_url for row in rows}
        return ElementTable(rows, self._now(self._errands.previews, wanted))

    def styles(self, model: str | None = None) -> StyleTable:
        """
        Return the styles of *model* as a table; nothing is asked of the service.

        A style's picture is the newest one in the library that was drawn with that model in that
        style, or else an impression by the built-in painter, which says so.

        Args:
            model: Its name, slug or id; the default model where None.

        Raises:
            InvalidRequest: It names no model whose styles are known.
        """
        records = self._ledger.jobs(limit=LOOKED_BACK)
        pictures = pictures_of_styles(styles_of(model), records)
        return StyleTable(model, pictures=pictures, painter=self._painter)

    def price(
        self,
        what: object = None,
        *given: Any,  # noqa: ANN401  whatever the function takes
        service: str | None = None,
        **parameters: Any,  # noqa: ANN401
    ) -> Cost:
        """
        Return what something would cost; nothing is made or paid.

        Args:
            what: A prompt; a request; or one of our functions, such as `leo.text_to_video` or
                `image.upscale`.
            *given: What the function would be given; a picture need not be uploaded.
            service: A service of the calculator, such as `"MODEL_TRAINING"`, in place of *what*.
            **parameters: What `generate`, the function, or the service would be given by name.

        Returns:
            The price; its `credits` and `dollars` are about the same amount in either unit.

        Raises:
            InvalidRequest: It would be refused itself, or nobody knows its price.
        """
        if service is not None:
            return self._now(self.client.calculated, service_named(service), parameters)
        found = priced(what, given, parameters, studio=self)
        if isinstance(found, Priced):
            return self._now(self._runner.price, found.request, found.size)
        return found

    def spending(self, by: By = "day") -> SpendingTable:
        """
        Return what the jobs of the library have cost, as a table with a chart; nothing is asked.

        It has all jobs of the library, of every process and service. What was simulated is told
        apart, credits are never added to dollars, and jobs whose price is not known are counted.

        Args:
            by: "day", which begins at midnight in UTC, or "sweep".

        Raises:
            InvalidRequest: *by* is neither; names the nearest.
        """
        named = by_named(by)
        today = self._runner.clock.wall().date()
        return SpendingTable(self._ledger.spending(named), by=named, today=today)

    # prompts

    def improve_prompt(
        self, prompt: str, instructions: str | None = None, *, is_video: bool = False
    ) -> Prompt:
        """
        Return a better prompt, written by the service for 4 credits.

        Args:
            prompt: At most 200 characters.
            instructions: How it should be better.
            is_video: Whether it is for a video.

        Returns:
            The prompt, a text that knows its `cost`.

        Raises:
            InvalidRequest: It is empty or too long; nothing was sent.
            BudgetExceeded: It does not fit into the budget; nothing was sent.
            OutcomeUnknown: The answer was lost, and it may have been paid; it is not sent again.
        """
        if not isinstance(prompt, str):
            raise InvalidRequest(
                f"prompt must be text, not a {type(prompt).__name__}.", member="prompt"
            )
        return Prompt.of(
            self._now(lambda: self._errands.improved(prompt, instructions, is_video=is_video))
        )

    def random_prompt(self) -> Prompt:
        """
        Return a prompt out of nothing, written by the service for 4 credits.

        Raises:
            BudgetExceeded: It does not fit into the budget; nothing was sent.
            OutcomeUnknown: The answer was lost, and it may have been paid; it is not sent again.
        """
        return Prompt.of(self._now(self._errands.invented))

    # history

    def history(self, limit: int = 10, offset: int = 0) -> History:
        """
        Return the account's newest generations as jobs, in a table.

        Those that were asked for elsewhere are written into the library, and their files fetched;
        the table waits for them a few seconds. Variations are in no list of the service's.

        Args:
            limit: How many, at most 100.
            offset: How many of the newest are left out.

        Raises:
            InvalidRequest: *limit* or *offset* is no such number.
            UnexpectedResponse: The service does not say whose key it is.
        """
        _check_count("limit", limit, 1, MOST_HISTORY)
        _check_count("offset", offset, 0, 1_000_000)

        async def ask() -> tuple[Generation, ...]:
            user_id = await self._runner.user_id()
            return await self.client.generations(user_id, limit=limit, offset=offset)

        rows = self._now(ask)
        known = self._ledger.with_job_ids([row.id for row in rows])
        taking_up = self._runner.taking_up
        jobs = [
            taking_up.found(known[row.id], look_at_generation(row))
            if row.id in known
            else taking_up.from_history(row)
            for row in rows
        ]
        ends = [
            job
            for job, row in zip(jobs, rows, strict=True)
            if (row.is_complete or row.is_failed) and not job.done()
        ]
        self._now(self._settled, ends)
        return History(jobs, offset=offset)

    async def _settled(self, jobs: Sequence[Job[Any]]) -> None:
        """Return once all of *jobs*, which are over at the service, have ended here, or soon."""
        left, ended = set(jobs), anyio.Event()

        def one_less(job: Job[Any]) -> None:
            left.discard(job)
            if not left:
                ended.set()

        for job in jobs:
            job.add_done_callback(one_less)
        if jobs:
            await self._runner.clock.pause(FETCH_SECONDS, until=ended)

    def delete(self, what: Job[Any] | Upload | str) -> str:
        """
        Delete a generation, or an upload, at the service; what the library has of it stays.

        Args:
            what: A job that has ended, a generation's id, or an `Upload`.

        Returns:
            A sentence that says what is gone and what stays.

        Raises:
            InvalidRequest: The job is in flight, has files that are not here, was never accepted,
                or is a variation, which the service does not delete.
            NotFound: The service has nothing of that id.
            LibraryError: The job was asked of another service.
        """
        if isinstance(what, Upload):
            return self._now(self._uploads.delete, what)
        if isinstance(what, Job):
            self._recorded(what.uid)
            return what.delete()
        name = str(what).strip()
        if not is_uuid(name):
            raise InvalidRequest(
                "delete() takes a job, an Upload, or the whole id of a generation as text, not "
                f"{what!r:.60}.",
                member="job",
                value=what,
            )
        record = self._recorded(name)
        live = next((job for job in tuple(self._runner.jobs.values()) if job.id == name), None)
        if live is not None:
            return live.delete()
        if record is None:
            return self._now(delete_unknown, self.client, name)
        return self._now(delete_record, self.client, record)

    def _recorded(self, name: str) -> JobRecord | None:
        """
        Return what the library knows of the job with the whole id, or own name, *name*.

        Raises:
            LibraryError: That job is another service's.
        """
        found = self._ledger.find(name)
        record = next((each for each in found if name in {each.job_id, each.uid}), None)
        if record is not None and record.base_url != self.client.base_url:
            raise LibraryError(
                f"This job was asked of {record.base_url}, and this studio speaks to "
                f"{self.client.base_url}; connect to the other one to delete it."
            )
        return record


def _check_count(name: str, value: object, low: int, high: int) -> None:
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        raise InvalidRequest(
            f"{name} must be a whole number from {low} to {high:,}, not {value!r:.40}.",
            member=name,
            value=value,
            nearest=min(max(value, low), high) if isinstance(value, int) else low,
        )
