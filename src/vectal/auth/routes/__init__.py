"""REST of accounts and auth; both live here, since people are below the principal that asks.

POSTs here honour Idempotency-Key without a stored answer: ids and secrets are made again from the
key, since what is answered is secret, and the work runs outside the caller's own transaction.
"""

from fastapi import APIRouter

from vectal.auth.routes import (
    instance,
    invitations,
    keys,
    me,
    members,
    oauth,
    sessions,
    sign_in,
    workspaces,
)

router = APIRouter()
for part in (sign_in, me, sessions, keys, oauth, workspaces, members, invitations, instance):
    router.include_router(part.router)

__all__ = ["router"]
