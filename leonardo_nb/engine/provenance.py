"""What is known of a job's picture, as it is written into copies of its file."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final, cast

from leonardo_nb.engine.lifecycle import Charge
from leonardo_nb.library.provenance import WITHHELD, Provenance
from leonardo_nb.service.catalog import find_model, find_v2_model
from leonardo_nb.service.keys import hidden

if TYPE_CHECKING:
    from collections.abc import Mapping

    from leonardo_nb.engine.job import Job
    from leonardo_nb.engine.lifecycle import Snapshot

__all__ = ["of_job", "of_snapshot"]

_PRIVATE: Final = frozenset({"webhookCallbackUrl"})
"""May hold a secret, and says nothing of the picture."""


def of_job(job: Job[Any], number: int = 0, *, prompt: bool = True) -> Provenance:
    """
    Return what is known of one picture of *job*.

    No key is in it, no address, and no path of this machine.

    Args:
        job: Of any kind.
        number: Which of its pictures, from 0.
        prompt: False leaves out what somebody wrote: prompts, and the key of the request, by which
            a guess of them could be checked.
    """
    seconds = job.elapsed if job.done() else None
    return of_snapshot(job.snapshot, number, seconds=seconds, prompt=prompt)


def of_snapshot(
    snapshot: Snapshot, number: int = 0, *, seconds: float | None = None, prompt: bool = True
) -> Provenance:
    """Return the same of what was known of a job at one moment; see `of_job`."""
    request = snapshot.request
    wire = {name: value for name, value in request.wire().items() if name not in _PRIVATE}
    withheld = () if prompt else tuple(name for name in WITHHELD if name in wire)
    media = snapshot.media[number] if number < len(snapshot.media) else None
    return Provenance(
        request=_clean({name: value for name, value in wire.items() if name not in withheld}),
        endpoint=request.endpoint,
        generation=snapshot.job_id,
        image=None if media is None else media.image_id,
        number=number,
        created=snapshot.created,
        cost=None if snapshot.charge is Charge.REFUNDED else snapshot.cost,
        model=_model(wire.get("modelId")),
        simulated=snapshot.simulated,
        nsfw=media is not None and media.nsfw,
        seconds=seconds,
        cell=request.content_key() if prompt else None,
        withheld=withheld,
    )


def _model(model_id: object) -> str:
    named = str(model_id or "")
    model = find_model(named) or find_v2_model(named)
    return model.name if model else named


def _clean(request: Mapping[str, object]) -> dict[str, Any]:
    """Return *request* without a key that somebody pasted into it."""
    text = json.dumps(request)
    clean = hidden(text)
    return cast("dict[str, Any]", json.loads(clean) if clean != text else dict(request))
