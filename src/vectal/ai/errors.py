"""Errors of the AI module, each with its stable code."""

from typing import ClassVar, Literal

from vectal.ai.ports import TooLong
from vectal.platform.errors import AppError, InvalidInputError, UnavailableError


class ProviderNotFoundError(AppError):
    code: ClassVar[str] = "ai.provider_not_found"
    status: ClassVar[int] = 404
    title: ClassVar[str] = "There is no such provider in this workspace"


class ProviderNameTakenError(AppError):
    code: ClassVar[str] = "ai.provider_name_taken"
    status: ClassVar[int] = 409
    title: ClassVar[str] = "Another provider of this workspace has this name"


class ProviderConflictError(AppError):
    """`extra` carries `current`, the newer state."""

    code: ClassVar[str] = "ai.provider_conflict"
    status: ClassVar[int] = 412
    title: ClassVar[str] = "The provider was changed meanwhile"


class ProviderLimitError(AppError):
    code: ClassVar[str] = "ai.provider_limit"
    status: ClassVar[int] = 409
    title: ClassVar[str] = "This workspace has as many providers as it may have"


class ProviderKeyNeededError(InvalidInputError):
    code: ClassVar[str] = "ai.provider_key_needed"
    title: ClassVar[str] = "The API key has to be entered"


class ProviderAddressRefusedError(InvalidInputError):
    code: ClassVar[str] = "ai.provider_address_refused"
    title: ClassVar[str] = "This address can't be used for a provider"


class ImportRefusedError(InvalidInputError):
    """`extra` has `line` and `column`, from 1, where a place in the file is to blame."""

    code: ClassVar[str] = "ai.import_refused"
    title: ClassVar[str] = "This file can't be imported"

    def __init__(self, detail: str, *, line: int | None = None, column: int | None = None) -> None:
        super().__init__(detail, pointer="/config")
        if line is not None:
            self.extra |= {"line": line, "column": column}


class UnknownModelError(AppError):
    code: ClassVar[str] = "ai.unknown_model"
    status: ClassVar[int] = 422
    title: ClassVar[str] = "No provider of this workspace offers this model"


class WrongModelKindError(AppError):
    """A chat model was asked to embed, or an embedding model to chat."""

    code: ClassVar[str] = "ai.wrong_model_kind"
    status: ClassVar[int] = 404
    title: ClassVar[str] = "This model can't be asked for that"


class KeyUnreadableError(AppError):
    """The master key was lost or changed; only a new key helps."""

    code: ClassVar[str] = "ai.key_unreadable"
    status: ClassVar[int] = 409
    title: ClassVar[str] = "The stored API key can't be read; enter it again under Providers"


class NoModelError(AppError):
    """No model fits the request; the detail says which need was not met."""

    code: ClassVar[str] = "ai.no_model"
    status: ClassVar[int] = 422
    title: ClassVar[str] = "No model fits this request"


class RequestTooLongError(NoModelError):
    """Models could take the request if it were shorter; `too_long` names the widest of them."""

    def __init__(self, detail: str, too_long: TooLong, extra: dict[str, object]) -> None:
        super().__init__(detail, extra=extra)
        self.too_long = too_long


class ContextTooLargeError(AppError):
    code: ClassVar[str] = "ai.context_too_large"
    status: ClassVar[int] = 413
    title: ClassVar[str] = "The message does not fit into the model's context window"


class CeilingTooLowError(AppError):
    """No model is sure to stay below what one call may take; nothing was sent."""

    code: ClassVar[str] = "ai.ceiling_too_low"
    status: ClassVar[int] = 409
    title: ClassVar[str] = "What is left is too little for a call"


class CompletionFailedError(AppError):
    code: ClassVar[str] = "ai.completion_failed"
    status: ClassVar[int] = 502
    title: ClassVar[str] = "The model did not answer"


class ThinkFailedError(AppError):
    """No model gave an answer to a run; the same call may succeed when it is made again later.

    `extra` says why by `reason`, a code of the usage ledger.
    """

    code: ClassVar[str] = "ai.think_failed"
    status: ClassVar[int] = 502
    title: ClassVar[str] = "The model did not answer"

    def __init__(self, detail: str, reason: str) -> None:
        super().__init__(detail, extra={"reason": reason})
        self.reason = reason


