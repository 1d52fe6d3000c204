"""
What the service says when it says no: the words, codes and statuses of the API reference.

The texts are the wire protocol, so they are kept in one place, apart from the rules that choose
them. Where the reference knows no text, the sentence names the member and its bounds.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = [
    "Refusal",
    "broken_key",
    "cut",
    "missing_value",
    "no_endpoint",
    "not_built",
    "not_for_the_api",
    "out_of_credits",
    "queue_full",
    "retired",
    "service_error",
    "too_large",
    "too_many_requests",
    "unexpected_variable",
    "unknown_key",
    "unreadable_json",
    "words_moderated",
    "wrong_type",
]


MOST_CHARACTERS = 1000
"""A refusal repeats what was sent, and what was sent may be megabytes."""


def cut(text: str) -> str:
    """Return *text*, or its beginning where it is longer than an answer should be."""
    return text if len(text) <= MOST_CHARACTERS else text[: MOST_CHARACTERS - 3] + "..."


class Refusal(Exception):
    """
    An answer that is a no.

    Attributes:
        status: The HTTP status.
        error: The text that the service sends.
        path: Where in the request the service saw it.
        code: The service's own code.
        headers: What the answer carries besides its body.
    """

    def __init__(
        self,
        error: str,
        *,
        status: int = 400,
        path: str = "$",
        code: str = "unexpected",
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(error)
        self.error = cut(error)
        self.status = status
        self.path = cut(path)
        self.code = code
        self.headers = dict(headers or {})

    @property
    def body(self) -> dict[str, str]:
        """The answer's body."""
        return {"error": self.error, "path": self.path, "code": self.code}


def unknown_key() -> Refusal:
    """Return the answer to a well-formed key that nobody has."""
    return Refusal(
        "Authentication hook unauthorized this request", status=401, code="access-denied"
    )


def broken_key() -> Refusal:
    """Return the answer to a key that is malformed, empty or missing."""
    return Refusal("Invalid response from authorization hook", status=500)


def no_endpoint() -> Refusal:
    """Return the answer to a path that the service does not have."""
    return Refusal("Endpoint not found", status=404, code="not-found")


def not_built(what: str) -> Refusal:
    """Return the answer, ours alone, to a part of the service that is not simulated."""
    return Refusal(
        f"{what} is part of the service, but not simulated.", status=501, code="not-supported"
    )


def unreadable_json() -> Refusal:
    """Return the answer to a body that is not a JSON object."""
    return Refusal("invalid json", code="invalid-json")


def too_large() -> Refusal:
    """Return the answer to a body beyond every request; what the service says is not known."""
    return Refusal("request entity too large", status=413, code="bad-request")


def unexpected_variable(name: str) -> Refusal:
    """Return the answer to a member that the endpoint does not have."""
    return Refusal(f"Unexpected variable {name}", code="bad-request")


def missing_value(name: str) -> Refusal:
    """Return the answer to a request without a member that it needs."""
    return Refusal(
        f'expecting a value for non-nullable variable: "{name}"', code="validation-failed"
    )


def wrong_type(expected: str, kind: str, found: str, path: str) -> Refusal:
    """Return the answer to a member of the wrong type, such as text for a number."""
    return Refusal(
        f"expected {expected} for type '{kind}', but found {found}",
        path=path,
        code="validation-failed",
    )


def words_moderated(word: str) -> Refusal:
    """Return the answer to a prompt that the content filter stops."""
    return Refusal(f"content moderation filter: {word}")


def not_for_the_api(model_id: str) -> Refusal:
    """Return the answer to a model that the API does not offer."""
    return Refusal(
        f"{model_id} is not supported within the Production API. "
        "Please try again with a different model ID."
    )


def service_error() -> Refusal:
    """Return the answer to an id of the wrong kind, among other things."""
    return Refusal("Service Error", status=500)


def retired(what: str) -> Refusal:
    """Return the answer to something that is gone; what the service really says is not known."""
    return Refusal(f"{what} is no longer available.", status=410, code="not-supported")


def out_of_credits(user_id: str) -> Refusal:
    """Return the answer to a job that costs more than the account has."""
    return Refusal(f"not enough api tokens userId: {user_id}")


def too_many_requests(retry_after: int | None) -> Refusal:
    """Return the answer past the requests of a minute; *retry_after* in seconds, where told."""
    return _slow_down("Too many requests, please try again later.", retry_after)


def queue_full(retry_after: int | None) -> Refusal:
    """Return the answer to a job beyond the pending queue; *retry_after* in seconds, where told."""
    return _slow_down("Too many pending jobs, please try again later.", retry_after)


def _slow_down(error: str, retry_after: int | None) -> Refusal:
    headers = {} if retry_after is None else {"Retry-After": str(retry_after)}
    return Refusal(error, status=429, code="too-many-requests", headers=headers)
