"""What holds for every body, on bodies made from the specification's own schemas and from any JSON."""

from __future__ import annotations

import datetime
from typing import Any

import maia_public_api.models as models
import pytest
from hypothesis import given
from hypothesis import strategies as st
from maia_public_api.values import to_datetime

from tests.models.cases import json_text
from tests.models.dice import few, many
from tests.models.holds import attributes, check, check_clearing, check_setting
from tests.models.schemas import ANY, DATES, Bodies, load

SCHEMAS = load()
BODIES = Bodies(SCHEMAS)
each_model = pytest.mark.parametrize("name", sorted(SCHEMAS))


def test_there_is_a_model_for_every_schema():
    assert {name for name in models.__all__ if hasattr(getattr(models, name), "from_dict")} == SCHEMAS.keys()


@each_model
@few
@given(data=st.data())
def test_bodies_of_the_schema(name: str, data: st.DataObject):
    check(getattr(models, name), data.draw(BODIES.of(name)))


@many
@given(body=BODIES.of("ScimUser"))
def test_users(body: dict[str, Any]):
    check(models.ScimUser, body)


@many
@given(body=BODIES.of("ScimUser"), attribute=st.sampled_from(attributes(models.ScimUser)))
def test_clearing_an_attribute(body: dict[str, Any], attribute: str):
    check_clearing(models.ScimUser, body, attribute)


@many
@given(body=BODIES.of("ScimUser"), other=BODIES.of("ScimUser"), attribute=st.sampled_from(attributes(models.ScimUser)))
def test_setting_an_attribute(body: dict[str, Any], other: dict[str, Any], attribute: str):
    check_setting(models.ScimUser, body, attribute, getattr(models.ScimUser.from_dict(other), attribute))


@many
@given(body=BODIES.of("ScimUser"), item=BODIES.of("Email"))
def test_appending_to_an_array(body: dict[str, Any], item: dict[str, Any]):
    user = models.ScimUser.from_dict(body)
    before = [email.to_dict() for email in user.emails]
    user.emails.append(models.Email.from_dict(item))
    user.schemas.append("urn:example:appended")
    written = models.ScimUser.from_dict(user.to_dict())
    assert json_text([email.to_dict() for email in written.emails]) == json_text([*before, item])
    assert written.schemas == user.schemas


@each_model
@few
@given(
    body=st.dictionaries(
        st.text(max_size=8) | st.sampled_from(["value", "type", "meta", "emails", "name"]), ANY, max_size=6
    )
)
def test_any_json_object(name: str, body: dict[str, Any]):
    check(getattr(models, name), body)


@many
@given(moment=st.datetimes(timezones=st.none() | st.timezones()), how=st.sampled_from(["", "z", "t", " ", "digits"]))
def test_dates_read_as_the_moment_they_say(moment: datetime.datetime, how: str):
    text = moment.isoformat()
    text = {
        "z": text.replace("+00:00", "Z"),
        "t": text.lower().replace("+00:00", "z"),
        " ": text.replace("T", " "),
    }.get(how, text)
    if how == "digits" and moment.microsecond:
        text = text.replace(f".{moment.microsecond:06}", f".{moment.microsecond:06}789")
    assert to_datetime(text) == moment.replace(
        tzinfo=moment.tzinfo and datetime.timezone(moment.utcoffset() or datetime.timedelta())
    )


@many
@given(text=DATES | st.text("0123456789-:TZtz+. W[]", max_size=30))
def test_no_text_breaks_the_reading_of_dates(text: str):
    assert isinstance(to_datetime(text), datetime.datetime | None)


@many
@given(seconds=st.integers(0, 10**10))
def test_seconds_and_milliseconds_are_told_apart(seconds: int):
    moment = datetime.datetime.fromtimestamp(seconds, datetime.UTC)
    assert to_datetime(seconds) == moment
    if seconds > 10**8:  # the spring of 1973
        assert to_datetime(seconds * 1000) == moment
        assert to_datetime(str(seconds * 1000)) == moment
