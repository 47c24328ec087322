"""The pages of `docs/reference/`, each a pure function of the code."""

import ast
import inspect
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Final

from pydantic_core import PydanticUndefined

from vectal.auth.policy import ACTIONS
from vectal.platform.config import Settings

FOLDER: Final = Path(__file__).parents[2] / "docs" / "reference"
_NOTE: Final = "<!-- Made by `python -m scripts.reference`; edit the code instead. -->"


def configuration() -> str:
    lines = [
        _NOTE,
        "# Configuration",
        "",
        "Vectal reads its settings once, from the environment. `vectal config check` prints them",
        "with secrets masked and says what is wrong.",
        "",
        "| variable | default | meaning |",
        "|---|---|---|",
    ]
    meanings = _meanings()
    for name, field in sorted(Settings.model_fields.items()):
        default = field.get_default()
        if field.default_factory is not None:
            shown = "`~/.local/share/vectal`" if name == "data_dir" else ""
        elif default is PydanticUndefined or default is None or default == ():
            shown = ""
        else:
            shown = f"`{default}`"
        meaning = " ".join(meanings.get(name, "").split())
        lines.append(f"| `VECTAL_{name.upper()}` | {shown} | {meaning} |")
    return "\n".join(lines) + "\n"


def _meanings() -> dict[str, str]:
    """What stands below each setting."""
    body = ast.parse(inspect.getsource(Settings)).body[0]
    found: dict[str, str] = {}
    for field, below in pairwise(body.body if isinstance(body, ast.ClassDef) else ()):
        match field, below:
            case (
                ast.AnnAssign(target=ast.Name(id=name)),
                ast.Expr(value=ast.Constant(value=str(text))),
            ):
                found[name] = text
            case _:
                pass
    return found


def actions() -> str:
    lines = [
        _NOTE,
        "# Actions, roles and scopes",
        "",
        "Every door asks for an action. A person needs the role in the workspace; an API key needs",
        "the scope as well. Roles include those below them: owner, admin, member, viewer.",
        "",
        "| action | least role | scope |",
        "|---|---|---|",
    ]
    for name, action in sorted(ACTIONS.items()):
        role = "administrator of the installation" if action.instance_admin else action.min_role
        lines.append(f"| `{name}` | {role} | `{action.scope}` |")
    return "\n".join(lines) + "\n"


PAGES: Final[dict[str, Callable[[], str]]] = {
    "configuration.md": configuration,
    "actions.md": actions,
}
