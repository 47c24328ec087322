"""Wire shapes of comments on tasks."""

from typing import Annotated, Self
from uuid import UUID

from pydantic import Field, StringConstraints

from vectal.platform.web import Schema
from vectal.platform.web.schema import Flag, Moment
from vectal.tasks.contracts import Comment as CommentContract
from vectal.tasks.contracts import CommentKind, Outcome
from vectal.tasks.limits import COMMENT
from vectal.tasks.schemas.tasks import Actor
from vectal.tasks.schemas.values import Version

CommentText = Annotated[
    str,
    StringConstraints(min_length=1, max_length=COMMENT, pattern=r"^[^\x00]*[^\s\x00][^\x00]*$"),
    Field(description="Markdown", examples=["The blue one, please."]),
]


class DeliveryProof(Schema):
    """A criterion, what the run shows for it, and what the check said of that."""

    criterion: Annotated[str, Field(examples=["Three offers are compared"])]
    evidence: str
    met: Annotated[Flag | None, Field(description="Null where nothing was checked")]
    why: str


class TaskDelivery(Schema):
    """How a run has ended, and its evidence for each criterion."""

    outcome: Outcome
    reason: Annotated[str, Field(description="Why it failed or needs a look; else empty")]
    proofs: list[DeliveryProof]


class TaskComment(Schema):
    """What a person or her run says about a task. All but notes stay as they were said."""

    id: UUID
    task_id: UUID
    kind: CommentKind
    author: Annotated[Actor, Field(description="Of a run's words, the person whose run it is")]
    text: Annotated[str, Field(description="Markdown", examples=["The blue one, please."])]
    run_id: UUID | None
    is_open: Annotated[Flag, Field(description="A question that waits for its answer")]
    delivery: TaskDelivery | None
    version: Annotated[int, Field(examples=[1])]
    created_at: Moment
    edited_at: Moment | None

    @classmethod
    def of(cls, comment: CommentContract) -> Self:
        return cls.model_validate(comment, from_attributes=True)


class TaskCommentInput(Schema):
    text: CommentText
    answers: Annotated[
        UUID | None,
        Field(description="The id of an open question of your own run: the run hears the text"),
    ] = None


class TaskCommentPatch(Schema):
    text: CommentText
    version: Version | None = None
