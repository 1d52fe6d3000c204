"""
What is asked of the service besides jobs: small questions, some of them paid.

Its coroutines run on the engine's thread. What is paid goes through the studio's budget like a job
and is never sent twice, because nobody can tell whether the first one was paid.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import anyio
import anyio.to_thread

from leonardo_nb.account.tables import thumbnail
from leonardo_nb.errors import LeonardoError
from leonardo_nb.money import Credits
from leonardo_nb.service.catalog import FIXED_CREDITS

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from leonardo_nb.account.tables import Thumbnail
    from leonardo_nb.engine.runner import Runner
    from leonardo_nb.service.assets import Prompt
    from leonardo_nb.service.client import Client

__all__ = ["Errands"]

log = logging.getLogger("leonardo_nb")

PREVIEW_SECONDS = 6.0
"""For how long previews are fetched before a table does without the rest."""
PREVIEW_BYTES = 5_000_000
PREVIEWS_AT_ONCE = 8


class Errands:
    """
    What one studio asks besides jobs.

    Args:
        client: The service.
        runner: Whose account and budget they go through.
    """

    def __init__(self, client: Client, runner: Runner) -> None:
        self._client = client
        self._runner = runner
        self._previews: dict[str, Thumbnail | None] = {}

    async def previews(self, urls: Mapping[str, str | None]) -> dict[str, Thumbnail]:
        """
        Return small pictures of what is at *urls*, by the same names; each is fetched once.

        What cannot be fetched, is no picture, or takes too long is left out: nobody pays for it,
        and a table is right without it. What could not be fetched is tried again the next time.
        """
        missing = {url for url in urls.values() if url and url not in self._previews}
        places = anyio.CapacityLimiter(PREVIEWS_AT_ONCE)

        async def fetch(url: str) -> None:
            async with places:
                try:
                    self._previews[url] = await self._preview(url)
                except LeonardoError as error:
                    log.info("A preview could not be fetched: %s", error)

        with anyio.move_on_after(PREVIEW_SECONDS):
            async with anyio.create_task_group() as together:
                for url in missing:
                    together.start_soon(fetch, url)
        found = {name: self._previews.get(url) for name, url in urls.items() if url}
        return {name: picture for name, picture in found.items() if picture is not None}

    async def _preview(self, url: str) -> Thumbnail | None:
        """
        Return a small picture of what is at *url*; None where it is none, or far too large.

        Raises:
            DownloadFailed: It cannot be fetched now.
        """
        data = bytearray()
        async with self._client.media(url) as answer:
            async for piece in answer.aiter_bytes():
                data += piece
                if len(data) > PREVIEW_BYTES:
                    return None
        return await anyio.to_thread.run_sync(thumbnail, bytes(data))

    async def improved(self, prompt: str, instructions: str | None, *, is_video: bool) -> Prompt:
        """Return a better prompt; paid."""
        return await self._paid(
            "prompt/improve",
            {"prompt": prompt},
            lambda: self._client.prompt_improve(
                prompt, instructions=instructions, is_video=is_video
            ),
        )

    async def invented(self) -> Prompt:
        """Return a prompt out of nothing; paid."""
        return await self._paid("prompt/random", {}, self._client.prompt_random)

    async def _paid(
        self, endpoint: str, request: Mapping[str, object], ask: Callable[[], Awaitable[Prompt]]
    ) -> Prompt:
        """
        Ask for a prompt within the budget, once.

        Raises:
            BudgetExceeded: It does not fit; nothing was sent.
            OutcomeUnknown: The answer was lost, and it may have been paid.
            ServiceError: The service said no; nothing was paid.
        """
        prompt = await self._runner.payments.answer(
            endpoint,
            request,
            Credits(FIXED_CREDITS[endpoint]),
            ask,
            lambda answer: answer.cost,
        )
        try:
            await self._runner.refresh_account()
        except LeonardoError as error:
            log.info("The balance could not be asked for: %s", error)
        return prompt
