"""Who pays for the product's own calls: the person for whom they are made."""

from __future__ import annotations

from uuid import UUID

from vectal.ai.budgets.rules import Subjects
from vectal.ai.proxy.attempts import ModelProxy
from vectal.ai.proxy.paying import Care, PaidProxy, Payer
from vectal.ai.router.request import Preferences
from vectal.auth.principal import Principal
from vectal.platform.clock import SystemClock
from vectal.platform.db import Scope


def paid_by(
    principal: Principal,
    proxy: ModelProxy,
    preferences: Preferences,
    *,
    run_id: UUID | None = None,
    project_id: UUID | None = None,
) -> PaidProxy:
    """The proxy, with the budgets of the principal and the guardrails of the workspace in its way.

    A second model is asked beside a silent one where the workspace wants it.
    """
    scope = Scope(principal.workspace_id, principal.user_id)
    subjects = Subjects(
        user_id=principal.user_id,
        key_id=principal.api_key_id,
        maker_key_ids=principal.maker_key_ids,
        project_id=project_id,
        run_id=run_id,
    )
    return PaidProxy(proxy, proxy.gate, Payer(scope, subjects), SystemClock(), care_of(preferences))


def care_of(preferences: Preferences) -> Care | None:
    """What is to be done with each call; None for most workspaces."""
    after_ms = preferences.hedge_after_ms
    if after_ms is None and not preferences.guardrails.is_on:
        return None
    return Care(preferences.guardrails, None if after_ms is None else after_ms / 1_000)
