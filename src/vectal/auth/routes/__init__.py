"""REST of accounts and auth; both live here, since people are below the principal that asks."""

from fastapi import APIRouter

from vectal.auth.routes import instance, keys, me, members, sessions, sign_in, workspaces

router = APIRouter()
for part in (sign_in, me, sessions, keys, workspaces, members, instance):
    router.include_router(part.router)

__all__ = ["router"]
