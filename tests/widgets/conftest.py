"""A job, a request and an engine small enough to see through."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count
from typing import TYPE_CHECKING, Any, cast

import pytest
from PIL import Image as Pillow

from leonardo_nb.engine.lifecycle import Charge, Snapshot
from leonardo_nb.errors import JobFailed
from leonardo_nb.money import Cost, Credits

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from leonardo_nb.errors import LeonardoError


class FakeEngine:
    """Runs what it was handed when the test says so; its time moves only by `advance()`."""

    def __init__(self) -> None:
        self.now = 0.0
        self._soon: deque[tuple[Callable[..., object], tuple[object, ...]]] = deque()
        self._later: list[tuple[float, int, Callable[..., object], tuple[object, ...]]] = []
        self._turns = count()  # what falls due at once runs in the order of asking
        self.is_closed = False

    def call_soon(self, fn: Callable[..., object], /, *args: object) -> None:
        """Remember *fn* until the next `turn()`."""
        if self.is_closed:
            raise RuntimeError("This engine is closed.")
        self._soon.append((fn, args))

    def call_later(self, seconds: float, fn: Callable[..., object], /, *args: object) -> None:
        """Remember *fn* until `advance()` has gone that far."""
        self._later.append((self.now + seconds, next(self._turns), fn, args))

    def turn(self) -> None:
        """Run everything that was asked for, and what that asks for."""
        while self._soon:
            fn, args = self._soon.popleft()
            fn(*args)

    def advance(self, seconds: float) -> None:
        """Move time, running everything that falls due on the way, in order."""
        end = self.now + seconds
        self.turn()
        while due := sorted(item for item in self._later if item[0] <= end):
            self._later.remove(due[0])
            self.now, _, fn, args = due[0]
            fn(*args)
            self.turn()
        self.now = end


@dataclass
class FakeRequest:
    """What was asked for."""

    prompt: str = "a lighthouse at dawn, gulls over the surf, long exposure"
    parameters: dict[str, object] = field(
        default_factory=lambda: {"guidance_scale": 7, "presetStyle": "CINEMATIC", "seed": 42}
    )
    width: int = 1024
    height: int = 768
    num_images: int = 1
    seed: int | None = 42
    source_id: str | None = None

    @property
    def caption(self) -> str:
        """Return what stands on the card."""
        return self.prompt

    def frame(self, source: tuple[int, int] | None = None) -> tuple[int, int, int]:
        """Return width, height and number of what will come."""
        width, height = source or (self.width, self.height)
        return width, height, self.num_images

    def notable(self) -> dict[str, object]:
        """Return what differs from the defaults."""
        return self.parameters

    def code(self) -> str:
        """Return Python that asks for it again."""
        return f"leo.generate({self.prompt!r}, seed=42)"


@dataclass
class FakeImage:
    """One picture in a file."""

    path: Path
    index: int = 0
    id: str = "image-1"
    maker: Any = None

    def __post_init__(self) -> None:
        self.size = self.width, self.height = self.pil().size

    def upscale(self) -> FakeJob:
        """Remember that it was asked for."""
        made: FakeJob = self.maker.makes(("upscale", self.index), "variation")
        return made

    def to_video(self, prompt: str) -> FakeJob:
        """Remember that it was asked for."""
        made: FakeJob = self.maker.makes(("to_video", self.index, prompt), "video")
        return made

    def pil(self) -> Pillow.Image:
        """Return it decoded."""
        with Pillow.open(self.path) as image:
            image.load()
            return image


@dataclass
class FakeVideo:
    """One video: a file, and its still."""

    path: Path
    poster: FakeImage | None = None
    width: int = 832
    height: int = 480
    duration: float = 5.0
    size_bytes: int = 412_345
    media_type: str = "video/mp4"

    def read_bytes(self) -> bytes:
        """Return the file."""
        return self.path.read_bytes()


@dataclass
class FakeJob:
    """A job whose facts a test sets by hand; `tell()` is what the engine does at a change."""

    state: str = "request"
    prices: dict[str, Cost] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    sent: bool = False
    id: str | None = None
    uid: str = "job-1"
    cost: Cost | None = None
    price: Cost | None = field(default_factory=lambda: Credits(11))
    balance: Cost | None = None
    elapsed: float = 0.0
    expected: float | None = 8.0
    request: FakeRequest = field(default_factory=FakeRequest)
    images: list[FakeImage] = field(default_factory=list)
    error: Exception | None = None
    simulated: bool = True
    notes: tuple[str, ...] = ()
    created: datetime = datetime(2026, 11, 22, 12, tzinfo=UTC)
    engine: FakeEngine = field(default_factory=FakeEngine)
    noun: str = "Generation"
    kind: str = "generation"
    source: FakeImage | None = None
    video: FakeVideo | None = None
    lost: str | None = None
    resent: int = 0
    reused: bool = False
    elsewhere: bool = False
    accepted: float | None = None
    decision: Any = None
    """What `adopt()` and `resend()` return, or raise."""
    _runner: Any = None
    listeners: list[Callable[[Any], None]] = field(default_factory=list)
    commands: list[object] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._runner = self

    def __repr__(self) -> str:
        if self.state == "complete":
            return '<Generation sim-0007 complete, 1 image, 11 credits: "a lighthouse at dawn">'
        return f'<Generation sim-0007 {self.state}: "a lighthouse at dawn">'

    @property
    def snapshot(self) -> Snapshot:
        """What a real job would know."""
        request: Any = self.request
        return Snapshot(
            uid=self.uid,
            request=request,
            created=self.created,
            started=0.0,
            accepted=self.accepted,
            price=self.price,
            sent=self.sent,
            lost=self.lost,
            resent=self.resent,
            reused=self.reused,
            elsewhere=self.elsewhere,
            job_id=self.id,
            cost=self.cost,
            looks=int(self.state == "pending"),
            complete=self.state == "complete",
            error=cast("LeonardoError | None", self.error),
            refunded=isinstance(self.error, JobFailed),
            cancelled=self.state == "cancelled",
        )

    @property
    def charge(self) -> Charge:
        """What the snapshot of a real job would say."""
        return self.snapshot.charge

    def subscribe(self, fn: Callable[[Any], None]) -> Callable[[], None]:
        """Call *fn* at every `tell()`."""
        self.listeners.append(fn)
        return lambda: self.listeners.remove(fn) if fn in self.listeners else None

    def tell(self, **facts: Any) -> None:
        """Change facts as the engine would, and say so."""
        for name, value in facts.items():
            setattr(self, name, value)
        for listener in list(self.listeners):
            listener(self)

    def done(self) -> bool:
        """Whether a test has said that it has ended."""
        return self.state in {"complete", "failed", "cancelled"}

    def add_done_callback(self, fn: Callable[[Any], None]) -> None:
        """Call *fn* at the `tell()` that ends it, or now."""
        if self.done():
            fn(self)
            return
        self.listeners.append(lambda job: fn(job) if job.done() else None)

    def cancel(self) -> bool:
        """Remember that it was asked for."""
        self.commands.append("cancel")
        return True

    def again(self, **changes: object) -> FakeJob:
        """Remember what was asked for and return another job."""
        self.commands.append(("again", changes))
        return FakeJob(uid=f"{self.uid}-again", engine=self.engine)

    def adopt(self, wanted: str) -> FakeJob:
        """Remember what was chosen and return the job that takes this one's place."""
        return self._decided(("adopt", wanted))

    def resend(self) -> FakeJob:
        """Remember that it was asked for and return the job that takes this one's place."""
        return self._decided("resend")

    def _decided(self, command: object) -> FakeJob:
        self.commands.append(command)
        if isinstance(self.decision, Exception):
            raise self.decision
        job: FakeJob = self.decision or FakeJob(uid=self.uid, engine=self.engine)
        return job

    def ask_price(self, request: Any, told: Callable[[Cost], object]) -> None:
        """Remember the question, and answer it where the test has named a price."""
        self.asked.append(request.endpoint)
        if (price := self.prices.get(request.endpoint)) is not None:
            told(price)

    def makes(self, command: object, kind: str) -> FakeJob:
        """Remember *command* and return a job of another kind."""
        self.commands.append(command)
        return FakeJob(uid=f"{self.uid}-{kind}", kind=kind, engine=self.engine)

    @property
    def image(self) -> FakeImage | None:
        """The picture of a variation."""
        return self.images[0] if self.images else None


@pytest.fixture
def engine() -> FakeEngine:
    """An engine that does what it was handed when the test says so."""
    return FakeEngine()


@pytest.fixture
def make_job(engine: FakeEngine, tmp_path: Path) -> Callable[..., Any]:
    """Return a function that makes a job; `pictures=2` gives it two files, and so on."""

    def make(
        *, pictures: int = 0, source: Pillow.Image | None = None, film: bool = False, **facts: Any
    ) -> FakeJob:
        images = []
        for index in range(pictures):
            path = tmp_path / f"picture-{index}.png"
            Pillow.new("RGB", (64, 48), (40 * index, 90, 160)).save(path)
            images.append(FakeImage(path, index))
        job = FakeJob(engine=engine, images=images, **facts)
        for image in images:
            image.maker = job
        if source is not None:
            source.save(tmp_path / "source.png")
            job.source = FakeImage(tmp_path / "source.png", id="source-1")
        if film:
            file = tmp_path / "film.mp4"
            file.write_bytes(b"a film")
            job.video = FakeVideo(file, images[0] if images else None)
        return job

    return make
