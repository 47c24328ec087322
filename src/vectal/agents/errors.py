"""What can go wrong with runs, for whoever asked."""

from vectal.platform.errors import AppError


class RunNotFoundError(AppError):
    code = "agents.run_not_found"
    status = 404
    title = "There is no such run"


class RunTransitionError(AppError):
    code = "agents.wrong_state"
    status = 409
    title = "The run is in a state that does not allow this"


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
