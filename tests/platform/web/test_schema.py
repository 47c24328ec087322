"""Days and moments are written out; a number is none, in quotes or not."""

from datetime import date

import pytest
from pydantic import TypeAdapter, ValidationError

from vectal.platform.web.schema import Day, Moment


@pytest.mark.parametrize("value", [0, 1.5, "0", "1769904000", "", "today", None, True, [], {}])
@pytest.mark.parametrize("kind", [TypeAdapter(Day), TypeAdapter(Moment)], ids=["day", "moment"])
def test_numbers_are_no_time(kind: TypeAdapter[date], value: object) -> None:
    with pytest.raises(ValidationError):
        kind.validate_python(value)


def test_text_is_read() -> None:
    assert TypeAdapter(Day).validate_python("2027-01-31").isoformat() == "2027-01-31"
    moment = TypeAdapter(Moment).validate_python("2027-01-31T12:00:00Z")
    assert moment.isoformat() == "2027-01-31T12:00:00+00:00"
    assert TypeAdapter(Moment).validate_python(moment) == moment


def test_a_moment_has_a_zone() -> None:
    with pytest.raises(ValidationError):
        TypeAdapter(Moment).validate_python("2027-01-31T12:00:00")
