"""Turns `dt.now` back into `datetime.datetime.now`, so that an alias hides nothing."""

import ast
from collections.abc import Iterable

Statement = ast.Import | ast.ImportFrom


def find_imported_names(imports: Iterable[Statement]) -> dict[str, str]:
    """Return each local name that an import binds, with the dotted name it stands for."""
    names: dict[str, str] = {}
    for node in imports:
        if isinstance(node, ast.Import):
            for alias in node.names:
                bound = alias.asname or alias.name.partition(".")[0]
                names[bound] = alias.name if alias.asname else bound
        elif node.module and not node.level:
            for alias in node.names:
                names[alias.asname or alias.name] = f"{node.module}.{alias.name}"
    return names


def spell_out(node: ast.expr, names: dict[str, str]) -> str:
    """Return the full dotted name of a name or attribute chain, or an empty string."""
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    if not isinstance(node, ast.Name):
        return ""
    parts.append(names.get(node.id, node.id))
    return ".".join(reversed(parts))


def list_imported_modules(imports: Iterable[Statement]) -> list[tuple[str, int]]:
    """Return every absolute module or name that is imported, with its line."""
    found: list[tuple[str, int]] = []
    for node in imports:
        if isinstance(node, ast.Import):
            found += [(alias.name, node.lineno) for alias in node.names]
        elif node.module and not node.level:
            found += [(f"{node.module}.{alias.name}", node.lineno) for alias in node.names]
    return found
