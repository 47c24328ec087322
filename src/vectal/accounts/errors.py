"""What can go wrong with people and workspaces."""

from vectal.platform.errors import AppError


class EmailTakenError(AppError):
    code = "accounts.email_taken"
    status = 409
    title = "An account with this e-mail exists already"


class UserNotFoundError(AppError):
    code = "accounts.user_not_found"
    status = 404
    title = "No such account"


class WorkspaceNotFoundError(AppError):
    """Also for a workspace that exists and has no place for the caller."""

    code = "workspaces.not_found"
    status = 404
    title = "No such workspace"


class TooManyWorkspacesError(AppError):
    code = "workspaces.too_many"
    status = 409
    title = "That is as many workspaces as one person may have"


class MemberNotFoundError(AppError):
    code = "members.not_found"
    status = 404
    title = "No such member"


class LastOwnerError(AppError):
    code = "members.last_owner"
    status = 409
    title = "A workspace needs an owner; make someone else owner first"


class RoleNotGrantableError(AppError):
    code = "members.role_not_grantable"
    status = 403
    title = "Your own role does not reach that far"


class AlreadyMemberError(AppError):
    code = "members.already_member"
    status = 409
    title = "This person is a member already"


class TooManyMembersError(AppError):
    code = "members.too_many"
    status = 409
    title = "This workspace is full"


class InvitationNotFoundError(AppError):
    """Also for one that was used, revoked or has expired."""

    code = "invitations.not_found"
    status = 404
    title = "This invitation is not valid any more"


class InvitationForSomeoneElseError(AppError):
    code = "invitations.other_email"
    status = 403
    title = "This invitation is for another e-mail address"


class TooManyInvitationsError(AppError):
    code = "invitations.too_many"
    status = 409
    title = "Revoke an open invitation before you make another"
