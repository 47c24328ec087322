"""What can go wrong with runs, for whoever asked."""

from collections.abc import Sequence
from uuid import UUID

from vectal.platform.errors import AppError


class RunNotFoundError(AppError):
    code = "agents.run_not_found"
    status = 404
    title = "There is no such run"


class RunTransitionError(AppError):
    code = "agents.wrong_state"
    status = 409
    title = "The run is in a state that does not allow this"


class RunOpenError(AppError):
    code = "agents.run_open"
    status = 409
    title = "The run, or another that belongs to it, has not ended"


class TooManyRunsError(AppError):
    code = "agents.too_many_runs"
    status = 429
    title = "Too many runs are open already"


class ApprovalNotFoundError(AppError):
    code = "agents.approval_not_found"
    status = 404
    title = "This run waits for no such approval"


class ApprovalMismatchError(AppError):
    """What was approved is not what would be called, or the time for it is over."""

    code = "agents.approval_mismatch"
    status = 409
    title = "This approval can't be given any more"


class NoReviewError(AppError):
    """The run was handed over with no task, is still at work, or was reviewed already."""

    code = "agents.no_review"
    status = 409
    title = "This run waits for no review"


class HandoverConflictError(AppError):
    """The other changes are done; these were overtaken, and wait for a decision."""

    code = "agents.handover_conflict"
    status = 409
    title = "Some changes were overtaken by others"

    def __init__(self, item_ids: Sequence[UUID]) -> None:
        super().__init__(
            "People have changed the same fields since. Decide on these changes, then accept.",
            extra={"item_ids": [str(one) for one in item_ids]},
        )


class NotInDoubtError(AppError):
    code = "agents.not_in_doubt"
    status = 409
    title = "The outcome of this call is known"


class PresetNotFoundError(AppError):
    code = "agents.preset_not_found"
    status = 404
    title = "There is no such preset"


class PresetLimitError(AppError):
    code = "agents.preset_limit"
    status = 409
    title = "There are as many presets as there may be; delete some first"


class PresetConflictError(AppError):
    """Somebody else was faster; `current` names the newer version."""

    code = "agents.preset_conflict"
    status = 412
    title = "Someone changed this preset in the meantime"

    def __init__(self, version: int) -> None:
        super().__init__(
            f"The newest version is {version}. Look at it, then try again.",
            extra={"current": {"version": version}},
        )


class NoSuchEngineError(AppError):
    code = "agents.no_such_engine"
    status = 409
    title = "This engine is not set up here"


class PassRefusedError(AppError):
    """What an engine's call carries is no pass of ours, or not for this run, or too old."""

    code = "agents.pass_refused"
    status = 401
    title = "The call carries no valid pass"


class N8nAwayError(AppError):
    code = "agents.n8n_away"
    status = 502
    title = "n8n does not answer"


class N8nRefusedError(AppError):
    """n8n has answered, and does not do it; `answered` is the status."""

    code = "agents.n8n_refused"
    status = 502
    title = "n8n has refused"

    def __init__(self, answered: int) -> None:
        super().__init__(f"n8n answered with the status {answered}.")
        self.answered = answered


class WorkflowToolNotFoundError(AppError):
    code = "agents.workflow_tool_not_found"
    status = 404
    title = "There is no such tool"


class WorkflowToolNameTakenError(AppError):
    code = "agents.workflow_tool_name_taken"
    status = 409
    title = "Another tool has this name"


class WorkflowToolLimitError(AppError):
    code = "agents.workflow_tool_limit"
    status = 409
    title = "The workspace has as many such tools as it may have"


class WorkflowCallError(AppError):
    code = "agents.workflow_call_failed"
    status = 502
    title = "The workflow could not be called"
