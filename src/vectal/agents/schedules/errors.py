"""What can go wrong with schedules and triggers, for whoever asked."""

from typing import ClassVar

from vectal.platform.errors import AppError, InvalidInputError


class BadRuleError(InvalidInputError):
    code: ClassVar[str] = "agents.bad_rule"
    title: ClassVar[str] = "This recurrence can't be taken"

    def __init__(self, detail: str, *, pointer: str = "/rrule") -> None:
        super().__init__(detail, pointer=pointer)


class ScheduleNotFoundError(AppError):
    code: ClassVar[str] = "agents.schedule_not_found"
    status: ClassVar[int] = 404
    title: ClassVar[str] = "There is no such schedule"


class TriggerNotFoundError(AppError):
    code: ClassVar[str] = "agents.trigger_not_found"
    status: ClassVar[int] = 404
    title: ClassVar[str] = "There is no such trigger"


class TooManyStartersError(AppError):
    code: ClassVar[str] = "agents.too_many_starters"
    status: ClassVar[int] = 409
    title: ClassVar[str] = "There are as many of these as there may be; delete some first"


class NoSecretError(AppError):
    code: ClassVar[str] = "agents.trigger_without_secret"
    status: ClassVar[int] = 409
    title: ClassVar[str] = "Nobody calls this trigger, so it has no secret"


class HookRefusedError(AppError):
    """One answer for all that is wrong before the signature is known to be right."""

    code: ClassVar[str] = "agents.hook_refused"
    status: ClassVar[int] = 401
    title: ClassVar[str] = "There is no such hook, or its signature or time is not right"


class HookReplayedError(AppError):
    code: ClassVar[str] = "agents.hook_replayed"
    status: ClassVar[int] = 409
    title: ClassVar[str] = "This delivery was taken already"


class HookOffError(AppError):
    code: ClassVar[str] = "agents.hook_off"
    status: ClassVar[int] = 409
    title: ClassVar[str] = "This hook is switched off"


class HookThrottledError(AppError):
    code: ClassVar[str] = "agents.hook_throttled"
    status: ClassVar[int] = 429
    title: ClassVar[str] = "Too many deliveries"


class HookTooLargeError(AppError):
    code: ClassVar[str] = "body_too_large"
    status: ClassVar[int] = 413
    title: ClassVar[str] = "The body is too large"


class BadMailError(AppError):
    code: ClassVar[str] = "agents.bad_mail"
    status: ClassVar[int] = 422
    title: ClassVar[str] = "This mail can't be taken"


class SenderRefusedError(AppError):
    code: ClassVar[str] = "agents.sender_refused"
    status: ClassVar[int] = 403
    title: ClassVar[str] = "This sender may not begin runs"
