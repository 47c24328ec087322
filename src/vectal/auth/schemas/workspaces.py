"""Workspaces, members and invitations."""

from typing import Annotated, Self
from uuid import UUID

from pydantic import Field

from vectal.accounts.contracts import Invitation as InvitationContract
from vectal.accounts.contracts import Member as MemberContract
from vectal.accounts.contracts import OpenInvitation, Role
from vectal.accounts.contracts import Workspace as WorkspaceContract
from vectal.auth.schemas.values import Email, Name
from vectal.platform.web import Schema
from vectal.platform.web.schema import Moment


class Workspace(Schema):
    id: UUID
    name: Annotated[str, Field(examples=["Home"])]
    role: Annotated[Role, Field(description="The caller's own")]

    @classmethod
    def of(cls, workspace: WorkspaceContract) -> Self:
        return cls(id=workspace.id, name=workspace.name, role=workspace.role)


class WorkspaceInput(Schema):
    name: Annotated[Name, Field(examples=["Family"])]


class WorkspacePatch(Schema):
    name: Name | None = None


class Member(Schema):
    user_id: UUID
    email: str
    display_name: str
    role: Role
    joined_at: Moment

    @classmethod
    def of(cls, member: MemberContract) -> Self:
        return cls(
            user_id=member.user_id,
            email=member.email,
            display_name=member.display_name,
            role=member.role,
            joined_at=member.joined_at,
        )


class MemberPatch(Schema):
    role: Role


class InvitationInput(Schema):
    email: Email
    role: Role = Role.MEMBER


class Invitation(Schema):
    id: UUID
    email: str
    role: Role
    invited_by: UUID
    created_at: Moment
    expires_at: Moment

    @classmethod
    def of(cls, invitation: InvitationContract) -> Self:
        return cls(
            id=invitation.id,
            email=invitation.email,
            role=invitation.role,
            invited_by=invitation.invited_by,
            created_at=invitation.created_at,
            expires_at=invitation.expires_at,
        )


class NewInvitation(Invitation):
    """With the link, which is shown this once."""

    token: str
    url: str


class InvitationPreview(Schema):
    """What the bearer of the link sees."""

    workspace_name: str
    email: str
    role: Role
    expires_at: Moment

    @classmethod
    def of(cls, invitation: OpenInvitation) -> Self:
        return cls(
            workspace_name=invitation.workspace_name,
            email=invitation.email,
            role=invitation.role,
            expires_at=invitation.expires_at,
        )
