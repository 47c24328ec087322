"""Wire shapes of projects."""

from typing import Annotated, Self
from uuid import UUID

from pydantic import Field

from vectal.platform.web import Schema
from vectal.platform.web.schema import Flag, Moment
from vectal.tasks.contracts import Place, ProjectChange
from vectal.tasks.contracts import Project as ProjectContract
from vectal.tasks.schemas.values import Color, ProjectName, Version


class Project(Schema):
    id: UUID
    name: Annotated[str, Field(examples=["Flat"])]
    key: Annotated[str, Field(description="A short word for addresses", examples=["flat"])]
    color: Annotated[str, Field(examples=["teal"])]
    position: Annotated[str, Field(description="Sorts by bytes", examples=["a1"])]
    archived_at: Moment | None
    created_at: Moment
    updated_at: Moment
    version: Annotated[int, Field(examples=[1])]

    @classmethod
    def of(cls, project: ProjectContract) -> Self:
        return cls.model_validate(project, from_attributes=True)


class ProjectInput(Schema):
    name: ProjectName
    color: Color | None = None


class ProjectPatch(Schema):
    """What is left out stays as it is. `If-Match` may carry the version too."""

    name: ProjectName | None = None
    color: Color | None = None
    archived: Flag | None = None
    after: Annotated[
        UUID | None, Field(description="Put it right below this project; null is the top")
    ] = None
    version: Version | None = None

    def change(self) -> ProjectChange:
        place = Place("after", self.after) if "after" in self.model_fields_set else None
        return ProjectChange(self.name, self.color, self.archived, place)
