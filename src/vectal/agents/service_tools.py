"""The tools that a person's runs may call, and when each would ask her."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from vectal.agents.approving import DANGEROUS, ApprovalRules, why_ask
from vectal.agents.ports import AnyTool, Toolbox
from vectal.agents.service_approvals import ApprovalRulesService
from vectal.ai.contracts import Taint
from vectal.auth.principal import Principal
from vectal.platform.db.paging import Slice, decode_cursor, encode_cursor

_CURSOR: Final = "tools"
_NOTHING: Final = frozenset[Taint]()


@dataclass(frozen=True, slots=True)
class ListedTool:
    """A tool, and why a person would be asked before a call; None where nobody would be.

    `after_nothing`: the run has read nothing yet; then by what it has read.
    """

    tool: AnyTool
    after_nothing: str | None
    after_private: str | None
    after_untrusted: str | None
    after_both: str | None

    @classmethod
    def by(cls, tool: AnyTool, rules: ApprovalRules) -> ListedTool:
        return cls(
            tool,
            why_ask(tool, _NOTHING, rules),
            why_ask(tool, frozenset[Taint](("private",)), rules),
            why_ask(tool, frozenset[Taint](("untrusted",)), rules),
            why_ask(tool, DANGEROUS, rules),
        )


class ToolDirectory:
    def __init__(self, toolbox: Toolbox, rules: ApprovalRulesService) -> None:
        self._toolbox = toolbox
        self._rules = rules

    async def list_tools(
        self, principal: Principal, *, cursor: str | None, limit: int
    ) -> Slice[ListedTool]:
        """By name: what the principal's scopes allow. Raises `InvalidCursorError`."""
        after = "" if cursor is None else str(decode_cursor(_CURSOR, cursor, length=1)[0])
        rules = await self._rules.get(principal)
        offered = await self._toolbox.offered(principal, None)
        every = [tool for tool in offered if tool.name > after]
        items = [ListedTool.by(tool, rules) for tool in every[:limit]]
        more = len(every) > limit
        return Slice(items, encode_cursor(_CURSOR, [items[-1].tool.name]) if more else None)
