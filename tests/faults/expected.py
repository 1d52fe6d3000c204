"""
What happens when something goes wrong: every route, every fault, as plain data and a few rules.

It is its own file because two things are made of it: the tests beside it, which drive every cell,
and docs/what-happens-when.md. Nothing here is read out of the package, so that both can be wrong
only one at a time.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum
from typing import Final

__all__ = [
    "FAULTS",
    "RETRIES",
    "ROUTES",
    "Cell",
    "Does",
    "Fault",
    "Means",
    "Outcome",
    "Route",
    "cells",
    "expected",
]


class Does(Enum):
    """What a route is asked for; each has a section on the page, which begins with the value."""

    JOB = "Asking for a job"
    PAID_QUESTION = "Asking for a better prompt"
    BEFORE = "The balance, asked before a job is sent"
    PRICE = "The price, asked before a job is sent"
    LOOK = "Looking at a job that is at work"
    SEARCH = "Searching for a job whose answer was lost"
    FILE = "Fetching what a job made"
    QUESTION = "Asking for anything that costs nothing"
    PREVIEW = "Fetching small previews for a table"
    FORM = "Asking for an upload form"
    UPLOAD = "Sending a picture to storage"
    DELETE = "Deleting"


@dataclass(frozen=True, slots=True)
class Route:
    """
    One thing that is asked of the service, for one reason.

    Attributes:
        name: What tells it from all others; the test has a function of that name.
        method: Of HTTP.
        path: As the reference writes it, `/v2/...` for the second API, `/media/*` for files.
        does: What it is asked for.
        call: What a person wrote.
        is_found: Whether its job can be looked for when the answer is lost.
        is_sure: Whether one that is found is surely it; else it is shown, and the user chooses.
        looks: What the job that is looked at is: "generation" or "variation".
    """

    name: str
    method: str
    path: str
    does: Does
    call: str
    is_found: bool = True
    is_sure: bool = True
    looks: str = "generation"


ROUTES: Final = (
    Route("generate", "POST", "/generations", Does.JOB, "leo.generate()"),
    Route("text_to_video", "POST", "/generations-text-to-video", Does.JOB, "leo.text_to_video()"),
    Route(
        "image_to_video", "POST", "/generations-image-to-video", Does.JOB, "leo.image_to_video()"
    ),
    Route("motion", "POST", "/generations-motion-svd", Does.JOB, "leo.motion()", is_found=False),
    Route(
        "upscale_video",
        "POST",
        "/generations-video-upscale",
        Does.JOB,
        "leo.upscale_video()",
        is_found=False,
    ),
    Route("upscale", "POST", "/variations/upscale", Does.JOB, "leo.upscale()"),
    Route(
        "upscale_of_unknown",
        "POST",
        "/variations/upscale",
        Does.JOB,
        'leo.upscale("an id that the library does not know")',
        is_found=False,
    ),
    Route("unzoom", "POST", "/variations/unzoom", Does.JOB, "leo.unzoom()"),
    Route("nobg", "POST", "/variations/nobg", Does.JOB, "leo.nobg()"),
    Route(
        "universal_upscale",
        "POST",
        "/variations/universal-upscaler",
        Does.JOB,
        "leo.universal_upscale()",
        is_sure=False,
    ),
    Route(
        "universal_upscale_of_upload",
        "POST",
        "/variations/universal-upscaler",
        Does.JOB,
        "leo.universal_upscale(upload)",
        is_found=False,
    ),
    Route("v2_pictures", "POST", "/v2/generations", Does.JOB, 'leo.generate(modelId="...")'),
    Route("v2_video", "POST", "/v2/generations", Does.JOB, 'leo.text_to_video(model="...")'),
    Route(
        "cut_out",
        "POST",
        "/v2/generationssync",
        Does.JOB,
        "leo.nobg(upload)",
        is_found=False,
    ),
    Route("improve", "POST", "/prompt/improve", Does.PAID_QUESTION, "leo.improve_prompt()"),
    Route("invent", "POST", "/prompt/random", Does.PAID_QUESTION, "leo.random_prompt()"),
    Route("me_first", "GET", "/me", Does.BEFORE, "leo.generate()"),
    Route("price_first", "POST", "/pricing-calculator", Does.PRICE, "leo.generate()"),
    Route("look", "GET", "/generations/{id}", Does.LOOK, "leo.generate()"),
    Route(
        "look_at_variation",
        "GET",
        "/variations/{id}",
        Does.LOOK,
        "leo.upscale()",
        looks="variation",
    ),
    Route(
        "look_at_motion",
        "GET",
        "/motion-variations/{id}",
        Does.LOOK,
        "leo.upscale_video()",
        looks="variation",
    ),
    Route("search", "GET", "/generations/user/{userId}", Does.SEARCH, "leo.generate()"),
    Route("search_variation", "GET", "/generations/{id}", Does.SEARCH, "leo.upscale()"),
    Route("file", "GET", "/media/*", Does.FILE, "leo.generate()"),
    Route("film", "GET", "/media/*", Does.FILE, "leo.upscale_video()"),
    Route("me", "GET", "/me", Does.QUESTION, "leo.me()"),
    Route("price", "POST", "/pricing-calculator", Does.QUESTION, "leo.price()"),
    Route("models", "GET", "/platformModels", Does.QUESTION, "leo.models()"),
    Route("elements", "GET", "/elements", Does.QUESTION, "leo.elements()"),
    Route(
        "own_elements", "GET", "/elements/user/{userId}", Does.QUESTION, "leo.elements(own=True)"
    ),
    Route("history", "GET", "/generations/user/{userId}", Does.QUESTION, "leo.history()"),
    Route("previews", "GET", "/media/*", Does.PREVIEW, "leo.models()"),
    Route("form", "POST", "/init-image", Does.FORM, "leo.upload()"),
    Route("canvas_form", "POST", "/canvas-init-image", Does.FORM, "leo.inpaint()"),
    Route("upload", "POST", "/uploads/", Does.UPLOAD, "leo.upload()"),
    Route("delete", "DELETE", "/generations/{id}", Does.DELETE, "leo.delete(job)"),
    Route("delete_upload", "DELETE", "/init-image/{id}", Does.DELETE, "leo.delete(upload)"),
)
"""Every route that a studio uses; one that serves two purposes is here twice."""


class Means(Enum):
    """What a fault amounts to, whatever it looks like; the value is how the page names it."""

    NEVER_ARRIVED = "it never arrived"
    LOST = "the answer was lost"
    REFUSED = "the service refuses it"
    KEY = "the key is refused"
    FORBIDDEN = "it is forbidden"
    MISSING = "there is no such thing"
    BUSY = "too many requests"
    BROKEN = "the service broke"
    GATEWAY = "what is before the service broke"
    UNAVAILABLE = "the service is away"
    ARRAY = "an array where an answer was due"
    UNREADABLE = "the answer cannot be read"
    MISFIT = "the answer has another form"
    STRANGE = "the job has a state that nobody knows"
    ENDLESS = "the job never ends"
    FAILS = "the job fails at the service"
    EMPTY = "the job is complete and has nothing"
    CLOCK = "the clock is wrong"


RETRIES: Final = {
    Means.NEVER_ARRIVED: 4,
    Means.LOST: 4,
    Means.BROKEN: 3,
    Means.GATEWAY: 4,
    Means.UNAVAILABLE: 4,
    Means.ARRAY: 2,
    Means.UNREADABLE: 2,
}
"""How often what costs nothing is asked again; what is not here, and not `BUSY`, is not."""

PAID_RETRIES: Final = 2
"""How often a paid request is sent again that never arrived."""

MOST_TRIES: Final = 44
"""In five minutes of patience, if the service asks for pauses of 7 s; without, there are fewer."""

MOST_LOOKS: Final = 200
"""In 15 minutes, one every 15 s, and closer together around the moment when a job is due."""


@dataclass(frozen=True, slots=True)
class Fault:
    """
    One thing that goes wrong.

    Attributes:
        name: As the page writes it.
        means: What it amounts to.
        is_done: Whether the service has done the work all the same.
    """

    name: str
    means: Means
    is_done: bool = False


FAULTS: Final = (
    Fault("connection refused", Means.NEVER_ARRIVED),
    Fault("DNS failure", Means.NEVER_ARRIVED),
    Fault("reset before the work was done", Means.LOST),
    Fault("reset after the work was done", Means.LOST, is_done=True),
    Fault("timeout before the work was done", Means.LOST),
    Fault("timeout after the work was done", Means.LOST, is_done=True),
    Fault("400", Means.REFUSED),
    Fault("401", Means.KEY),
    Fault("500 that says the key is wrong", Means.KEY),
    Fault("403", Means.FORBIDDEN),
    Fault("404", Means.MISSING),
    Fault("429", Means.BUSY),
    Fault("429 with Retry-After", Means.BUSY),
    Fault("500", Means.BROKEN),
    Fault("500 after the work was done", Means.BROKEN, is_done=True),
    Fault("502", Means.GATEWAY),
    Fault("502 after the work was done", Means.GATEWAY, is_done=True),
    Fault("503", Means.UNAVAILABLE),
    Fault("503 after the work was done", Means.UNAVAILABLE, is_done=True),
    Fault("array with status 200", Means.ARRAY),
    Fault("array with status 200, after the work was done", Means.ARRAY, is_done=True),
    Fault("array with status 200 that says why", Means.REFUSED),
    Fault("HTML with status 200", Means.UNREADABLE),
    Fault("truncated JSON", Means.UNREADABLE, is_done=True),
    Fault("wrong types", Means.MISFIT, is_done=True),
    Fault("unknown status", Means.STRANGE),
    Fault("never finishes", Means.ENDLESS),
    Fault("fails", Means.FAILS),
    Fault("empty", Means.EMPTY),
    Fault("clock 7 hours ahead", Means.CLOCK, is_done=True),
    Fault("clock 7 hours behind", Means.CLOCK, is_done=True),
    Fault("8 hours with the lid closed", Means.CLOCK, is_done=True),
)
"""Point by point; of a fault that may come before or after the work, both."""

TWINS: Final = {fault for fault in FAULTS if fault.name.endswith("after the work was done")}
"""The faults that have another one like them, in which the work was not done."""

READS: Final = {
    Does.BEFORE,
    Does.PRICE,
    Does.LOOK,
    Does.SEARCH,
    Does.FILE,
    Does.QUESTION,
    Does.PREVIEW,
}
"""What changes nothing at the service, so that there is no work to be done or not."""

OF_JOBS: Final = {Means.STRANGE, Means.ENDLESS, Means.FAILS, Means.EMPTY}
"""What happens to jobs and not to requests."""
UNKNOWN: Final = {
    Means.LOST,
    Means.BROKEN,
    Means.GATEWAY,
    Means.UNAVAILABLE,
    Means.ARRAY,
    Means.UNREADABLE,
    Means.MISFIT,
}
"""After which nobody can tell whether a paid request was acted on."""
NO: Final = {
    Means.REFUSED: "RequestRefused",
    Means.KEY: "AuthenticationError",
    Means.FORBIDDEN: "UnexpectedResponse",
    Means.MISSING: "NotFound",
}
"""The answers that are a no, and that nothing was done for; the errors that say so."""
ERRORS: Final = {
    **NO,
    **dict.fromkeys((Means.NEVER_ARRIVED, Means.LOST), "ConnectionFailed"),
    Means.BUSY: "RateLimited",
    **dict.fromkeys(UNKNOWN - {Means.LOST}, "UnexpectedResponse"),
}
"""The error for each, where it is told as it is."""
SAYS: Final = {
    Means.NEVER_ARRIVED: r"check the network",
    Means.LOST: r"try again|trying again",
    Means.REFUSED: r"Nothing was drawn or charged",
    Means.KEY: r"leo\.(connect|login)\(",
    Means.FORBIDDEN: r"base_url",
    Means.MISSING: r"base_url|no such|deleted",
    Means.BUSY: r"try again",
    Means.BROKEN: r"trying again may help",
    Means.GATEWAY: r"base_url|trying again may help",
    Means.UNAVAILABLE: r"base_url|trying again may help",
    Means.ARRAY: r"trying again may help",
    Means.UNREADABLE: r"base_url",
    Means.MISFIT: r"does not fit",
}
"""What the sentence of such an error has, as a regular expression."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """
    What the user gets.

    Attributes:
        gist: In a few words, for the page.
        error: The error's name; None where all is well.
        charge: "none", "charged", "refunded" or "unknown"; what costs nothing has "none".
        asked: How often the route is asked.
        is_exact: Whether exactly so often, or at most.
        created: Jobs that there are at the service in the end; never two.
        says: What the error's sentence has, as a regular expression.
    """

    gist: str
    error: str | None = None
    charge: str = "none"
    asked: int = 1
    is_exact: bool = True
    created: int = 0
    says: str = ""

    @property
    def end(self) -> str:
        """The state of a job, which is the only word for it that the page needs."""
        return "complete" if self.error is None else "failed"


@dataclass(frozen=True, slots=True)
class Cell:
    """
    One thing to try.

    Attributes:
        route: What is asked.
        fault: What goes wrong.
        lasts: Whether it goes wrong every time, or only the first time.
        outcome: What the user gets.
    """

    route: Route
    fault: Fault
    lasts: bool
    outcome: Outcome

    def __str__(self) -> str:
        return f"{self.route.name}, {self.fault.name}, {'always' if self.lasts else 'once'}"


def expected(route: Route, fault: Fault, *, lasts: bool) -> Outcome | None:
    """Return what *fault* comes to; None where it cannot happen, or lasting changes nothing."""
    if fault.means in OF_JOBS and route.does is not Does.LOOK:
        return None
    if route.does in READS and fault in TWINS:
        return None  # the same as the fault before it
    if lasts and fault.means in {Means.CLOCK, Means.ENDLESS, Means.FAILS}:
        return None  # there is one job, and one clock
    outcome = RULES[route.does](route, fault, lasts)
    if lasts and outcome == RULES[route.does](route, fault, False) and outcome.asked == 1:
        return None
    return outcome


def cells() -> tuple[Cell, ...]:
    """Return everything that there is to try."""
    return tuple(
        Cell(route, fault, lasts, outcome)
        for route in ROUTES
        for fault in FAULTS
        for lasts in (False, True)
        if (outcome := expected(route, fault, lasts=lasts)) is not None
    )


# The rules, one for each thing that a route is asked for.


def _job(route: Route, fault: Fault, lasts: bool) -> Outcome:
    """Return what comes of a paid request: it is never on its way twice."""
    fine = Outcome("the job goes on", charge="charged", created=1)
    means = fault.means
    if means is Means.CLOCK:
        # the answer is lost as well, because that is when clocks matter
        means = Means.LOST
    if means in NO:
        return Outcome("the job fails; nothing was made or paid", NO[means], says=SAYS[means])
    if means is Means.NEVER_ARRIVED:
        if not lasts:
            return replace(fine, gist="sent again; the job goes on", asked=2)
        return Outcome(
            "sent a few times; the job fails, and nothing was made or paid",
            "ConnectionFailed",
            asked=1 + PAID_RETRIES,
            says=r"Nothing was sent.*check the network",
        )
    if means is Means.BUSY:
        if not lasts:
            return replace(fine, gist="sent again after a pause; the job goes on", asked=2)
        return Outcome(
            "tried for five minutes; the job fails, and nothing was made or paid",
            "RateLimited",
            asked=MOST_TRIES,
            is_exact=False,
            says=r"try again",
        )
    if not route.is_found:
        return Outcome(
            "the job stops and waits for your word, because nobody can look for it",
            "OutcomeUnknown",
            "unknown",
            created=int(fault.is_done),
            says=r"job\.adopt\(.*job\.resend\(|job\.resend\(.*job\.adopt\(",
        )
    if fault.is_done and route.is_sure:
        return replace(fine, gist="the job is searched for, found and goes on")
    if fault.is_done:
        return Outcome(
            "the job is searched for; what may be it is shown, and you choose",
            "OutcomeUnknown",
            "unknown",
            created=1,
            says=r"may be it.*job\.adopt\(.*job\.resend\(",
        )
    if not lasts:
        return replace(
            fine, gist="the job is searched for, not found, sent again once, and goes on", asked=2
        )
    return Outcome(
        "the job is searched for, not found, sent again once, and then waits for your word",
        "OutcomeUnknown",
        "unknown",
        asked=2,
        says=r"job\.resend\(",
    )


def _paid_question(_route: Route, fault: Fault, lasts: bool) -> Outcome:
    """Return what comes of a question that is paid: there is no list to look for it."""
    means = fault.means
    if means is Means.CLOCK:
        return Outcome("nothing is different", charge="charged")
    if means in NO:
        return Outcome("the error says why; nothing was paid", NO[means], says=SAYS[means])
    if means is Means.NEVER_ARRIVED and lasts:
        return Outcome(
            "sent a few times; nothing was paid",
            "ConnectionFailed",
            asked=1 + PAID_RETRIES,
            says=r"Nothing was sent.*check the network",
        )
    if means is Means.BUSY and lasts:
        return Outcome(
            "tried for five minutes; nothing was paid",
            "RateLimited",
            asked=MOST_TRIES,
            is_exact=False,
            says=r"try again",
        )
    if means in UNKNOWN:
        return Outcome(
            "the error says that it may be paid; it is not sent again",
            "OutcomeUnknown",
            "unknown",
            says=r"was not sent again",
        )
    return Outcome("sent again; you get the prompt", charge="charged", asked=2)


def _free(fault: Fault, lasts: bool, well: str = "asked again; you get the answer") -> Outcome:
    """Return what comes of what costs nothing and may be asked as often as one likes."""
    means = fault.means
    if means is Means.CLOCK:
        return Outcome("nothing is different")
    if means is Means.BUSY:
        if not lasts:
            return Outcome(well, asked=2)
        return Outcome(
            "asked for five minutes; then the error",
            "RateLimited",
            asked=MOST_TRIES,
            is_exact=False,
            says=SAYS[means],
        )
    again = RETRIES.get(means, 0)
    if again and not lasts:
        return Outcome(well, asked=2)
    often = "asked a few times; then the error" if again else "the error says why"
    return Outcome(often, ERRORS[means], asked=1 + again, says=SAYS[means])


def _question(_route: Route, fault: Fault, lasts: bool) -> Outcome:
    return _free(fault, lasts)


def _before(_route: Route, fault: Fault, lasts: bool) -> Outcome:
    """Return what comes of a job whose account nobody knows: it is not sent."""
    asked = _free(fault, lasts)
    if asked.error is None:
        # the balance is asked for once more when the job has ended
        return replace(
            asked,
            gist="asked again; the job goes on" if asked.asked > 1 else asked.gist,
            charge="charged",
            created=1,
            asked=asked.asked + 2,
            is_exact=False,
        )
    return replace(
        asked,
        gist=f"{asked.gist}; the job is not sent and costs nothing",
        says=rf"(?s)(?=.*({asked.says}))(?=.*nothing was spent)",
    )


def _price(_route: Route, fault: Fault, lasts: bool) -> Outcome:
    """Return what comes of a job whose price nobody knows: it goes on, unless there is a budget."""
    asked = _free(fault, lasts)
    if fault.means is Means.KEY:
        return replace(asked, gist="the job is not sent and costs nothing")
    if asked.error is None:
        return replace(
            asked,
            charge="charged",
            created=1,
            gist=asked.gist.replace("you get the answer", "the job goes on"),
        )
    return Outcome(
        "the job goes on without a price beforehand; under a budget it is not sent",
        charge="charged",
        created=1,
        asked=asked.asked,
        is_exact=asked.is_exact,
    )


def _look(route: Route, fault: Fault, lasts: bool) -> Outcome:
    """Return what comes of a paid job whose looks go wrong: the next look is the repetition."""
    fine = Outcome(
        "looked at again; the job goes on",
        charge="charged",
        created=1,
        asked=MOST_LOOKS,
        is_exact=False,
    )
    overdue = replace(
        fine,
        gist="looked at for 15 minutes; then the job is overdue, and `leo.resume()` goes on",
        error="JobTimeout",
        says=r"leo\.(job|resume)\(",
    )
    match fault.means:
        case Means.CLOCK:
            return replace(fine, gist="nothing is different, and nothing expires")
        case Means.ENDLESS:
            return overdue
        case Means.FAILS:
            return replace(
                fine,
                gist="the job has failed, and the service gives its price back",
                error="JobFailed",
                charge="refunded",
                says=r"refunds.*job\.again\(",
            )
        case Means.EMPTY if route.looks == "generation":
            return replace(
                fine,
                gist="the job has failed, although it is paid",
                error="JobFailed",
                says=r"complete and has no .*job\.again\(",
            )
        case Means.KEY:
            return replace(
                fine,
                gist="the job stops; with a good key, `leo.resume()` goes on",
                error="AuthenticationError",
                says=r"leo\.(connect|login)\(.*leo\.(job|resume)\(",
            )
        case Means.MISSING if lasts:
            return replace(
                fine,
                gist="looked at five times; then the service is believed that it is gone",
                error="NotFound",
                asked=5,
                says=r"leo\.(job|resume)\(",
            )
    return overdue if lasts else fine


def _search(_route: Route, fault: Fault, lasts: bool) -> Outcome:
    """Return what comes of a lost job while the list that it is searched in goes wrong."""
    found = Outcome(
        "searched again; the job is found and goes on",
        charge="charged",
        created=1,
        asked=MOST_LOOKS,
        is_exact=False,
    )
    if fault.means is Means.CLOCK:
        return replace(found, gist="nothing is different")
    if lasts or fault.means is Means.KEY:
        return replace(
            found,
            gist="the job is never sent again unseen; it waits for your word",
            error="OutcomeUnknown",
            charge="unknown",
            says=r"job\.resend\(",
        )
    return found


def _file(_route: Route, fault: Fault, lasts: bool) -> Outcome:
    """Return what comes of a picture or video that is paid, and does not arrive."""
    fine = Outcome("fetched again; it arrives", charge="charged", created=1, asked=2)
    if fault.means is Means.CLOCK:
        return replace(fine, gist="nothing is different", asked=1)
    if not lasts:
        return fine
    return replace(
        fine,
        gist="fetched three times; the error has the address, and `leo.resume()` fetches it again",
        error="DownloadFailed",
        asked=3,
        says=r"there and paid.*http",
    )


def _preview(_route: Route, fault: Fault, lasts: bool) -> Outcome:
    """Return what comes of a table whose small pictures do not arrive: it is shown without."""
    if fault.means is Means.CLOCK:
        return Outcome("nothing is different", asked=MOST_LOOKS, is_exact=False)
    return Outcome("the table comes without that picture", asked=MOST_LOOKS, is_exact=False)


def _form(_route: Route, fault: Fault, lasts: bool) -> Outcome:
    return _free(fault, lasts, "asked again; the upload goes on")


def _upload(_route: Route, fault: Fault, lasts: bool) -> Outcome:
    """Return what comes of a file on its way to storage, whose answer has no body that matters."""
    means = fault.means
    if means in {Means.ARRAY, Means.UNREADABLE, Means.MISFIT} or fault.name.startswith("array"):
        return Outcome("nothing is different: storage says yes by its status alone")
    if fault.name == "8 hours with the lid closed":
        return Outcome("the form is too old by then; another is asked for", asked=2)
    if fault.name.startswith("500"):
        fault = replace(fault, means=Means.BROKEN)
    if fault.means in NO:
        return Outcome(
            "the error says why; nothing was paid", "RequestRefused", says=r"storage|upload"
        )
    asked = _free(fault, lasts, "sent again; the upload is there")
    if asked.error is not None:
        return replace(asked, says=r"(?i)again|network")
    return asked


def _delete(_route: Route, fault: Fault, lasts: bool) -> Outcome:
    return _free(fault, lasts, "asked again; it is gone, also where the first one did it")


RULES: Final = {
    Does.JOB: _job,
    Does.PAID_QUESTION: _paid_question,
    Does.BEFORE: _before,
    Does.PRICE: _price,
    Does.LOOK: _look,
    Does.SEARCH: _search,
    Does.FILE: _file,
    Does.QUESTION: _question,
    Does.PREVIEW: _preview,
    Does.FORM: _form,
    Does.UPLOAD: _upload,
    Does.DELETE: _delete,
}
