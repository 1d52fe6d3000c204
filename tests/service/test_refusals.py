from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leonardo_nb.errors import (
    AuthenticationError,
    ModerationError,
    NotEnoughCredits,
    NotFound,
    RateLimited,
    RequestRefused,
    ServiceError,
    UnexpectedResponse,
)
from leonardo_nb.service.refusals import refusal, seconds_of_retry_after

WIRE = Path(__file__).parents[1] / "wire"

KNOWN: list[tuple[str, type[ServiceError], str | None]] = [
    # answer, error, member
    ("error-unknown-key", AuthenticationError, None),
    ("error-malformed-key", AuthenticationError, None),
    ("error-missing-prompt", RequestRefused, "prompt"),
    ("error-unknown-member", RequestRefused, "webhookCallbackUrl"),
    ("error-wrong-type", RequestRefused, "photoReal"),
    ("error-too-many-images", RequestRefused, "num_images"),
    ("error-dimensions", RequestRefused, "width"),
    ("error-long-prompt", RequestRefused, "prompt"),
    ("error-moderation", ModerationError, None),
    ("error-no-credits", NotEnoughCredits, None),
    ("error-model", RequestRefused, "modelId"),
    ("error-service", UnexpectedResponse, None),
    ("error-no-endpoint", NotFound, None),
    ("error-array", RequestRefused, "width"),
]


def refused(name: str) -> ServiceError:
    """Return the error for an answer in `tests/wire`."""
    answer = json.loads((WIRE / f"{name}.json").read_text(encoding="utf-8"))
    error = refusal(answer["status"], answer["body"])
    assert error is not None
    return error


def test_every_known_refusal_is_tested() -> None:
    """An answer without a row above is an answer without a test."""
    assert {file.stem for file in WIRE.glob("error-*.json")} == {row[0] for row in KNOWN}


@pytest.mark.parametrize(("name", "error", "member"), KNOWN, ids=[row[0] for row in KNOWN])
def test_known_refusal(name: str, error: type[ServiceError], member: str | None) -> None:
    """Each refusal that is known becomes its own error, and names the member where it can."""
    got = refused(name)

    assert (error, member) == (type(got), getattr(got, "member", None))


def test_no_known_success_is_a_refusal() -> None:
    """Every other answer in the folder is a success."""
    files = [file for file in WIRE.glob("*.json") if not file.stem.startswith("error-")]
    answers = [json.loads(file.read_text(encoding="utf-8")) for file in files]

    assert [None] * len(files) == [refusal(each["status"], each["body"]) for each in answers]


def v1(text: str, code: str = "unexpected") -> dict[str, str]:
    """Return a body as the first API writes it."""
    return {"error": text, "path": "$", "code": code}


@pytest.mark.parametrize(
    ("status", "body", "error"),
    [
        (400, v1("Your prompt appears to contain inappropriate content"), ModerationError),
        (400, v1("content moderation filter: gore"), ModerationError),
        (402, "", NotEnoughCredits),
        (400, v1("not enough api tokens userId: x"), NotEnoughCredits),
        (403, "<html>blocked</html>", UnexpectedResponse),
        (401, "<html>no</html>", AuthenticationError),
        (404, "<html>no</html>", NotFound),
        (429, "", RateLimited),
        (400, v1("Too many pending jobs"), RateLimited),
        (400, v1("Service Error"), RequestRefused),
        (500, v1("Service Error"), UnexpectedResponse),
        (400, v1("Unexpected variable tilling", "bad-request"), RequestRefused),
        (400, v1("the queue of this account is full"), RateLimited),
        (502, "", UnexpectedResponse),
        (200, [], UnexpectedResponse),
        (
            200,
            [{"message": "no", "extensions": {"code": "NOT_FOUND", "statusCode": 404}}],
            NotFound,
        ),
        (200, [{"message": "slow", "extensions": {"statusCode": 429}}], RateLimited),
        (
            200,
            {"errors": [{"message": "no", "extensions": {"code": "BAD_REQUEST"}}]},
            RequestRefused,
        ),
        (200, v1("something odd"), UnexpectedResponse),
    ],
    ids=repr,
)
def test_refusal(status: int, body: object, error: type[ServiceError]) -> None:
    """Sentences decide before statuses, and an array is an error whatever its status."""
    assert error is type(refusal(status, body))


