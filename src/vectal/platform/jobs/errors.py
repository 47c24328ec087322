"""What can keep a job from being queued."""

from vectal.platform.errors import AppError


class JobsFullError(AppError):
    code = "jobs.full"
    status = 429
    title = "Too much work is waiting already; try again later"


class UnknownJobError(AppError):
    """A name that no module of this release registered."""

    code = "jobs.unknown"
    status = 500
    title = "This kind of work is not known here"
