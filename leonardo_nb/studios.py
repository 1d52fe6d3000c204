"""
A studio: one account, one library, and the thread that carries jobs between them.

The only module that knows that there are a service and a simulator.
"""

from __future__ import annotations

import contextlib
import uuid
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self, cast, overload

from leonardo_nb.account.jobs import JobTable
from leonardo_nb.account.methods import AccountMethods
from leonardo_nb.clock import SystemClock
from leonardo_nb.engine import origins
from leonardo_nb.engine.callbacks import Callbacks, token_of
from leonardo_nb.engine.limits import Limits
from leonardo_nb.engine.runner import Runner
from leonardo_nb.engine.terms import Terms, Wall, checked_budget, checked_resend
from leonardo_nb.engine.thread import Engine
from leonardo_nb.environment import (
    LIVE_BASE_URL,
    address_of,
    base_url_of,
    database_of,
    demo_speed,
    keychain,
    library_folder,
    webhook_token_of,
)
from leonardo_nb.errors import LeonardoError, LibraryError
from leonardo_nb.library.files import MediaStore
from leonardo_nb.library.ledger import Ledger
from leonardo_nb.library.shelf import Shelf
from leonardo_nb.service.client import Client
from leonardo_nb.service.keys import Key
from leonardo_nb.service.requests import CreateGeneration, TextToVideo

if TYPE_CHECKING:
    import os
    from collections.abc import Iterable, Mapping, Sequence
    from collections.abc import Set as AbstractSet
    from concurrent.futures import Future
    from types import TracebackType

    import PIL.Image

    from leonardo_nb.clock import Clock
    from leonardo_nb.engine.job import Job
    from leonardo_nb.engine.kinds import GenerationJob, VariationJob, VideoJob
    from leonardo_nb.engine.media import Video
    from leonardo_nb.engine.origins import ImageLike
    from leonardo_nb.engine.polling import Polling
    from leonardo_nb.engine.resumed import Resumed
    from leonardo_nb.engine.taking_up import Follower
    from leonardo_nb.engine.terms import Resend
    from leonardo_nb.money import Cost
    from leonardo_nb.service.addresses import Address
    from leonardo_nb.service.requests import Body, VariationBody, VideoBody
    from leonardo_nb.service.responses import Account
    from leonardo_nb.simulator import Simulator

__all__ = ["Studio"]

LONGEST_ID = 64


