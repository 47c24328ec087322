"""Kinds of values that several shapes share."""

from typing import Annotated, Final
from uuid import UUID

from pydantic import Field, StringConstraints

from vectal.platform.web.schema import Text
from vectal.tasks.limits import LABEL_NAME, LABELS_A_TASK, NOTES, PROJECT_NAME, TITLE

# Some character that is no space, and no NUL.
_VISIBLE: Final = r"^[^\x00]*[^\s\x00][^\x00]*$"

Title = Annotated[
    str,
    StringConstraints(min_length=1, max_length=TITLE, pattern=_VISIBLE),
    Field(examples=["Pay rent"]),
]
Notes = Annotated[Text, Field(max_length=NOTES, examples=["By transfer, not in cash."])]
LabelName = Annotated[
    str,
    StringConstraints(min_length=1, max_length=LABEL_NAME, pattern=_VISIBLE),
    Field(examples=["home"]),
]
LabelNames = Annotated[tuple[LabelName, ...], Field(max_length=LABELS_A_TASK)]
ProjectName = Annotated[
    str,
    StringConstraints(min_length=1, max_length=PROJECT_NAME, pattern=_VISIBLE),
    Field(examples=["Flat"]),
]
Color = Annotated[
    str,
    StringConstraints(pattern=r"^([a-z]{3,16}|#[0-9a-fA-F]{6})$"),
    Field(description="A name such as `teal`, or `#rrggbb`", examples=["teal"]),
]
AskedPriority = Annotated[
    int, Field(ge=1, le=4, description="1 is highest, 4 is none", examples=[4])
]
Priority = Annotated[AskedPriority, Field(strict=True)]
Version = Annotated[
    int,
    Field(
        strict=True,
        ge=1,
        le=2_147_483_647,
        description="The version you have seen. A newer one on the server answers 412.",
        examples=[3],
    ),
]
Timezone = Annotated[
    str,
    StringConstraints(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9_+/-]+$"),
    Field(description="Your own by default", examples=["Europe/Berlin"]),
]
Id = UUID
