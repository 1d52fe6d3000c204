"""
What a studio is given for its pictures: files of one's own, elements by name, a mask.

It is its own file because all of it has to be at the service, or asked of it, before there is a
request; the jobs themselves are the studio's.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar, TypeVarTuple

import anyio

from leonardo_nb.engine.canvas import inpaint_of, read_canvas
from leonardo_nb.engine.ingredients import ingredients_of
from leonardo_nb.engine.pictures import read_picture
from leonardo_nb.engine.terms import Terms
from leonardo_nb.engine.uploads import Upload, Uploads
from leonardo_nb.errors import EngineThreadError
from leonardo_nb.service.requests import CreateGeneration

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from leonardo_nb.engine.kinds import GenerationJob
    from leonardo_nb.engine.pictures import PictureLike
    from leonardo_nb.engine.runner import Runner
    from leonardo_nb.engine.thread import Engine
    from leonardo_nb.service.assets import PlatformElement, UserElementRow
    from leonardo_nb.service.client import Client

__all__ = ["ElementLists", "GivingMethods"]

T = TypeVar("T")
Args = TypeVarTuple("Args")


class ElementLists:
    """
    The elements that there are, each list asked for once; from any thread.

    Args:
        client: The service.
        engine: The thread that asks it.
        user_id: Returns the id of the account.
    """

    def __init__(
        self, client: Client, engine: Engine, user_id: Callable[[], Awaitable[str]]
    ) -> None:
        self._client = client
        self._engine = engine
        self._user_id = user_id
        self._platform: tuple[PlatformElement, ...] | None = None
        self._own: tuple[UserElementRow, ...] | None = None
        self._asking = anyio.Lock()

    def platform(self, *, again: bool = False) -> tuple[PlatformElement, ...]:
        """
        Return the service's elements; asked for once, unless *again*.

        Raises:
            EngineThreadError: They are not here yet, and this is the engine's own thread.
            ConnectionFailed: Nobody answers.
        """
        known = None if again else self._platform
        return self._wait(self._ask_platform, again) if known is None else known

    def own(self, *, again: bool = False) -> tuple[UserElementRow, ...]:
        """
        Return the account's own elements; asked for once, unless *again*.

        Raises:
            EngineThreadError: They are not here yet, and this is the engine's own thread.
            ConnectionFailed: Nobody answers.
        """
        known = None if again else self._own
        return self._wait(self._ask_own, again) if known is None else known

    def _wait(self, ask: Callable[[bool], Awaitable[T]], again: bool) -> T:  # noqa: FBT001  ours alone
        if self._engine.is_current_thread():
            raise EngineThreadError(
                "An element is said by name, and its list is not here yet; asking for it would "
                "block the engine, which runs this callback. leo.elements(), or own=True for your "
                "own, asks for it beforehand; ids need no list."
            )
        return self._engine.wait(self._engine.run(ask, again))

    async def _ask_platform(self, again: bool) -> tuple[PlatformElement, ...]:  # noqa: FBT001  as above
        async with self._asking:
            if self._platform is None or again:
                self._platform = await self._client.elements()
            return self._platform

    async def _ask_own(self, again: bool) -> tuple[UserElementRow, ...]:  # noqa: FBT001  as above
        user_id = await self._user_id()
        async with self._asking:
            if self._own is None or again:
                self._own = await self._client.user_elements(user_id)
            return self._own


class GivingMethods:
    """
    The part of a studio that is about what goes into a picture; `Studio` has it.

    Attributes:
        element_lists: The elements that can be said by name.
    """

    client: Client
    engine: Engine
    element_lists: ElementLists
    _runner: Runner
    _usual: Terms
    _uploads: Uploads

    def _now(self, function: Callable[[*Args], Awaitable[T]], *given: *Args) -> T:
        """Return what *function* gives on the engine, waiting for it."""
        return self.engine.wait(self.engine.run(function, *given))

    def upload(self, what: PictureLike | Upload) -> Upload:
        """
        Send a picture to the service, so that jobs can begin with it; it costs nothing.

        The same content is sent once only. JPEG, PNG and WEBP files are sent byte for byte. The
        caller waits until it is there.

        Args:
            what: A path, bytes, an open file, a `PIL.Image`, an `Image` of a job, or a numpy
                array of height x width, or height x width x 3 or 4.

        Returns:
            The upload, which is taken wherever an image is.

        Raises:
            InvalidRequest: It is no picture, damaged, or has more than 80 megapixels or 100 MB;
                nothing was sent.
            RequestRefused: The service or its storage does not take it.
            ConnectionFailed: Nobody answers.
            EngineThreadError: Called on the engine, such as in a job's callback.
        """
        if isinstance(what, Upload):
            return what
        return self._now(self._uploads.send, read_picture(what))

    def request(self, prompt: object, *, check: bool = True, **parameters: Any) -> CreateGeneration:  # noqa: ANN401
        """
        Return the request for pictures that `generate` would send.

        Images become their ids and elements are found by name. The first name waits for the
        service's list of elements; from then on nothing is asked.

        Raises:
            UnknownParameter: There is no such parameter; names the nearest.
            InvalidRequest: A value that the service would refuse; names member and nearest value.
            ConnectionFailed: An element is said by name, and nobody answers.
            EngineThreadError: An element is said by name on the engine, such as in a job's
                callback, before its list was asked for.
        """
        return CreateGeneration.of(prompt, check=check, **self.ingredients(parameters, check=check))

    def ingredients(
        self, parameters: Mapping[str, object], *, check: bool = True
    ) -> dict[str, Any]:
        """
        Return *parameters* of `generate`, `inpaint` or a sweep, as the service has them.

        Images become their ids and elements are found by name; all others stay as they are.

        Raises:
            InvalidRequest: Something is no image, or there is no such element; names the nearest.
            ConnectionFailed: As in `request`.
            EngineThreadError: As in `request`.
        """
        return ingredients_of(parameters, lambda: self.element_lists, check=check)

    def inpaint(
        self,
        prompt: str,
        image: PictureLike,
        mask: PictureLike,
        strength: float = 0.5,
        *,
        check: bool = True,
        **parameters: Any,  # noqa: ANN401  typed by CreateGeneration
    ) -> GenerationJob:
        """
        Ask for part of *image* to be drawn again; return the job once both pictures are sent.

        Args:
            prompt: What to draw there.
            image: What `upload` takes; its sides are multiples of 8, up to 1536 pixels.
            mask: The same, of the same size; white is drawn again, black stays, and of grey the
                lighter half is white.
            strength: How much is drawn anew, from 0.2 to 0.9.
            check: As in `generate`.
            **parameters: As in `generate`; the model is SDXL 1.0 unless given.

        Raises:
            InvalidRequest: The sizes differ or are not taken, or the model or its mode does not
                inpaint; nothing was sent.
            ConnectionFailed: Nobody answers.
            EngineThreadError: Called on the engine, such as in a job's callback.
        """
        terms = Terms.taken_from(parameters, self._usual)
        picture, cover = read_canvas(image, mask)
        given = self.ingredients(parameters, check=check)
        request = inpaint_of(prompt, picture.size, strength=strength, check=check, **given)
        ids = self._now(self._uploads.send_canvas, picture, cover)
        sent = dict(zip(("canvasInitId", "canvasMaskId"), ids, strict=True))
        whole = CreateGeneration.from_wire(request.wire() | sent)
        return self._runner.submit(terms.seeded(whole, parameters), terms=terms)
