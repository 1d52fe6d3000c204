from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from leonardo_nb.money import Credits, Dollars
from leonardo_nb.service.responses import (
    Account,
    Ack,
    GeneratedImage,
    Generation,
    PlatformModel,
    deleted_id,
    inside,
    price_of,
    rows,
)

WIRE = Path(__file__).parents[1] / "wire"


def body(name: str) -> Any:
    """Return the body of an answer in `tests/wire`."""
    return json.loads((WIRE / f"{name}.json").read_text(encoding="utf-8"))["body"]


def generation(name: str, **changes: object) -> Generation:
    """Return the generation in an answer in `tests/wire`, with some members changed."""
    return Generation.model_validate(body(name)["generations_by_pk"] | changes)


def test_every_answer_says_where_it_is_from() -> None:
    """An answer without a source cannot be judged when the service has changed."""
    answers = [json.loads(file.read_text(encoding="utf-8")) for file in WIRE.glob("*.json")]
    undated = [each["what"] for each in answers if each["source"] != "seen" and "date" not in each]
    dates = [each["date"] for each in answers if "date" in each]

    assert {"documented", "seen"} == {each["source"] for each in answers}
    assert [] == undated
    assert [] == [date for date in dates if not re.fullmatch(r"20\d\d-\d\d(-\d\d)?", date)]


@pytest.mark.parametrize(
    ("name", "cost"), [("create-dollars", Dollars("0.0147")), ("create-credits", Credits(11))]
)
def test_ack(name: str, cost: object) -> None:
    """The price is in either of two members, in either of two units."""
    ack = Ack.read(body(name))

    assert ("0f6d2b9c-7a41-4c8e-b1d3-93e5a7c2d410", cost) == (ack.generation_id, ack.cost)


@pytest.mark.parametrize(
    ("job", "cost"),
    [
        ({}, None),
        ({"cost": None, "apiCreditCost": None}, None),
        ({"cost": {"amount": "5", "unit": "CREDITS"}, "apiCreditCost": 9}, Credits(5)),
        ({"cost": {"amount": 0.0147, "unit": "DOLLARS"}}, Dollars("0.0147")),
        ({"cost": {"amount": "5", "unit": "TOKENS"}, "apiCreditCost": "9"}, Credits(9)),
        ({"cost": {"amount": "a lot", "unit": "DOLLARS"}}, None),
        ({"cost": {"amount": "NaN", "unit": "DOLLARS"}}, None),
        ({"apiCreditCost": 0}, Credits(0)),
        ({"apiCreditCost": 0.024}, Credits("0.024")),
    ],
)
def test_cost(job: dict[str, object], cost: object) -> None:
    """An amount that cannot be read is no amount, and never an error: the job is paid for."""
    answer = {"sdGenerationJob": {"generationId": "an-id"} | job}

    assert cost == Ack.read(answer).cost


def test_ack_of_the_second_api() -> None:
    """Its wrapper has another name and is read all the same."""
    assert "an-id" == Ack.read({"generate": {"generationId": "an-id"}}).generation_id


@pytest.mark.parametrize(
    "answer",
    [None, [], {}, {"sdGenerationJob": None}, {"sdGenerationJob": {"generationId": None}}],
    ids=repr,
)
def test_ack_without_an_id(answer: object) -> None:
    """Without an id there is nothing to look for, so that is an error."""
    with pytest.raises(ValueError, match=r"missing|null") as caught:
        Ack.read(answer)

    assert isinstance(caught.value, ValueError)


def test_account() -> None:
    """The API balance is what was bought and what the plan gives, together."""
    account = Account.read(body("me"))

    assert ("4c1f6f0e-2b8e-4c35-9a3e-5d7f0c3b1a20", "fox", 10, Credits(3525)) == (
        account.user_id,
        account.username,
        account.slots,
        account.balance,
    )


def test_account_with_nulls() -> None:
    """Ten slots are the documented default, and an unknown balance is unknown, not zero."""
    account = Account.read(
        {
            "user_details": [
                {
                    "user": {"id": "an-id", "username": None},
                    "apiConcurrencySlots": None,
                    "apiPaidTokens": None,
                    "apiSubscriptionTokens": None,
                }
            ]
        }
    )

    assert ("", 10, None) == (account.username, account.slots, account.balance)


@pytest.mark.parametrize("user", [None, {}, {"id": None}, {"id": " "}, "x"])
def test_an_account_without_its_user(user: object) -> None:
    """What is left to spend is still read."""
    account = Account.read({"user_details": [{"user": user, "apiPaidTokens": 7}]})

    assert (None, Credits(7)) == (account.user_id, account.balance)


def test_a_model_without_an_id_hides_no_other() -> None:
    """It is left out, as in other lists."""
    found = PlatformModel.read(
        {"custom_models": [{"id": None, "name": "x"}, {}, None, {"id": "an-id", "name": None}]}
    )

    assert ["an-id"] == [each.id for each in found]


def test_platform_models() -> None:
    """Rows are read in order, with or without a picture."""
    models = [
        PlatformModel.model_validate(row) for row in rows(body("platform-models"), "custom_models")
    ]

    assert ["Leonardo Lightning XL", "Leonardo Phoenix 1.0"] == [model.name for model in models]


def test_a_finished_generation() -> None:
    """Its pictures have addresses, and its date is UTC though it does not say so."""
    seen = generation("generation-complete")

    assert (True, False, 1, 123, datetime(2025, 3, 9, 14, 14, 40, 429000, tzinfo=UTC)) == (
        seen.is_complete,
        seen.is_failed,
        len(seen.images),
        seen.seed,
        seen.created_at,
    )


