"""REST of tasks: each route parses, calls one use case and returns."""

from fastapi import APIRouter

from vectal.tasks.routes import changesets, comments, labels, many, projects, tasks

router = APIRouter()
for part in (tasks, many, comments, projects, labels, changesets):
    router.include_router(part.router)

__all__ = ["router"]
