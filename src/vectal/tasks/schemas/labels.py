"""Wire shapes of labels."""

from typing import Annotated, Self
from uuid import UUID

from pydantic import Field

from vectal.platform.web import Schema
from vectal.tasks.contracts import Label as LabelContract
from vectal.tasks.schemas.values import Color, LabelName


class Label(Schema):
    id: UUID
    name: Annotated[str, Field(examples=["home"])]
    color: Annotated[str, Field(examples=["teal"])]

    @classmethod
    def of(cls, label: LabelContract) -> Self:
        return cls.model_validate(label, from_attributes=True)


class LabelInput(Schema):
    name: LabelName
    color: Color | None = None


class LabelPatch(Schema):
    name: LabelName | None = None
    color: Color | None = None