class Studio(AccountMethods):
    """
    Where jobs are asked for: the service or the simulator, a library, a budget.

    Args:
        api_key: The service's key; else that of `leo.login()` in this process, else
            LEONARDO_API_KEY, else what login has put into the system's keyring. Without any, the
            built-in simulator is used, which costs nothing.
        base_url: Another service that speaks the same protocol, up to and with `/api/rest/v1`;
            else LEONARDO_BASE_URL, else the live service. It needs a key, too.
        simulator: True for the simulator although there is a key, or a `Simulator` of your own.
        library: The folder for jobs and pictures; else LEONARDO_LIBRARY, else the platform's data
            directory.
        database: The address of a PostgreSQL server's database for the jobs, such as
            "postgresql+psycopg://user@host/name"; else LEONARDO_DATABASE; without one, and for "",
            a file in the library's folder. All who share it share that folder, too. It needs the
            extra `scale`.
        allow_http: Let the key travel openly, to a `base_url` that begins with http:// and is not
            this machine; only for a network on which nobody else listens.
        budget: The most that may be spent, such as `leo.Credits(500)`. It is one budget for all
            kernels and processes that use the library with this service and were connected with a
            budget on the same day (UTC), also after a restart; what others spend is not counted.
            The built-in simulator's is the studio's own.
        limits: How much may happen at once and in a minute.
        webhook_url: The https address at which the service can call back, such as a tunnel's or a
            hub's; True works it out where a hub tells. A job then ends as soon as its callback is
            here; without one, or where none comes, it is looked at as ever.
        webhook_port: The port of this machine at which callbacks arrive; 0 takes the one that a
            hub's address names (`/proxy/<port>/`), or a free one.
        webhook_token: What callbacks have to carry as a bearer token; else
            LEONARDO_WEBHOOK_TOKEN, else anybody who reaches the port can cause a look at a job.
        resend: What happens where the answer to a request is lost and the account's newest jobs
            show nothing of it: "once" sends it again, "never" leaves it to you.
        polling: When to look at jobs.
        clock: Time; tests have one that never waits.

    Attributes:
        shelf: Sweeps by name, and what was said of their pictures.
        limits: How much may happen at once and in a minute.

    Raises:
        LibraryError: The library cannot be used.
        InvalidRequest: The base URL, the key, or the webhook's address, port or token cannot be
            used.
    """

    __module__ = "leonardo_nb"

    def __init__(
        self,
        *,
        api_key: str | Key | None = None,
        base_url: str | None = None,
        simulator: bool | Simulator | None = None,
        library: str | os.PathLike[str] | None = None,
        database: str | None = None,
        allow_http: bool = False,
        budget: Cost | None = None,
        limits: Limits | None = None,
        webhook_url: str | bool | None = None,
        webhook_port: int = 0,
        webhook_token: str | Key | None = None,
        resend: Resend = "once",
        polling: Polling | None = None,
        clock: Clock | None = None,
    ) -> None:
        checked_budget(budget)
        checked_resend(resend)
        self._usual = Terms(resend=resend)
        key, api_key = Key(api_key or ""), None  # a traceback may show this frame
        token, webhook_token = token_of(webhook_token_of(webhook_token)), None
        self.folder = library_folder(library)
        base_url = base_url_of(base_url)
        if not key.reveal() and simulator in {None, False}:
            key = keychain().key(address_of(base_url)) or key
        self.clock = clock or SystemClock()
        given = simulator is not None and not isinstance(simulator, bool)
        is_simulated = bool(simulator) or (simulator is None and not (key.reveal() or base_url))
        with contextlib.ExitStack() as opened:  # what follows may fail at any line
            self.engine = Engine()
            opened.callback(self.engine.close)
            if not is_simulated:
                self.client = Client(
                    base_url=base_url or LIVE_BASE_URL, api_key=key, allow_http=allow_http
                )
            store = MediaStore(self.folder)
            self._ledger = Ledger(self.folder, database_of(database))
            opened.callback(self._ledger.close)
            self._callbacks = Callbacks(self.engine, token, webhook_port)
            opened.callback(self._callbacks.close)
            if webhook_url is not None and webhook_url is not False:
                self._callbacks.open(None if webhook_url is True else webhook_url)
            self.simulator = _simulator(simulator, self._callbacks) if is_simulated else None
            if self.simulator is not None:
                self.client = Client(
                    base_url=self.simulator.base_url,
                    api_key=self.simulator.key,
                    transport=self.simulator.transport(),
                )
            elif self.webhook is not None:
                self.client.webhook_url = self.webhook.url
            self._runner = Runner(
                client=self.client,
                ledger=self._ledger,
                store=store,
                engine=self.engine,
                clock=self.clock,
                polling=polling,
                limits=limits,
                usual=self._usual,
                wall=self._wall(budget, is_own=self.simulated and not given),
                simulated=self.simulated,
                remembers=not self.simulated or given,
                speed=self.speed,
            )
            opened.pop_all()
        drawn = " simulated" if self.simulated else ""
        self.shelf = Shelf(self._ledger.database, f"{self.base_url}{drawn}")
        self.limits = limits or Limits()
        self._callbacks.runner = self._runner
        self._painter = _impression
        self._open_account(store)

    def _wall(self, budget: Cost | None, *, is_own: bool) -> Wall | None:
        """Return the studio's budget; that of a built-in simulator *is_own*, for nobody else."""
        if budget is None:
            return None
        if is_own:
            return Wall(f"studio {uuid.uuid4().hex}", budget)
        day = f"{self.clock.wall():%Y-%m-%d}"
        return Wall(f"studio {self.base_url} {day}", budget, f"the budget of {day}")

    @property
    def simulated(self) -> bool:
        """Whether the built-in simulator draws the pictures, which costs nothing."""
        return self.simulator is not None

    @property
    def speed(self) -> float:
        """How many times as fast as the real service the studio's one is."""
        return 1.0 if self.simulator is None else self.simulator.world.speed

    @property
    def base_url(self) -> str:
        """Whom jobs are sent to."""
        return self.client.base_url

    @property
    def webhook(self) -> Address | None:
        """Where callbacks arrive, or why the service cannot send any; None where none are taken."""
        return self._callbacks.address

    @property
    def account(self) -> Account | None:
        """Balance and slots as last seen; None before the first request."""
        return self._runner.account

    @property
    def usual(self) -> Terms:
        """On what terms jobs are sent that say nothing else."""
        return self._usual

    @property
    def spent(self) -> Cost | None:
        """What was spent of the budget, by all who share it; None without one."""
        return self._runner.purse.spent

    @property
    def slots(self) -> int | None:
        """How many image jobs the account may have at work at once, once it is known."""
        return None if self.account is None else self.account.slots

    def generate(
        self,
        prompt: str,
        *,
        check: bool = True,
        reuse: bool = False,
        budget: Cost | None = None,
        unpriced: bool = False,
        resend: Resend | None = None,
        **parameters: Any,  # noqa: ANN401  typed by CreateGeneration
    ) -> GenerationJob:
        """
        Ask for pictures; return their job at once.

        Args:
            prompt: What to draw; at most 1500 characters.
            check: False lets values pass that only our own reading of the service's rules refuses.
            reuse: Give the finished pictures of the same request from the library, at no cost, or
                the job of it that is under way; only without one is it paid. A seed that is not
                named then follows from the request, so that the same line means the same picture.
            budget: The most that this job may cost, such as `leo.Credits(20)`.
            unpriced: Send it under a budget although its price is known only afterwards.
            resend: What happens where the answer to the request is lost and the account's newest
                jobs show nothing of it: "once" sends it again, "never" leaves it to you; as the
                studio was connected unless given.
            **parameters: Any member of `CreateGeneration`, by the service's name or in snake_case:
                `seed`, `guidance_scale`, `presetStyle`, `modelId` (an id or a name), `num_images`
                (1 unless given), `width`, `height`, ... A missing seed is drawn here and recorded.
                `init_image` takes an `Image` or an `Upload` to start from, `imagePrompts` a list
                of them, `controlnets` what `leo.guidance` makes of one, `elements` and
                `userElements` names, or a mapping of names to weights.

        Returns:
            The job; awaiting it gives `Images`.

        Raises:
            UnknownParameter: There is no such parameter; names the nearest.
            InvalidRequest: A value that the service would refuse; names member and nearest value.
            ConnectionFailed: An element is said by name, whose list nobody answers for; the first
                one waits for that list.
            EngineThreadError: That wait would be the engine's, as in a job's callback.
        """
        given = {"reuse": reuse, "budget": budget, "unpriced": unpriced}
        terms = self._usual.with_(**given | ({} if resend is None else {"resend": resend}))
        request = self.request(prompt, check=check, **parameters)
        return self._runner.submit(terms.seeded(request, parameters), terms=terms)

    def text_to_video(
        self,
        prompt: str,
        *,
        check: bool = True,
        **parameters: Any,  # noqa: ANN401  typed by TextToVideo
    ) -> VideoJob:
        """
        Ask for a video made from words; return its job at once.

        Args:
            prompt: What happens in it.
            check: As in `generate`.
            **parameters: Any member of `TextToVideo`: `model` ("MOTION2" unless given),
                `resolution` ("RESOLUTION_720", or "720p"), `duration` in seconds, `seed`, ...
                A model of the v2 API, such as "Kling 3.0", is asked for there, and has no price
                before it is accepted; `motion_has_audio` is for those that make sound.

        Returns:
            The job; awaiting it gives a `Video`.

        Raises:
            UnknownParameter: There is no such parameter; names the nearest.
            InvalidRequest: A value that the service would refuse; names member and nearest value.
        """
        terms = Terms.taken_from(parameters, self._usual)
        request = TextToVideo.of(prompt, check=check, **parameters)
        return self._runner.submit(terms.seeded(request, parameters), terms=terms)

    def image_to_video(
        self,
        prompt: str,
        image: ImageLike | None = None,
        *,
        check: bool = True,
        **parameters: Any,  # noqa: ANN401  typed by ImageToVideo
    ) -> VideoJob:
        """
        Ask for a video that begins with *image*; return its job at once.

        Args:
            prompt: What happens in it.
            image: An `Image`, an `Upload`, or the id of a generated image; or give `imageId` and
                `imageType`.
            check: As in `generate`.
            **parameters: As in `text_to_video`, and `endFrameImage` where the model takes one.

        Raises:
            InvalidRequest: *image* is the result of a variation, or no image at all.
        """
        terms = Terms.taken_from(parameters, self._usual)
        request = origins.image_to_video_of(prompt, image, check=check, **parameters)
        return self._runner.submit(
            terms.seeded(request, parameters), origins.media_of(image), terms=terms
        )

    def motion(
        self,
        image: ImageLike,
        motionStrength: int | None = None,  # noqa: N803  the service's name
        *,
        check: bool = True,
        **parameters: Any,  # noqa: ANN401  typed by MotionSvd
    ) -> VideoJob:
        """
        Ask Motion 1.0 to move *image*; return its job at once.

        The service has retired it; `image_to_video` takes its place where it is refused.

        Args:
            image: An `Image`, an `Upload`, or the id of a generated image.
            motionStrength: How much it moves, from 1 to 10; 5 unless given.
            check: As in `generate`.
            **parameters: Any other member of `MotionSvd`.
        """
        terms = Terms.taken_from(parameters, self._usual)
        given = {} if motionStrength is None else {"motionStrength": motionStrength}
        request = origins.motion_of(image, check=check, **given, **parameters)
        return self._runner.submit(
            terms.seeded(request, parameters), origins.media_of(image), terms=terms
        )

    def upscale_video(
        self,
        video: Video | VideoJob | str,
        *,
        check: bool = True,
        **parameters: Any,  # noqa: ANN401  typed by VideoUpscale
    ) -> VideoJob:
        """
        Ask for a finer *video*; return its job at once.

        Args:
            video: A `Video`, a `VideoJob` that was accepted, or a generation's id as text.
            check: As in `generate`.
            **parameters: `resolution`; only "RESOLUTION_720" is known.
        """
        terms = Terms.taken_from(parameters, self._usual)
        request = origins.video_upscale_of(video, check=check, **parameters)
        return self._runner.submit(request, terms=terms)

    def upscale(
        self,
        image: ImageLike,
        *,
        check: bool = True,
        **parameters: Any,  # noqa: ANN401  typed by Upscale
    ) -> VariationJob:
        """
        Ask for a larger *image*; return its job at once.

        Args:
            image: An `Image` that was generated, or its id.
            check: As in `generate`.
            **parameters: Any other member of `Upscale`.

        Returns:
            The job; awaiting it gives an `Image`.
        """
        terms = Terms.taken_from(parameters, self._usual)
        request = origins.upscale_of(image, check=check, **parameters)
        return self._runner.submit(
            terms.seeded(request, parameters), origins.media_of(image), terms=terms
        )

    def unzoom(
        self,
        image: ImageLike,
        *,
        check: bool = True,
        **parameters: Any,  # noqa: ANN401  typed by Unzoom
    ) -> VariationJob:
        """
        Ask for more around *image*; return its job at once.

        Args:
            image: An `Image` that was generated or is a variation, or an id.
            check: As in `generate`.
            **parameters: `isVariation=True` where an id is a variation's.
        """
        terms = Terms.taken_from(parameters, self._usual)
        request = origins.unzoom_of(image, check=check, **parameters)
        return self._runner.submit(
            terms.seeded(request, parameters), origins.media_of(image), terms=terms
        )

    def nobg(
        self,
        image: ImageLike,
        *,
        check: bool = True,
        **parameters: Any,  # noqa: ANN401  typed by RemoveBackground
    ) -> VariationJob:
        """
        Ask for *image* without its background, transparent; return its job at once.

        Args:
            image: An `Image`, an `Upload`, or an id.
            check: As in `generate`.
            **parameters: `isVariation=True` where an id is a variation's. Any member of `CutOut`,
                such as `bg_color`, `crop` or `shadow_type`, goes to the v2 API, as uploads do.
        """
        terms = Terms.taken_from(parameters, self._usual)
        request = origins.nobg_of(image, check=check, **parameters)
        return self._runner.submit(
            terms.seeded(request, parameters), origins.media_of(image), terms=terms
        )

    def universal_upscale(
        self,
        image: ImageLike | None = None,
        *,
        check: bool = True,
        **parameters: Any,  # noqa: ANN401  typed by UniversalUpscale
    ) -> VariationJob:
        """
        Ask for a larger *image* with detail of a style; return its job at once.

        Args:
            image: An `Image`, an `Upload`, or the id of a generated image; or give one of
                `generatedImageId`, `variationId` and `initImageId`.
            check: As in `generate`.
            **parameters: Any other member of `UniversalUpscale`: `upscalerStyle`,
                `upscaleMultiplier`, `creativityStrength`, `prompt`, ...

        Raises:
            ConflictingParameters: The result would have more than 20 megapixels.
        """
        terms = Terms.taken_from(parameters, self._usual)
        request = origins.universal_upscale_of(image, check=check, **parameters)
        return self._runner.submit(
            terms.seeded(request, parameters), origins.media_of(image), terms=terms
        )

    @overload
    def submit(self, request: CreateGeneration, *, terms: Terms | None = ...) -> GenerationJob: ...
    @overload
    def submit(self, request: VideoBody, *, terms: Terms | None = ...) -> VideoJob: ...
    @overload
    def submit(self, request: VariationBody, *, terms: Terms | None = ...) -> VariationJob: ...
    @overload
    def submit(self, request: Body, *, terms: Terms | None = ...) -> Job[Any]: ...
    def submit(self, request: Body, *, terms: Terms | None = None) -> Job[Any]:
        """
        Ask for a *request* that is made already; return the job of its kind at once.

        Args:
            request: What is asked for.
            terms: What it may cost, and whether another job of the same request will do.
        """
        return self._runner.submit(request, terms=terms or self._usual)

    def submit_all(
        self, requests: Sequence[CreateGeneration], *, terms: Terms | None = None
    ) -> tuple[GenerationJob, ...]:
        """
        Ask for all of *requests* at once; return their jobs in the same order.

        With `terms.reuse` they are looked for in the library and written down together, so that of
        several processes which ask for the same one pays.
        """
        terms = terms or self._usual
        if terms.reuse:
            return cast("tuple[GenerationJob, ...]", self._runner.submit_once(requests, terms))
        return tuple(self._runner.submit(request, terms=terms) for request in requests)

    def known(self, keys: Sequence[str]) -> AbstractSet[str]:
        """Return those content keys of which the library has a job, finished or at the service."""
        return self._ledger.has(keys, base_url=self.base_url, simulated=self.simulated)

    def unsent(self, keys: Sequence[str]) -> dict[str, str]:
        """Return our name of each job of *keys* that is asked for and may yet be sent."""
        return self._ledger.unsent(keys, base_url=self.base_url, simulated=self.simulated)

    def opened(self, requests: Mapping[str, CreateGeneration]) -> dict[str, GenerationJob]:
        """
        Return the jobs that the library has of *requests*, by their content keys; nothing is paid.

        Those at the service are watched to their end, those whose answers were lost are looked for,
        and what was never sent, or is not found, is held back; see `let_go`. What the library does
        not know is a job that was withdrawn.
        """
        return cast("dict[str, GenerationJob]", self._runner.opened(requests))

    def hold(self, jobs: Iterable[Job[Any]]) -> None:
        """Send none of *jobs* until `let_go`; what is sent already goes on."""
        self._runner.hold(jobs)

    def held(self, jobs: Iterable[Job[Any]]) -> bool:
        """Whether one of *jobs* is held back from being sent."""
        runner = self._runner
        return runner.holds_any and any(map(runner.keeps_back, jobs))

    def follow(self, follower: Follower) -> None:
        """Tell *follower* when a job takes the place of an ended one, as after `resume()`."""
        self._runner.follow(follower)

    def has(self, job: Job[Any]) -> bool:
        """Whether *job* is one of this studio, which pays for it."""
        return job.belongs_to(self._runner)

    def let_go(self, jobs: Iterable[Job[Any]]) -> None:
        """Let *jobs* be sent, at once where there is room, in the order of their asking."""
        self._runner.let_go(jobs)

    def left_of(self, wall: Wall, *, without: Iterable[str] = ()) -> Cost:
        """
        Return what may still be spent behind *wall*, by all who share the library.

        Args:
            wall: The budget.
            without: Jobs that are not sent; what is set aside for them counts as left.
        """
        return self._runner.purse.left_of(wall, without=without)

    def stand_behind(self, walls: Iterable[Wall], jobs: Iterable[Job[Any]]) -> None:
        """Count *jobs*, which were asked for on other terms, behind *walls* as well."""
        self._runner.stand_behind(tuple(walls), tuple(jobs))

    def resume(self) -> Resumed:
        """
        Take up every job that has not ended: after a restart, a crash, or a closed lid.

        Jobs that are at the service are looked for, missing files are fetched, a request whose
        answer was lost is looked for before it is sent again, and what was never sent is sent,
        within the budgets that it was asked for with. Jobs of other kernels that live are watched,
        and what was held back here is let go. Sweeps that are open show the jobs taken up.

        Returns:
            The jobs, oldest first; awaiting it waits for all, and it shows itself as their cards.

        Raises:
            LibraryError: The library cannot be used.
            EngineThreadError: Called on the engine, such as in a job's callback.
        """
        found = self._now(self._runner.taking_up.resume)
        self._runner.let_go(found)  # whoever takes everything up has done with pauses
        return found

    def unfinished(self) -> int:
        """Return how many jobs `resume()` would take up, of those that no other kernel has."""
        return self._runner.taking_up.unfinished()

    def expected_seconds(self, request: Body) -> float:
        """Return about how long a job of *request* takes here once it has a slot."""
        return self._runner.expected(request)

    def price_later(self, request: Body) -> Future[Cost]:
        """Return a future of what *request* would cost; nothing is sent but the question."""
        return self.engine.run(self._runner.price, request)

    def refresh(self) -> Account:
        """
        Ask the account for its balance and slots now.

        Raises:
            AuthenticationError: The key is refused.
            ConnectionFailed: Nobody answers.
        """
        return self._now(lambda: self._runner.refresh_account(always=True))

    def jobs(self, *, limit: int = 50, offset: int = 0) -> JobTable:
        """Return what the library knows, newest first, at most *limit* jobs, as a table."""
        rows = self._ledger.jobs(limit=limit, offset=offset)
        return JobTable(rows, total=self._ledger.count(), made=self._ledger.made)

    def job(self, name: str) -> Job[Any]:
        """
        Return the job whose service id or own name is *name*, or begins with it.

        One that has not ended, or that somebody stopped watching, is looked for again.

        Raises:
            LibraryError: The library knows no such job, or several.
        """
        if not isinstance(name, str):
            raise TypeError(f"leo.job() takes an id as text, not {type(name).__name__}.")
        records = self._ledger.find(name) if 0 < len(name) <= LONGEST_ID else ()
        if len(records) != 1:
            known = "several jobs that begin" if records else "no job"
            raise LibraryError(
                f'The library knows {known} with "{name[:LONGEST_ID]}"; leo.jobs() lists what it '
                "has."
            )
        record = records[0]
        if record.kind == "prompt":
            raise LibraryError(
                f'"{name[:LONGEST_ID]}" was a prompt and no job; leo.jobs() has what it cost.'
            )
        if record.base_url != self.base_url and record.state != "complete":
            raise LibraryError(
                f"This job was asked of {record.base_url}, and this studio speaks to "
                f"{self.base_url}; connect to the other one to look for it."
            )
        return self._runner.taking_up.found(record)

    def close(self) -> None:
        """Stop watching, end the thread and let go of the library; paid jobs stay in it."""
        with contextlib.suppress(LeonardoError, RuntimeError):  # it was closed already
            self._callbacks.close()
            self.engine.wait(self.engine.run(self._runner.close))
        self.engine.close()
        self._ledger.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        if not hasattr(self, "_runner"):  # a traceback shows the one that could not be made
            return "<Studio that was not made>"
        service = "the built-in simulator, which costs nothing" if self.simulated else self.base_url
        balance = ""
        if self.account is not None and self.account.balance is not None:
            balance = f", {self.account.balance} left"
        wall = self._runner.purse.wall
        budget = "" if wall is None else f", budget {wall.limit}"
        webhook = "" if self.webhook is None else f", callbacks: {self.webhook}"
        return f"<Studio on {service}{balance}{budget}, library {_shown(self.folder)}{webhook}>"


def _impression(members: Mapping[str, object], width: int, height: int) -> PIL.Image.Image:
    """Return what the built-in painter makes of a request, on whatever service the studio is."""
    from leonardo_nb.simulator.painter import layers

    return layers(members, width=width, height=height).image


def _shown(folder: Path) -> str:
    """Return *folder* as people write it; a notebook that is shared need not name its author."""
    try:
        return f"~/{folder.relative_to(Path.home()).as_posix()}"
    except (ValueError, RuntimeError):  # elsewhere, or there is no home
        return str(folder)


def _simulator(wanted: Simulator | bool | None, callbacks: Callbacks) -> Simulator:  # noqa: FBT001  a choice that may be an object
    from leonardo_nb.simulator import Simulator

    made = wanted if isinstance(wanted, Simulator) else Simulator(speed=demo_speed())
    if callbacks.local_url is not None and not made.calls_back:
        token = callbacks.token
        made.call_back(callbacks.local_url, None if token is None else token.reveal())
    return made
