"""Signing in, and one's own account."""

from typing import Annotated, Self
from uuid import UUID

from pydantic import Field

from vectal.accounts.contracts import SignupMode
from vectal.accounts.contracts import User as UserContract
from vectal.auth.contracts import SignedIn
from vectal.auth.schemas.values import (
    Email,
    Locale,
    Name,
    NewPassword,
    Password,
    Timezone,
    Token,
)
from vectal.auth.schemas.workspaces import Workspace
from vectal.platform.web import Schema
from vectal.platform.web.schema import Flag, Moment


class SetupStatus(Schema):
    """Whether the first account is still to be made, and who may sign up after it."""

    needed: Flag
    signup: SignupMode


class SetupInput(Schema):
    email: Email
    password: NewPassword
    display_name: Name
    workspace_name: Name | None = None
    timezone: Timezone = "UTC"


class LoginInput(Schema):
    email: Email
    password: Password


class SignupInput(Schema):
    email: Email
    password: NewPassword
    display_name: Name
    timezone: Timezone = "UTC"
    invitation_token: Annotated[
        Token | None, Field(description="Needed unless sign-up is open")
    ] = None


class PasswordInput(Schema):
    current_password: Password
    new_password: NewPassword


class User(Schema):
    id: UUID
    email: str
    display_name: str
    timezone: str
    locale: str
    is_admin: Flag
    default_workspace_id: UUID
    created_at: Moment

    @classmethod
    def of(cls, user: UserContract, default_workspace_id: UUID) -> Self:
        return cls(
            id=user.id,
            email=user.email,
            display_name=user.display_name,
            timezone=user.timezone,
            locale=user.locale,
            is_admin=user.is_admin,
            default_workspace_id=user.default_workspace_id or default_workspace_id,
            created_at=user.created_at,
        )


class UserPatch(Schema):
    """Only what is given changes."""

    display_name: Name | None = None
    timezone: Timezone | None = None
    locale: Locale | None = None
    default_workspace_id: UUID | None = None


class Auth(Schema):
    """A signed-in session. The refresh token travels in a cookie beside it."""

    access_token: Annotated[str, Field(description="Send as `Authorization: Bearer …`")]
    expires_in: Annotated[int, Field(description="Seconds", examples=[600])]
    user: User
    workspaces: list[Workspace]

    @classmethod
    def of(cls, signed_in: SignedIn) -> Self:
        first = signed_in.workspaces[0].id if signed_in.workspaces else UUID(int=0)
        return cls(
            access_token=signed_in.access_token,
            expires_in=signed_in.expires_in_s,
            user=User.of(signed_in.user, first),
            workspaces=[Workspace.of(each) for each in signed_in.workspaces],
        )


class Instance(Schema):
    """Settings of the whole installation."""

    signup: SignupMode


class InstancePatch(Schema):
    signup: SignupMode | None = None
