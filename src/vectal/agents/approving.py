"""Which calls a person must approve (D11). Pure, but for reading what the workspace has decided.

A run that has read what strangers wrote may be at their service without knowing it. While it also
knows what is private, it can give that away: so from then on no call that reaches outside or
changes something goes without a person, whatever a workspace has decided. Proposed changes are no
such calls: a person looks at each of them later.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Final, Literal, Protocol, TypeAlias
from uuid import UUID

from vectal.agents.ports import AnyTool
from vectal.ai.contracts import Taint

Rule: TypeAlias = Literal["always", "policy", "never"]
"""Ask before each call, ask as the policy says, or don't ask."""
RULES: Final[tuple[Rule, ...]] = ("always", "policy", "never")
DANGEROUS: Final[frozenset[Taint]] = frozenset(("untrusted", "private"))


@dataclass(frozen=True, slots=True)
class ApprovalRules:
    """What a workspace has decided; the defaults are those of one that has not."""

    everything: Rule = "policy"
    tools: Mapping[str, Rule] = field(default_factory=dict[str, Rule])
    """By name; what stands here goes before `everything`."""
    ask_above_usd: Decimal = Decimal("0.50")
    """Of one call, beside the model's tokens."""

    def rule_of(self, tool: AnyTool) -> Rule:
        return self.tools.get(tool.name, self.everything)


class RunOfWorkspace(Protocol):
    """What must be known of a run: whose workspace's rules hold for it."""

    @property
    def workspace_id(self) -> UUID: ...

    @property
    def owner_id(self) -> UUID: ...


class RulesReader(Protocol):
    async def read(self, run: RunOfWorkspace) -> ApprovalRules: ...


class PolicyApprover:
    """Implements the port of the controller."""

    def __init__(self, rules: RulesReader) -> None:
        self._rules = rules

    async def decide(
        self,
        tool: AnyTool,
        arguments: Mapping[str, Any],
        taint: Collection[Taint],
        run: RunOfWorkspace,
    ) -> str | None:
        """Why a person must approve this call; None when it may be made at once."""
        del arguments  # no tool of today is harmless for some of them alone
        return why_ask(tool, frozenset(taint), await self._rules.read(run))


def why_ask(tool: AnyTool, taint: frozenset[Taint], rules: ApprovalRules) -> str | None:
    """The reason, for the person who is asked; None when nobody need be."""
    if taint >= DANGEROUS and (reaches_out(tool) or changes(tool)):
        return _dangerous(tool)
    rule = rules.rule_of(tool)
    if rule == "always":
        return "This workspace wants to be asked before each such call."
    return None if rule == "never" else _by_policy(tool, taint, rules)


def reaches_out(tool: AnyTool) -> bool:
    """Whether a call can carry words out; to fetch an address says what stands in it."""
    return tool.egress != "none"


def changes(tool: AnyTool) -> bool:
    """Whether a call changes something by itself, without anybody looking at it later."""
    return tool.mode == "write" and not tool.proposes


def _dangerous(tool: AnyTool) -> str:
    does = "reaches outside" if reaches_out(tool) else "changes something"
    return (
        "The run has read what others wrote, and it knows what is private. This call "
        f"{does}: check that it gives nothing away, and that you want it."
    )


def _by_policy(tool: AnyTool, taint: frozenset[Taint], rules: ApprovalRules) -> str | None:
    if tool.effect == "unsafe":
        return "If something fails in the middle, nobody can tell whether this call was made."
    if tool.egress == "write":
        return "This call carries something out of the house."
    if "untrusted" in taint and changes(tool):
        return "The run has read what others wrote, and this call changes something."
    if tool.cost_usd > rules.ask_above_usd:
        return f"This call may cost up to {tool.cost_usd:.2f} USD."
    return None