class ThinkRefusedError(ThinkFailedError):
    """The same call would fail again: a budget, a key, or the request itself stands against it."""

    code: ClassVar[str] = "ai.think_refused"
    status: ClassVar[int] = 422
    title: ClassVar[str] = "The model can't be asked"


class AllowanceExceededError(AppError):
    """What is left to the caller does not pay for the prompt and a short answer."""

    code: ClassVar[str] = "ai.allowance_exceeded"
    status: ClassVar[int] = 403
    title: ClassVar[str] = "Too little is left for another call"

    def __init__(self, unit: Literal["usd", "tokens"]) -> None:
        super().__init__(
            "Too little money is left." if unit == "usd" else "Too few tokens are left."
        )
        self.unit: Literal["usd", "tokens"] = unit


class ToolUnsureError(AppError):
    """Nobody can say whether a call was made; a person has to look."""

    code: ClassVar[str] = "ai.tool_unsure"
    status: ClassVar[int] = 409
    title: ClassVar[str] = "Whether the call was made is not known"


class BudgetExceededError(AppError):
    """A budget can't hold the call. `extra` says which, what is left, and `resets_at`."""

    code: ClassVar[str] = "ai.budget_exceeded"
    status: ClassVar[int] = 402
    title: ClassVar[str] = "A budget doesn't allow this call"


class BudgetUnpricedError(AppError):
    """A budget in USD can't hold a call whose price nobody knows."""

    code: ClassVar[str] = "ai.budget_unpriced"
    status: ClassVar[int] = 422
    title: ClassVar[str] = "The price of this model is not known, and a budget in USD applies"


class BudgetsUnavailableError(UnavailableError):
    code: ClassVar[str] = "ai.budgets_unavailable"
    title: ClassVar[str] = "Budgets can't be checked right now, so nothing is sent"


class BudgetNotFoundError(AppError):
    code: ClassVar[str] = "ai.budget_not_found"
    status: ClassVar[int] = 404
    title: ClassVar[str] = "There is no such budget in this workspace"


class BudgetConflictError(AppError):
    """`extra` carries `current`, the newer state."""

    code: ClassVar[str] = "ai.budget_conflict"
    status: ClassVar[int] = 412
    title: ClassVar[str] = "The budget was changed meanwhile"


class BudgetDoubtChangedError(AppError):
    """`extra` carries `in_doubt`, what there is now."""

    code: ClassVar[str] = "ai.budget_doubt_changed"
    status: ClassVar[int] = 409
    title: ClassVar[str] = "Another amount is in doubt by now"


class BudgetLimitError(AppError):
    code: ClassVar[str] = "ai.budget_limit"
    status: ClassVar[int] = 409
    title: ClassVar[str] = "This workspace has as many budgets as it may have"


class InvalidBudgetError(InvalidInputError):
    code: ClassVar[str] = "ai.invalid_budget"
    title: ClassVar[str] = "The budget can't be taken as it is"


class KeyRulesNotFoundError(AppError):
    code: ClassVar[str] = "ai.key_rules_not_found"
    status: ClassVar[int] = 404
    title: ClassVar[str] = "This API key has no rules"


class KeyRulesConflictError(AppError):
    """`extra` carries `current`, the newer state."""

    code: ClassVar[str] = "ai.key_rules_conflict"
    status: ClassVar[int] = 412
    title: ClassVar[str] = "The rules of this key were changed meanwhile"


class BatchNotFoundError(AppError):
    code: ClassVar[str] = "ai.batch_not_found"
    status: ClassVar[int] = 404
    title: ClassVar[str] = "There is no such batch"


class BatchFileNotFoundError(AppError):
    code: ClassVar[str] = "ai.file_not_found"
    status: ClassVar[int] = 404
    title: ClassVar[str] = "There is no such file"


class BatchConflictError(AppError):
    """The batch has not ended yet, or has ended already."""

    code: ClassVar[str] = "ai.batch_conflict"
    status: ClassVar[int] = 409
    title: ClassVar[str] = "The batch is in another state"


class BatchRefusedError(AppError):
    """`extra` may carry `param`, the member that is wrong."""

    code: ClassVar[str] = "ai.batch_refused"
    status: ClassVar[int] = 400
    title: ClassVar[str] = "The batch can't be taken as it is"


class BatchLimitError(AppError):
    code: ClassVar[str] = "ai.batch_limit"
    status: ClassVar[int] = 429
    title: ClassVar[str] = "There are as many batches or files as there may be"