def test_a_pending_generation() -> None:
    """It is neither complete nor failed, and has no pictures."""
    seen = generation("generation-pending")

    assert (False, False, ()) == (seen.is_complete, seen.is_failed, seen.images)


def test_a_failed_generation() -> None:
    """The moderation words are all that is known."""
    seen = generation("generation-failed")

    assert (True, ("NSFW", "EXTREME_VIOLENCE")) == (seen.is_failed, seen.moderation)


def test_nulls_where_none_are_documented() -> None:
    """Jobs of the second API have them, and are read."""
    seen = generation("generation-nulls")

    assert (None, None, None, True) == (
        seen.seed,
        seen.scheduler,
        seen.num_inference_steps,
        seen.is_complete,
    )


@pytest.mark.parametrize("status", ["QUEUED", "COMPLETED", "complete", "", None, 3])
def test_an_unknown_status_is_neither(status: object) -> None:
    """A word that we do not know keeps a job pending."""
    seen = generation("generation-pending", status=status)

    assert (False, False) == (seen.is_complete, seen.is_failed)


@pytest.mark.parametrize(
    ("seed", "read"),
    [
        ("123", 123),
        (123.0, 123),
        ("9999999998", 9999999998),
        ("abc", None),
        (True, None),
        ([], None),
    ],
)
def test_seed(seed: object, read: object) -> None:
    """The webhook writes it as text, and nothing that it may be stops us."""
    assert read == generation("generation-complete", seed=seed).seed


@pytest.mark.parametrize(
    ("created", "read"),
    [
        ("2025-03-09T14:14:40", datetime(2025, 3, 9, 14, 14, 40, tzinfo=UTC)),
        ("2025-03-09T14:14:40.4Z", datetime(2025, 3, 9, 14, 14, 40, 400000, tzinfo=UTC)),
        ("2025-03-09T16:14:40+02:00", datetime(2025, 3, 9, 14, 14, 40, tzinfo=UTC)),
        ("0001-01-01T00:00:00+10:00", None),
        ("9999-12-31T23:59:59-10:00", None),
        ("yesterday", None),
        (None, None),
    ],
)
def test_created_at(created: object, read: object) -> None:
    """With or without a zone, it ends in UTC, where UTC has such a moment."""
    assert read == generation("generation-complete", createdAt=created).created_at


@pytest.mark.parametrize(
    "images", [[{"id": "an-id", "motion": True}], [{"id": "an-id"}, {"id": "b", "motion": True}]]
)
def test_image_fields_in_the_specified_place(images: list[object]) -> None:
    """`motion` stands on the images in the specification."""
    assert generation("generation-complete", motion=None, generated_images=images).motion


def test_image_fields_in_the_observed_place() -> None:
    """`motion` stands on the generation in real answers."""
    assert generation("generation-complete", motion=True).motion


@pytest.mark.parametrize("images", [None, [], "none", [None], [7]])
def test_images_that_are_none(images: object) -> None:
    """What is not a list of images is no images."""
    assert () == generation("generation-complete", generated_images=images).images


def test_an_image_with_nulls() -> None:
    """Its address may be missing; that is for the job to judge."""
    image = GeneratedImage.model_validate({"id": "an-id", "url": None, "nsfw": None, "newer": 1})

    assert ("an-id", None, False) == (image.id, image.url, image.nsfw)


def test_the_webhooks_shape() -> None:
    """A callback calls the images otherwise, and gives their size."""
    seen = Generation.model_validate(
        {"id": "an-id", "images": [{"id": "b", "image_width": 1024, "image_height": 768}]}
    )

    assert [(1024, 768)] == [(image.width, image.height) for image in seen.images]


def test_raw_keeps_what_we_do_not_name() -> None:
    """A member that the service adds tomorrow can be read tomorrow."""
    assert 1 == generation("generation-complete", brandNew=1).raw["brandNew"]


def test_price() -> None:
    """The calculator counts in credits."""
    assert Credits(16) == price_of(body("price"))


@pytest.mark.parametrize(
    "answer",
    [{}, {"calculateProductionApiServiceCost": None}, {"calculateProductionApiServiceCost": {}}],
)
def test_no_price(answer: object) -> None:
    """A price that is not there is an error, not zero."""
    with pytest.raises(ValueError, match="calculateProductionApiServiceCost") as caught:
        price_of(answer)

    assert "calculateProductionApiServiceCost" in str(caught.value)


@pytest.mark.parametrize(
    ("name", "read"), [("delete", "0f6d2b9c-7a41-4c8e-b1d3-93e5a7c2d410"), ("delete-nothing", None)]
)
def test_deleted_id(name: str, read: object) -> None:
    """Null says that there was nothing to delete."""
    assert read == deleted_id(body(name))


def test_an_unknown_generation_is_null() -> None:
    """The wrapper is there and holds nothing."""
    assert inside(body("generation-unknown"), "generations_by_pk") is None


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(
    st.dictionaries(
        st.sampled_from([*body("generation-complete")["generations_by_pk"], "images", "motion"]),
        JSON,
    )
)
def test_any_row_with_an_id_is_read(row: dict[str, object]) -> None:
    """Whatever the other members hold, a job that was paid for can be looked at."""
    assert "an-id" == Generation.model_validate(row | {"id": "an-id"}).id


def test_a_row_without_an_id() -> None:
    """That is no generation."""
    with pytest.raises(ValidationError) as caught:
        Generation.model_validate({"status": "COMPLETE"})

    assert ("id",) == caught.value.errors()[0]["loc"]
