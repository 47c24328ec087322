"""What can go wrong between a credential and a right."""

from vectal.platform.errors import AppError

_CHALLENGE = {"WWW-Authenticate": 'Bearer realm="vectal"'}


class UnauthenticatedError(AppError):
    code = "auth.unauthenticated"
    status = 401
    title = "Sign in first"

    def __init__(self, detail: str = "") -> None:
        super().__init__(detail, headers=_CHALLENGE)


class InvalidCredentialsError(AppError):
    """Says nothing about whether the account exists."""

    code = "auth.invalid_credentials"
    status = 401
    title = "E-mail or password is wrong"


class RefreshRejectedError(AppError):
    code = "auth.refresh_rejected"
    status = 401
    title = "The session has ended; sign in again"


class ConflictingCredentialsError(AppError):
    code = "auth.conflicting_credentials"
    status = 400
    title = "Two credentials in one request disagree"


class ForbiddenError(AppError):
    code = "auth.forbidden"
    status = 403
    title = "Not allowed"


class OriginRejectedError(AppError):
    code = "auth.origin_rejected"
    status = 403
    title = "This request did not come from the app's own address"


class ThrottledError(AppError):
    code = "auth.throttled"
    status = 429
    title = "Too many attempts; wait a little"


class SignupClosedError(AppError):
    code = "auth.signup_closed"
    status = 403
    title = "Sign-up needs an invitation"


class SetupDoneError(AppError):
    code = "auth.setup_done"
    status = 409
    title = "The first account exists already"


class ScopeNotGrantableError(AppError):
    code = "auth.scope_not_grantable"
    status = 403
    title = "A key can't have more rights than its maker"


class SessionNotFoundError(AppError):
    code = "auth.session_not_found"
    status = 404
    title = "No such session"


class ApiKeyNotFoundError(AppError):
    code = "auth.api_key_not_found"
    status = 404
    title = "No such API key"


class ApiKeyEndedError(AppError):
    code = "auth.api_key_ended"
    status = 409
    title = "An API key that has ended stays so; make another"


class KeyNotLengthenedError(AppError):
    code = "auth.key_not_lengthened"
    status = 403
    title = "Only its owner may let an API key live longer"


class KeyLineTooLongError(AppError):
    code = "auth.key_line_too_long"
    status = 409
    title = "A key that was made with a key with a key … makes no more"


class TooManyApiKeysError(AppError):
    code = "auth.too_many_api_keys"
    status = 409
    title = "Revoke an API key before you make another"


class OAuthRequestError(AppError):
    code = "auth.oauth_request"
    status = 422
    title = "A program's request can't be granted"


class OAuthGrantNotFoundError(AppError):
    code = "auth.oauth_grant_not_found"
    status = 404
    title = "No program has such a permission"


class TooManyOAuthGrantsError(AppError):
    code = "auth.too_many_oauth_grants"
    status = 409
    title = "Take a permission from a program before you give another"
