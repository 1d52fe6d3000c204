"""
The callbacks that the service sends when a job is done: what they say, and when they go out.

The payload is that of the webhook guide; the key inside is made up, as everything here is. Nothing
is sent for a failed job, because no such event is documented.
"""

from __future__ import annotations

import json
import logging
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from leonardo_nb.service import catalog
from leonardo_nb.simulator.world import COMPLETE, PENDING, cost_of, status_at

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from leonardo_nb.simulator.house import House
    from leonardo_nb.simulator.world import SimJob

    Send = Callable[[str, Mapping[str, str], bytes], None]

__all__ = ["Callbacks", "checked_url"]

MADE_UP_KEY = "0ddba11e-0000-4000-8000-000000000000"
"""Stands in the payload where the service puts the API key in clear text."""

LOOPBACK = ("127.0.0.1", "localhost", "::1", "simulator.invalid")
TICK = 0.05
"""Seconds between two looks at jobs whose end only a test knows."""

_log = logging.getLogger("leonardo_nb")


def checked_url(url: str) -> str:
    """Return *url* where a webhook may be sent to, else raise ValueError in the service's words."""
    parts = urlsplit(url)
    if parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in LOOPBACK):
        return url
    raise ValueError("WebhookCallbackUrl is not a valid url (must be https://)")


@dataclass(slots=True)
class _Waiting:
    job: SimJob
    base: str
    left: int


