"""Who pays for the product's own calls: the person for whom they are made."""

from __future__ import annotations

from vectal.ai.budgets.rules import Subjects
from vectal.ai.proxy.attempts import ModelProxy
from vectal.ai.proxy.paying import PaidProxy, Payer
from vectal.auth.principal import Principal
from vectal.platform.clock import SystemClock
from vectal.platform.db import Scope


def paid_by(principal: Principal, proxy: ModelProxy) -> PaidProxy:
    """The proxy, with the budgets of the principal in its way."""
    scope = Scope(principal.workspace_id, principal.user_id)
    subjects = Subjects(user_id=principal.user_id, key_id=principal.api_key_id)
    return PaidProxy(proxy, proxy.gate, Payer(scope, subjects), SystemClock())
