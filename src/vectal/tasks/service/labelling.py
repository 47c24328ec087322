"""Labels by their names: found, or made where there is none."""

from collections.abc import Sequence
from typing import Final
from uuid import UUID

from vectal.platform.ids import new_id
from vectal.tasks.contracts import Label
from vectal.tasks.errors import LimitReachedError
from vectal.tasks.events import LabelChanged
from vectal.tasks.limits import LABELS_A_WORKSPACE
from vectal.tasks.repository import labels, tasks
from vectal.tasks.service.ledger import Ledger

COLORS: Final = ("gray", "red", "orange", "amber", "green", "teal", "blue", "violet", "pink")


def color_for(name: str) -> str:
    """The same name gets the same colour everywhere."""
    return COLORS[sum(name.lower().encode()) % len(COLORS)]


async def resolve(ledger: Ledger, names: Sequence[str]) -> list[Label]:
    """The labels of these names, sorted as a task shows them; what is missing is made."""
    if not names:
        return []
    session, workspace_id = ledger.session, ledger.workspace_id
    found = await labels.find_labels_by_name(session, workspace_id, names)
    known = {label.name.lower() for label in found}
    missing = [
        Label(new_id(), name, color_for(name)) for name in names if name.lower() not in known
    ]
    if missing:
        await _make(ledger, missing)
        # Somebody may have made one of them at the same moment.
        found = await labels.find_labels_by_name(session, workspace_id, names)
    return sorted(found, key=lambda label: label.name)


async def _make(ledger: Ledger, missing: Sequence[Label]) -> None:
    session, workspace_id = ledger.session, ledger.workspace_id
    if await labels.count_labels(session, workspace_id) + len(missing) > LABELS_A_WORKSPACE:
        raise LimitReachedError(
            f"A workspace takes {LABELS_A_WORKSPACE} labels.", pointer="/labels"
        )
    for label_id in await labels.insert_labels(session, workspace_id, missing, ledger.at):
        ledger.tell(label_id, LabelChanged(label_id, "created"))


async def put_on(
    ledger: Ledger, task_id: UUID, before: Sequence[Label], wanted: Sequence[Label]
) -> tuple[Label, ...]:
    """Give a task exactly these labels."""
    old, new = {label.id for label in before}, {label.id for label in wanted}
    session, workspace_id = ledger.session, ledger.workspace_id
    await tasks.remove_labels(session, workspace_id, task_id, sorted(old - new))
    await tasks.add_labels(session, workspace_id, task_id, sorted(new - old))
    return tuple(wanted)
