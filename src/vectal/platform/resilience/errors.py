"""A call that was not made, or was given up."""

import math

from vectal.platform.errors import AppError


class DeadlineExceededError(AppError):
    code = "deadline_exceeded"
    status = 504
    title = "This took too long and was given up"


class BreakerOpenError(AppError):
    """What is called has failed too often of late; it is left alone for `retry_after_s`."""

    code = "breaker_open"
    status = 503
    title = "A service that is needed for this does not answer; try again soon"

    def __init__(self, key: str, retry_after_s: float) -> None:
        super().__init__(headers={"Retry-After": str(max(1, math.ceil(retry_after_s)))})
        self.key = key
        self.retry_after_s = retry_after_s
