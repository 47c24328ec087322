"""Values that several shapes share."""

from typing import Annotated

from pydantic import AfterValidator, Field, StringConstraints

from vectal.accounts.service import is_timezone
from vectal.auth.passwords import MAX_CHARS, MIN_CHARS
from vectal.platform.web.schema import Text


def _is_zone(value: str) -> str:
    if not is_timezone(value):
        msg = "must be a name of the time zone database, such as Europe/Berlin"
        raise ValueError(msg)
    return value


Name = Annotated[
    str,
    StringConstraints(
        strip_whitespace=True,
        min_length=1,
        max_length=100,
        pattern=r"^[^\x00-\x1f\x7f]*[^\s\x00-\x1f\x7f][^\x00-\x1f\x7f]*$",
    ),
]
"""Something a person or a thing is called; on one line, never blank."""

Email = Annotated[Text, Field(min_length=3, max_length=254, examples=["ada@example.com"])]
Password = Annotated[
    Text, Field(min_length=1, max_length=MAX_CHARS, json_schema_extra={"format": "password"})
]
NewPassword = Annotated[
    Text,
    Field(
        min_length=MIN_CHARS,
        max_length=MAX_CHARS,
        json_schema_extra={"format": "password"},
        examples=["plain sailing 42"],
    ),
]
Timezone = Annotated[
    Text,
    Field(min_length=1, max_length=64, examples=["Europe/Berlin"]),
    AfterValidator(_is_zone),
]
Locale = Annotated[
    str, Field(max_length=35, pattern=r"^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$", examples=["en", "de-CH"])
]
Token = Annotated[Text, Field(min_length=1, max_length=200)]
