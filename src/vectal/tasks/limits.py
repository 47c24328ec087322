"""How much of everything there may be, and which names may be given."""

from vectal.platform.printable import to_one_line

TITLE = 500
NOTES = 20_000
COMMENT = 20_000
DELIVERY = 50_000
"""Characters of what a run hands in."""
PROOFS = 20
PROOF = 2_000
LABEL_NAME = 50
PROJECT_NAME = 100
CHANGESET_TITLE = 200
QUICK_ADD = 1_000
SEARCH = 200

LABELS_A_TASK = 20
LABELS_A_WORKSPACE = 1_000
PROJECTS_A_WORKSPACE = 500
SUBTASKS_A_TASK = 500
DEPTH = 5
"""Levels of tasks within tasks, the top one included."""
TASKS_DELETED_TOGETHER = 10_000
BULK = 200
ITEMS_A_CHANGESET = 200
EDITS_AN_ITEM = 20
SUBTASKS_A_BREAKDOWN = 30
PAGE = 200


def is_name(name: str, longest: int) -> bool:
    """Tell whether a label or a project may be called so."""
    return 0 < len(name) <= longest and name == to_one_line(name)
