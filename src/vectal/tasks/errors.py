"""What can be wrong with a request about tasks."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from pydantic import JsonValue

from vectal.platform.errors import AppError


class TaskNotFoundError(AppError):
    code = "tasks.not_found"
    status = 404
    title = "No such task"


class ProjectNotFoundError(AppError):
    code = "tasks.project_not_found"
    status = 404
    title = "No such project"


class LabelNotFoundError(AppError):
    code = "tasks.label_not_found"
    status = 404
    title = "No such label"


class ChangesetNotFoundError(AppError):
    code = "tasks.changeset_not_found"
    status = 404
    title = "No such changeset"


class VersionConflictError(AppError):
    """Somebody else was faster; `current` is the newer object."""

    code = "tasks.version_conflict"
    status = 412
    title = "Someone changed this in the meantime"

    def __init__(self, current: Mapping[str, JsonValue]) -> None:
        super().__init__(
            f"The newest version is {current.get('version')}. Look at it, then try again.",
            extra={"current": dict(current)},
        )


class _FieldError(AppError):
    """A value that can't be taken, with a pointer to it."""

    status = 422

    def __init__(self, detail: str, *, pointer: str = "") -> None:
        entry = {"pointer": pointer, "code": self.code, "detail": detail, "source": "body"}
        super().__init__(detail, extra={"errors": [entry]})


class InvalidFieldError(_FieldError):
    code = "tasks.invalid_field"
    title = "A field can't be taken as it is"


class UnknownReferenceError(_FieldError):
    """A project, parent, neighbour or assignee that is not there (any more)."""

    code = "tasks.unknown_reference"
    title = "Something that the request names does not exist"


class TooDeepError(_FieldError):
    code = "tasks.too_deep"
    title = "Subtasks can't be nested that deep"


class CycleError(_FieldError):
    code = "tasks.cycle"
    title = "A task can't be part of itself"


class LimitReachedError(_FieldError):
    code = "tasks.limit_reached"
    title = "That is more than fits"


class ProjectExistsError(AppError):
    code = "tasks.project_exists"
    status = 409
    title = "There is a project of this name already"


class LabelExistsError(AppError):
    code = "tasks.label_exists"
    status = 409
    title = "There is a label of this name already"


class CommentNotFoundError(AppError):
    code = "tasks.comment_not_found"
    status = 404
    title = "No such comment"


class CommentFixedError(AppError):
    """Questions, answers and deliveries say what was said: they are not written anew."""

    code = "tasks.comment_fixed"
    status = 409
    title = "This comment can't be changed"


class QuestionClosedError(AppError):
    code = "tasks.question_closed"
    status = 409
    title = "This question waits for no answer"


class NotDeletedError(AppError):
    code = "tasks.not_deleted"
    status = 409
    title = "This is not deleted, so it can't be restored"


class NothingToChangeError(AppError):
    code = "tasks.nothing_to_change"
    status = 422
    title = "This would change nothing"


class ChangesetClosedError(AppError):
    """The items were decided, or a newer attempt of the turn replaced them."""

    code = "tasks.changeset_closed"
    status = 409
    title = "This can't be decided any more"


class ChangesetItemNotFoundError(AppError):
    code = "tasks.changeset_item_not_found"
    status = 422
    title = "The changeset has no such item"


class ChangesetDependencyError(AppError):
    """An item works on a task that another item, not accepted yet, would create."""

    code = "tasks.changeset_dependency"
    status = 409
    title = "Accept what this depends on first"

    def __init__(self, needed: Sequence[UUID]) -> None:
        super().__init__(
            "These items work on tasks that other items of the changeset create. Accept those too.",
            extra={"needed_item_ids": [str(one) for one in needed]},
        )