class Callbacks:
    """
    Tells one address of jobs that are done.

    Args:
        house: Whose jobs.
        url: Where to send to; https, or http on this machine.
        key: The webhook's own key, sent as a bearer token.
        send: Sends one: address, headers, body. May raise; nothing is sent again.
        by_itself: Whether a thread sends what is due; without it, `deliver` does.
        base: Where the simulator's files are, for the addresses inside.
    """

    def __init__(
        self,
        house: House,
        url: str,
        *,
        key: str | None,
        send: Send,
        by_itself: bool,
        base: str,
    ) -> None:
        self.url = checked_url(url)
        self.key = key
        self.base = base
        self._house = house
        self._send = send
        self._by_itself = by_itself
        self._waiting: list[_Waiting] = []
        self._news = threading.Condition()
        self._thread: threading.Thread | None = None

    def __repr__(self) -> str:
        return f"<Callbacks {len(self._waiting)} waiting>"

    def expect(self, job: SimJob) -> None:
        """Send word of *job* once it is done."""
        with self._news:
            if job.callbacks:
                self._waiting.append(_Waiting(job, self.base, job.callbacks))
            if self._by_itself and self._thread is None:
                self._thread = threading.Thread(
                    target=self._run, name="leonardo-callbacks", daemon=True
                )
                self._thread.start()
            self._news.notify()

    def deliver(self) -> int:
        """Send everything that is due now; return how many were sent."""
        sent = 0
        for waiting in self._due():
            for _ in range(waiting.left):
                self._post(waiting)
                sent += 1
        return sent

    def _due(self) -> list[_Waiting]:
        now = self._house.now()
        with self._news:
            due = [one for one in self._waiting if now >= one.job.done_at + one.job.callback_delay]
            self._waiting = [one for one in self._waiting if one not in due]
        return [one for one in due if status_at(one.job, now) == COMPLETE]

    def _post(self, waiting: _Waiting) -> None:
        headers = {"Content-Type": "application/json", "User-Agent": "axios/1.4.0"}
        if self.key is not None:
            headers["Authorization"] = f"Bearer {self.key}"
        body = json.dumps(self.payload(waiting.job, waiting.base)).encode()
        try:
            self._send(self.url, headers, body)
        except Exception:  # noqa: BLE001  whoever listens may be gone, and the service would not care
            _log.info("a callback was not taken")

    def _run(self) -> None:
        while True:
            with self._news:
                now = self._house.now()
                ends = [one.job.done_at + one.job.callback_delay for one in self._waiting]
                pending = any(status_at(one.job, now) == PENDING for one in self._waiting)
                pause = max(0.0, min(ends, default=0.0) - now) if ends else None
                if pause is None or pause > 0:
                    # a job that looks decide has no end to wait for
                    self._news.wait(None if pause is None else min(pause, 1.0, self._tick(pending)))
            self.deliver()

    def _tick(self, pending: bool) -> float:  # noqa: FBT001  one caller
        undecided = any(one.job.looks_left is not None for one in self._waiting)
        return TICK if pending and undecided else 1.0

    # -- what is said

    def payload(self, job: SimJob, base: str) -> dict[str, object]:
        """Return the event for a job that is done."""
        kind, object_ = job.kind.event
        now = self._house.now()
        ended = min(now, job.done_at)
        content = (
            self._generation(job, base) if object_ == "generation" else self._variation(job, base)
        )
        date = self._house.date(ended)
        return {
            "type": kind,
            "object": object_,
            "timestamp": int(date.timestamp() * 1000),
            "api_version": "v1",
            "data": {"object": {**content, "updatedAt": self._date(ended), **self._api(job)}},
        }

    def _date(self, seconds: float) -> str:
        from leonardo_nb.simulator.images import date_of

        return date_of(self._house.date(seconds)) + "Z"

    def _api(self, job: SimJob) -> dict[str, object]:
        started = self._date(job.created_at)
        return {
            "api": True,
            "apiKeyId": MADE_UP_KEY,
            "apiDollarCost": cost_of(job.credits, "CREDITS")["amount"],
            "userId": self._house.world.user_id,
            "apiKey": {
                "id": MADE_UP_KEY,
                "createdAt": started,
                "userId": self._house.world.user_id,
                "key": MADE_UP_KEY,
                "lastUsed": started,
                "name": "simulated",
                "type": "PRODUCTION",
                "webhookCallbackUrl": self.url,
                "webhookCallbackApiKey": self.key,
            },
        }

    def _variation(self, job: SimJob, base: str) -> dict[str, object]:
        row = job.kind.row(
            job, COMPLETE, self._house.date(job.created_at), self._house.addresses(job, base)
        )
        source = job.members.get("source")
        made_of = source["id"] if isinstance(source, dict) else None
        return {
            **row,
            "createdAt": self._date(job.created_at),
            "generatedImageId": made_of,
            "transparent": job.kind.name == "NOBG",
        }

    def _generation(self, job: SimJob, base: str) -> dict[str, object]:
        members = job.members
        created, ended = self._date(job.created_at), self._date(min(job.done_at, self._house.now()))
        row = job.kind.row(
            job, COMPLETE, self._house.date(job.created_at), self._house.addresses(job, base)
        )
        user = self._house.world.user_id
        entries = row["generated_images"]
        images = [
            {
                "id": entry["id"],
                "createdAt": ended,
                "updatedAt": ended,
                "userId": user,
                "url": entry["url"],
                "generationId": job.id,
                "nobgId": None,
                "nsfw": entry["nsfw"],
                "likeCount": 0,
                "trendingScore": 0,
                "public": row["public"],
                "motionGIFURL": None,
                "motionMP4URL": entry["motionMP4URL"],
                "teamId": None,
                "image_height": row["imageHeight"],
                "image_width": row["imageWidth"],
            }
            for entry in (entries if isinstance(entries, list) else ())
        ]
        model = catalog.find_model(str(row["modelId"])) if row["modelId"] else None
        return {
            "id": job.id,
            "createdAt": created,
            "public": row["public"],
            "flagged": False,
            "nsfw": job.nsfw,
            "status": "COMPLETE",
            "coreModel": "SD",
            "guidanceScale": row["guidanceScale"],
            "imageHeight": row["imageHeight"],
            "imageWidth": row["imageWidth"],
            "inferenceSteps": row["inferenceSteps"],
            "initGeneratedImageId": members.get("init_generation_image_id"),
            "initImageId": members.get("init_image_id"),
            "initStrength": members.get("init_strength"),
            "initType": None,
            "initUpscaledImageId": None,
            "modelId": row["modelId"],
            "negativePrompt": row["negativePrompt"],
            "prompt": row["prompt"],
            "quantity": len(images),
            "sdVersion": row["sdVersion"],
            "tiling": members.get("tiling") is True,
            "imageAspectRatio": None,
            "tokenCost": 0,
            "negativeStylePrompt": "",
            # a number everywhere else
            "seed": str(row["seed"]),
            "scheduler": row["scheduler"],
            "presetStyle": row["presetStyle"],
            "promptMagic": row["promptMagic"],
            "canvasInitImageId": members.get("canvasInitId"),
            "canvasMaskImageId": members.get("canvasMaskId"),
            "canvasRequest": members.get("canvasRequest") is True,
            "poseImage2Image": False,
            "imagePromptStrength": members.get("imagePromptWeight"),
            "category": None,
            "poseImage2ImageType": None,
            "highContrast": members.get("highContrast"),
            "poseImage2ImageWeight": None,
            "alchemy": members.get("alchemy"),
            "contrastRatio": members.get("contrastRatio"),
            "highResolution": members.get("highResolution"),
            "expandedDomain": members.get("expandedDomain"),
            "promptMagicVersion": row["promptMagicVersion"],
            "unzoom": members.get("unzoom"),
            "unzoomAmount": members.get("unzoomAmount"),
            "photoReal": row["photoReal"] is True,
            "promptMagicStrength": row["promptMagicStrength"],
            "photoRealStrength": row["photoRealStrength"],
            "imageToImage": "init_image_id" in members or "init_generation_image_id" in members,
            "controlnetsUsed": bool(members.get("controlnets")),
            "model": None if model is None else {"id": model.id, "name": model.name},
            "images": images,
        }
