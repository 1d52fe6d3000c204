"""
A Jupyter-native toolkit for Leonardo.AI image, video and variation jobs.

A job is a line: `job = leo.generate("a fox")` returns at once, shows itself as a live card, and
`await job` gives the pictures. Without LEONARDO_API_KEY everything runs on a built-in simulator.

Nothing starts at import; the rooms behind these names open on first use.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from leonardo_nb import guidance as guidance
    from leonardo_nb.account.history import History
    from leonardo_nb.account.jobs import JobTable
    from leonardo_nb.account.me import Me
    from leonardo_nb.account.offers import (
        ElementTable,
        ModelTable,
        OwnElementTable,
        Style,
        StyleTable,
    )
    from leonardo_nb.account.prompts import Prompt
    from leonardo_nb.account.spending import SpendingTable
    from leonardo_nb.default_studio import connect, studio
    from leonardo_nb.engine.job import Job
    from leonardo_nb.engine.kinds import GenerationJob, VariationJob, VideoJob
    from leonardo_nb.engine.limits import Limits
    from leonardo_nb.engine.media import Image, Images, Video
    from leonardo_nb.engine.resumed import Resumed
    from leonardo_nb.engine.uploads import Upload
    from leonardo_nb.errors import (
        AuthenticationError,
        BudgetExceeded,
        Candidate,
        ConflictingParameters,
        ConnectionFailed,
        DownloadFailed,
        EngineThreadError,
        ExportFailed,
        InvalidRequest,
        JobCancelled,
        JobError,
        JobFailed,
        JobTimeout,
        LeonardoError,
        LibraryError,
        ModerationError,
        NotEnoughCredits,
        NotFound,
        OutcomeUnknown,
        RateLimited,
        ReplayError,
        RequestRefused,
        ServiceError,
        SweepFailed,
        UnexpectedResponse,
        UnknownParameter,
    )
    from leonardo_nb.functions import (
        delete,
        elements,
        generate,
        history,
        image_to_video,
        improve_prompt,
        inpaint,
        job,
        jobs,
        me,
        models,
        motion,
        nobg,
        price,
        random_prompt,
        resume,
        spending,
        styles,
        text_to_video,
        universal_upscale,
        unzoom,
        upload,
        upscale,
        upscale_video,
    )
    from leonardo_nb.library.shelf import Mark, Vote
    from leonardo_nb.logins import login, logout
    from leonardo_nb.money import Cost, Credits, Dollars
    from leonardo_nb.nested import allow_nested_loops
    from leonardo_nb.service.requests import CreateGeneration
    from leonardo_nb.studios import Studio
    from leonardo_nb.sweeps import (
        Axis,
        Plan,
        Run,
        Space,
        SweepTable,
        arange,
        axes,
        const,
        linspace,
        open_sweep,
        plan,
        prompt,
        sweep,
        sweep_guidance,
        sweep_seeds,
        sweep_styles,
        zip_,
    )
    from leonardo_nb.sweeps.effects import Effects
    from leonardo_nb.sweeps.from_files import from_files
    from leonardo_nb.sweeps.from_history import HistoryRun, sweep_from_history
    from leonardo_nb.sweeps.judging.ranking import Ranking
    from leonardo_nb.sweeps.opening import sweeps
    from leonardo_nb.sweeps.replay import Replay, replay
    from leonardo_nb.widgets.panel import Panel, panel

# Written out, because what is listed here is the promise; `_ROOMS` says where each one lives.
__all__ = [
    "AuthenticationError",
    "Axis",
    "BudgetExceeded",
    "Candidate",
    "ConflictingParameters",
    "ConnectionFailed",
    "Cost",
    "CreateGeneration",
    "Credits",
    "Dollars",
    "DownloadFailed",
    "Effects",
    "ElementTable",
    "EngineThreadError",
    "ExportFailed",
    "GenerationJob",
    "History",
    "HistoryRun",
    "Image",
    "Images",
    "InvalidRequest",
    "Job",
    "JobCancelled",
    "JobError",
    "JobFailed",
    "JobTable",
    "JobTimeout",
    "LeonardoError",
    "LibraryError",
    "Limits",
    "Mark",
    "Me",
    "ModelTable",
    "ModerationError",
    "NotEnoughCredits",
    "NotFound",
    "OutcomeUnknown",
    "OwnElementTable",
    "Panel",
    "Plan",
    "Prompt",
    "Ranking",
    "RateLimited",
    "Replay",
    "ReplayError",
    "RequestRefused",
    "Resumed",
    "Run",
    "ServiceError",
    "Space",
    "SpendingTable",
    "Studio",
    "Style",
    "StyleTable",
    "SweepFailed",
    "SweepTable",
    "UnexpectedResponse",
    "UnknownParameter",
    "Upload",
    "VariationJob",
    "Video",
    "VideoJob",
    "Vote",
    "allow_nested_loops",
    "arange",
    "axes",
    "connect",
    "const",
    "delete",
    "elements",
    "from_files",
    "generate",
    "history",
    "image_to_video",
    "improve_prompt",
    "inpaint",
    "job",
    "jobs",
    "linspace",
    "login",
    "logout",
    "me",
    "models",
    "motion",
    "nobg",
    "open_sweep",
    "panel",
    "plan",
    "price",
    "prompt",
    "random_prompt",
    "replay",
    "resume",
    "spending",
    "studio",
    "styles",
    "sweep",
    "sweep_from_history",
    "sweep_guidance",
    "sweep_seeds",
    "sweep_styles",
    "sweeps",
    "text_to_video",
    "universal_upscale",
    "unzoom",
    "upload",
    "upscale",
    "upscale_video",
    "zip_",
]

_ROOMS = {
    "leonardo_nb.account.history": ("History",),
    "leonardo_nb.account.jobs": ("JobTable",),
    "leonardo_nb.account.me": ("Me",),
    "leonardo_nb.account.offers": (
        "ElementTable",
        "ModelTable",
        "OwnElementTable",
        "Style",
        "StyleTable",
    ),
    "leonardo_nb.account.prompts": ("Prompt",),
    "leonardo_nb.account.spending": ("SpendingTable",),
    "leonardo_nb.default_studio": ("connect", "studio"),
    "leonardo_nb.engine.job": ("Job",),
    "leonardo_nb.engine.kinds": ("GenerationJob", "VariationJob", "VideoJob"),
    "leonardo_nb.engine.limits": ("Limits",),
    "leonardo_nb.engine.resumed": ("Resumed",),
    "leonardo_nb.engine.uploads": ("Upload",),
    "leonardo_nb.engine.media": ("Image", "Images", "Video"),
    "leonardo_nb.functions": (
        "delete",
        "elements",
        "generate",
        "history",
        "image_to_video",
        "improve_prompt",
        "inpaint",
        "job",
        "jobs",
        "me",
        "models",
        "motion",
        "nobg",
        "price",
        "random_prompt",
        "resume",
        "spending",
        "styles",
        "text_to_video",
        "universal_upscale",
        "unzoom",
        "upload",
        "upscale",
        "upscale_video",
    ),
    "leonardo_nb.logins": ("login", "logout"),
    "leonardo_nb.money": ("Cost", "Credits", "Dollars"),
    "leonardo_nb.nested": ("allow_nested_loops",),
    "leonardo_nb.service.requests": ("CreateGeneration",),
    "leonardo_nb.studios": ("Studio",),
    "leonardo_nb.sweeps": (
        "Axis",
        "Plan",
        "Run",
        "Space",
        "SweepTable",
        "arange",
        "axes",
        "const",
        "linspace",
        "open_sweep",
        "plan",
        "prompt",
        "sweep",
        "sweep_guidance",
        "sweep_seeds",
        "sweep_styles",
        "zip_",
    ),
    "leonardo_nb.library.shelf": ("Mark", "Vote"),
    "leonardo_nb.sweeps.effects": ("Effects",),
    "leonardo_nb.sweeps.from_files": ("from_files",),
    "leonardo_nb.sweeps.judging.ranking": ("Ranking",),
    "leonardo_nb.sweeps.from_history": ("HistoryRun", "sweep_from_history"),
    "leonardo_nb.sweeps.replay": ("Replay", "replay"),
    "leonardo_nb.widgets.panel": ("Panel", "panel"),
}
_ROOM_OF = {name: room for room, names in _ROOMS.items() for name in names}


OPEN_ROOMS = ("guidance", "sweeps")
"""Rooms that users name themselves: `leo.guidance.style(image)`; `leo.sweeps()` is one, too."""


def __getattr__(name: str) -> object:
    if name == "__version__":
        from importlib.metadata import version

        return version("leonardo_nb")
    if name in OPEN_ROOMS:
        return import_module(f"leonardo_nb.{name}")
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found: object = getattr(import_module(_ROOM_OF.get(name, "leonardo_nb.errors")), name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return [*__all__, "__version__"]
