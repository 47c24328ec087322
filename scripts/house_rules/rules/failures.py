"""No failure is swallowed, and no background work is dropped."""

import ast
from collections.abc import Iterator

from scripts.house_rules.sources import Source
from scripts.house_rules.violation import Violation

_BROAD = frozenset({"Exception", "BaseException"})
_LOG_METHODS = frozenset(
    {"critical", "debug", "error", "exception", "info", "log", "warning"}
    | {"acritical", "adebug", "aerror", "aexception", "ainfo", "awarning"},
)
# Handing the failure to whoever awaits it, or to logging's own last resort, is no swallowing.
_HANDING_ON = frozenset({"set_exception", "handleError"})


def broad_except_speaks_or_raises(source: Source) -> Iterator[Violation]:
    if not source.in_package:
        return
    for node in source.nodes:
        if isinstance(node, ast.ExceptHandler) and _is_swallowing(source, node):
            yield Violation(
                source.path,
                node.lineno,
                "swallowed",
                "a broad except must log or raise again",
            )
    for call, name in source.calls:
        if name == "contextlib.suppress" and any(_is_broad(source, arg) for arg in call.args):
            yield Violation(
                source.path,
                call.lineno,
                "swallowed",
                "suppress(Exception) hides every failure; name the expected one",
            )


def _is_swallowing(source: Source, handler: ast.ExceptHandler) -> bool:
    inside = (inner for child in handler.body for inner in ast.walk(child))
    return _is_broad(source, handler.type) and not any(map(_is_answer, inside))


def _is_broad(source: Source, caught: ast.expr | None) -> bool:
    if caught is None:
        return True
    if isinstance(caught, ast.Tuple):
        return any(_is_broad(source, item) for item in caught.elts)
    return source.dotted(caught).removeprefix("builtins.") in _BROAD


def _is_answer(node: ast.AST) -> bool:
    if isinstance(node, ast.Raise):
        return True
    if not isinstance(node, ast.Call):
        return False
    if isinstance(node.func, ast.Name):
        return node.func.id.lstrip("_").startswith("log_")
    return isinstance(node.func, ast.Attribute) and node.func.attr in _LOG_METHODS | _HANDING_ON


def started_work_is_kept(source: Source) -> Iterator[Violation]:
    """Ruff's RUF006 sees `asyncio` and a loop by name; this sees every other receiver."""
    if not source.in_package:
        return
    groups = _find_task_groups(source)
    for node in source.nodes:
        call = _find_dropped_call(node)
        if call is None or not isinstance(call.func, ast.Attribute):
            continue
        receiver = source.dotted(call.func.value)
        if call.func.attr == "create_task" and receiver not in groups:
            yield Violation(
                source.path,
                call.lineno,
                "dropped-task",
                "keep the task (the loop holds it weakly) or start it in a TaskGroup",
            )


def _find_dropped_call(node: ast.AST) -> ast.Call | None:
    """Return the call of `x.create_task()` or `_ = x.create_task()` as a statement."""
    if isinstance(node, ast.Expr):
        return node.value if isinstance(node.value, ast.Call) else None
    if isinstance(node, ast.Assign) and isinstance(node.value, ast.Call):
        named = (target.id for target in node.targets if isinstance(target, ast.Name))
        return node.value if all(name == "_" for name in named) and _only_names(node) else None
    return None


def _only_names(node: ast.Assign) -> bool:
    return all(isinstance(target, ast.Name) for target in node.targets)


def _find_task_groups(source: Source) -> set[str]:
    """Return the names that hold a TaskGroup: bound by `async with`, assigned or annotated."""
    groups: set[str] = set()
    for node in source.nodes:
        if isinstance(node, ast.withitem) and node.optional_vars is not None:
            if _makes_group(source, node.context_expr):
                groups.add(source.dotted(node.optional_vars))
        elif isinstance(node, ast.Assign) and _makes_group(source, node.value):
            groups |= {source.dotted(target) for target in node.targets}
        elif isinstance(node, ast.AnnAssign | ast.arg):
            annotation = node.annotation
            if annotation is not None and "TaskGroup" in ast.dump(annotation):
                groups.add(
                    node.arg if isinstance(node, ast.arg) else source.dotted(node.target),
                )
    return groups


def _makes_group(source: Source, value: ast.expr) -> bool:
    if isinstance(value, ast.Await):
        value = value.value
    return isinstance(value, ast.Call) and "TaskGroup" in source.dotted(value.func)
