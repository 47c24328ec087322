"""Wire shapes of notifications."""

from typing import Annotated, Self
from uuid import UUID

from pydantic import Field

from vectal.notifications.contracts import (
    MOST_UNREAD,
    Kind,
    LinkedApproval,
    MailSettings,
    MailState,
    Notification,
)
from vectal.platform.web import Schema
from vectal.platform.web.schema import Flag, Moment, Text


class NotificationShape(Schema):
    """Something that a run needs of you, or that has gone wrong with one."""

    id: UUID
    kind: Kind
    run_id: UUID
    title: Annotated[str, Field(description="The beginning of what you asked of the run")]
    at: Moment
    read_at: Moment | None
    settled_at: Annotated[
        Moment | None, Field(description="Since when it needs nobody any more")
    ] = None
    mail: Annotated[
        MailState | None,
        Field(
            description="How far its mail has come; `dead` could not be sent, `dropped` was not "
            "needed any more, null was not wanted"
        ),
    ] = None

    @classmethod
    def of(cls, notification: Notification) -> Self:
        return cls(
            id=notification.id,
            kind=notification.kind,
            run_id=notification.run_id,
            title=notification.title,
            at=notification.at,
            read_at=notification.read_at,
            settled_at=notification.settled_at,
            mail=notification.mail,
        )


class UnreadShape(Schema):
    unread: Annotated[int, Field(ge=0, le=MOST_UNREAD, description=f"Up to {MOST_UNREAD}")]


class MailWishes(Schema):
    """What of these you want by mail, too."""

    approval: Annotated[Flag, Field(description="A call waits for your approval")]
    question: Annotated[Flag, Field(description="A run asks you something")]
    review: Annotated[Flag, Field(description="A result waits for you to look at it")]
    failed: Annotated[Flag, Field(description="A run has failed")]

    def wanted(self) -> dict[Kind, bool]:
        return {
            "approval": self.approval,
            "question": self.question,
            "review": self.review,
            "failed": self.failed,
        }


class MailSettingsShape(Schema):
    mails: MailWishes
    sender: Annotated[
        str | None, Field(description="Whom mails come from; null: none are sent from here")
    ]
    dead: Annotated[
        int, Field(ge=0, description="Mails to you of the last 7 days that could not be sent")
    ]

    @classmethod
    def of(cls, settings: MailSettings) -> Self:
        wishes = {str(kind): on for kind, on in settings.wanted.items()}
        return cls(
            mails=MailWishes.model_validate(wishes),
            sender=settings.health.sender,
            dead=settings.health.dead,
        )


class LinkedApprovalShape(Schema):
    """The call that a mailed link was made for, exactly as it will be made."""

    run_id: UUID
    goal: Annotated[str, Field(description="What the run was asked to do")]
    tool: str
    title: str
    arguments: Annotated[str, Field(description="JSON text")]
    sha256: Annotated[str, Field(description="Of the arguments; a decision names it")]
    why: Annotated[str, Field(description="Why a person is asked")]
    expires_at: Moment

    @classmethod
    def of(cls, found: LinkedApproval) -> Self:
        approval = found.approval
        return cls(
            run_id=found.run_id,
            goal=found.goal,
            tool=approval.tool,
            title=approval.title,
            arguments=approval.arguments,
            sha256=approval.sha256,
            why=approval.why,
            expires_at=approval.expires_at,
        )


class LinkDecision(Schema):
    approved: Flag
    sha256: Annotated[
        str,
        Field(
            pattern=r"^[0-9a-f]{64}$",
            description="Of the arguments that were shown",
            examples=["0" * 64],
        ),
    ]
    note: Annotated[Text, Field(max_length=2_000, description="A word to the agent")] = ""
