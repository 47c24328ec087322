"""Resilience: how long a call may take, how often it is tried, and when it is not tried at all.

Owns deadlines that travel with the work, retries under a budget, and breakers per key. Refuses to
know what is called: it holds no client and opens no connection.
"""

from vectal.platform.resilience.breaker import (
    Breaker,
    BreakerBoard,
    BreakerRule,
    Permit,
    State,
    succeed,
)
from vectal.platform.resilience.deadline import Deadline, current_deadline, within
from vectal.platform.resilience.errors import BreakerOpenError, DeadlineExceededError
from vectal.platform.resilience.retry import RetryBudget, RetryBudgets, RetryRule, retry

__all__ = [
    "Breaker",
    "BreakerBoard",
    "BreakerOpenError",
    "BreakerRule",
    "Deadline",
    "DeadlineExceededError",
    "Permit",
    "RetryBudget",
    "RetryBudgets",
    "RetryRule",
    "State",
    "current_deadline",
    "retry",
    "succeed",
    "within",
]
