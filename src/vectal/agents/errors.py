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