@pytest.mark.parametrize("status", [500, 502, 503])
@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("could not publish to queue", "unexpected"),
        ("Too many pending jobs", "unexpected"),
        ("rate limit of the upstream", "unexpected"),
        ("not enough api tokens userId: x", "unexpected"),
        ("content moderation filter: timed out", "unexpected"),
        ("Unexpected variable webhookCallbackUrl", "bad-request"),
        ("cannot read property seed of undefined", "unexpected"),
        ("Too many images", "validation-failed"),
    ],
)
def test_a_server_that_broke_refused_nothing(status: int, text: str, code: str) -> None:
    """Whatever it mentions, it may have made the job; only 429 says that it has not."""
    inner = [{"message": text, "extensions": {"code": code, "statusCode": status}}]

    assert [UnexpectedResponse] * 2 == [
        type(refusal(status, v1(text, code))),
        type(refusal(200, inner)),
    ]


def test_the_facts_are_attached() -> None:
    """Nobody has to parse the sentence."""
    error = refused("error-wrong-type")

    assert (400, "validation-failed", "$.selectionSet.sdGenerationJob.args.arg1.photoReal") == (
        error.status,
        error.code,
        error.path,
    )


def test_the_sentence_of_a_refused_member() -> None:
    """What, why in the service's words, at what cost, and what to do now."""
    assert (
        'The service refused num_images: "Too many images". Nothing was drawn or charged. '
        "Change it and try again."
    ) == str(refused("error-too-many-images"))


def test_the_sentence_of_a_wrong_key() -> None:
    """It says what to do now."""
    assert "Give a valid one with leo.connect(api_key=...) or LEONARDO_API_KEY." in str(
        refused("error-malformed-key")
    )


def test_the_sentence_of_no_credits() -> None:
    """It says that the web subscription does not pay for the API, and shows no user id."""
    sentence = str(refused("error-no-credits"))

    assert (True, False) == ("do not pay for the API" in sentence, "4c1f6f0e" in sentence)


def test_long_words_are_cut() -> None:
    """A stack trace as a sentence does not fill a notebook."""
    assert len(str(refusal(500, v1("x" * 10_000)))) < 500


def test_words_that_steer_a_terminal() -> None:
    """They are shown as what cannot be shown, and kept as they came in the body."""
    body = v1("no \x1b[31mfox\x07\u202e\nhere")
    error = refusal(400, body)

    assert error is not None
    assert ("no �[31mfox�� here", True, body) == (
        str(error).split('"')[1],
        str(error).isprintable(),
        error.body,
    )


def test_rate_limit_carries_the_wait() -> None:
    """Seconds, for whoever tries again."""
    error = refusal(429, "", retry_after=2.5)

    assert (2.5, "Too many requests at once; try again in 2.5 s.") == (
        getattr(error, "retry_after", None),
        str(error),
    )


NOW = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        (None, None),
        ("0", 0),
        ("7", 7),
        (" 1.5 ", 1.5),
        ("-3", 0),
        ("inf", None),
        ("nan", None),
        ("soon", None),
        ("", None),
        ("Thu, 01 Jan 2026 00:00:10 GMT", 10),
        ("Wed, 31 Dec 2025 23:59:00 GMT", 0),
    ],
)
def test_retry_after(header: str | None, seconds: float | None) -> None:
    """Seconds or a date, never negative, and nonsense is nothing."""
    assert seconds == seconds_of_retry_after(header, now=NOW)


def test_retry_after_is_measured_from_the_answers_own_date() -> None:
    """The two clocks may differ by hours."""
    header, date = "Thu, 01 Jan 2026 05:00:10 GMT", "Thu, 01 Jan 2026 05:00:00 GMT"

    assert 10 == seconds_of_retry_after(header, date=date, now=NOW)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["error", "errors", "code", "path", "message", "extensions", "details"])
            | st.text(),
            inner,
            max_size=4,
        )
    ),
    max_leaves=10,
)


@given(st.integers(400, 599), JSON)
def test_any_failing_answer_is_one_of_our_errors(status: int, body: Any) -> None:
    """Whatever a failing answer holds, it becomes an error with a sentence."""
    error = refusal(status, body)

    assert (True, True) == (isinstance(error, ServiceError), len(str(error)) > 10)
