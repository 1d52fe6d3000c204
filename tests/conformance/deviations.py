"""Where the service is known to differ from its own specification, and we follow the service."""

from __future__ import annotations

from .specification import Deviation

_ON_GENERATIONS = "fantasyAvatar|imageToVideo|motion|motion(Model|Strength)|prompt_moderations"

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
    Deviation(
        r"/generations/(\{id\}|user/\{userId\})",
        rf"^generations(_by_pk|\.\[\]): .* \(('({_ON_GENERATIONS})'(, )?)+ were unexpected\)",
        "The specification has them on the images; real answers have them on the job (section 4).",
    ),
    Deviation(
        r"/generations/user/\{userId\}",
        r"^generations\.\[\]\.generated_images\.\[\]: .* \('fantasyAvatar' was unexpected\)",
        "Lists have the same rows as a look at one job, where images have it (section 4).",
    ),
    Deviation(
        r"/generations/\{id\}",
        r"^generations_by_pk\.id: '[0-9a-f]{8}-[0-9a-f]{4}-6[0-9a-f]{3}-.* does not match",
        "Jobs of the v2 API have ids of UUID version 6 (section 1).",
    ),
)
