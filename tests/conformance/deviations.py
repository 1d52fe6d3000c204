"""Where the service is known to differ from its own specification, and we follow the service."""

from __future__ import annotations

from .specification import Deviation

DEVIATIONS: tuple[Deviation, ...] = (
    Deviation(
        "/generations",
        r"\('webhookCallbackUrl' was unexpected\)",
        "The structure document has it; who refuses it is asked again without it (section 14).",
    ),
    Deviation(
        r"/generations-(text|image)-to-video",
        r"^model: 'VEO3_1(FAST)?' is not one of",
        "The guides have Veo 3.1, the specification only its retired predecessors (section 8).",
    ),
)
