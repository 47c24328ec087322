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
    for handler in source.find(ast.ExceptHandler):
        if _is_swallowing(source, handler):
            message = "a broad except must log or raise again"
            yield Violation(source.path, handler.lineno, "swallowed", message)
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
    for call in _find_dropped_calls(source):
        if not isinstance(call.func, ast.Attribute) or call.func.attr != "create_task":
            continue
        if source.dotted(call.func.value) not in groups:
            message = "keep the task (the loop holds it weakly) or start it in a TaskGroup"
            yield Violation(source.path, call.lineno, "dropped-task", message)


def _find_dropped_calls(source: Source) -> Iterator[ast.Call]:
    """Yield the calls of statements such as `x.create_task()` and `_ = x.create_task()`."""
    for statement in source.find(ast.Expr):
        if isinstance(statement.value, ast.Call):
            yield statement.value
    for assignment in source.find(ast.Assign):
        if isinstance(assignment.value, ast.Call) and all(map(_is_nobody, assignment.targets)):
            yield assignment.value


def _is_nobody(target: ast.expr) -> bool:
    return isinstance(target, ast.Name) and target.id == "_"


def _find_task_groups(source: Source) -> set[str]:
    """Return the names that hold a TaskGroup: bound by `async with`, assigned or annotated."""
    groups: set[str] = set()
    for item in source.find(ast.withitem):
        if item.optional_vars is not None and _makes_group(source, item.context_expr):
            groups.add(source.dotted(item.optional_vars))
    for assignment in source.find(ast.Assign):
        if _makes_group(source, assignment.value):
            groups |= {source.dotted(target) for target in assignment.targets}
    for parameter in source.find(ast.arg):
        if parameter.annotation is not None and _is_group(parameter.annotation):
            groups.add(parameter.arg)
    for declaration in source.find(ast.AnnAssign):
        if _is_group(declaration.annotation):
            groups.add(source.dotted(declaration.target))
    return groups


def _is_group(annotation: ast.expr) -> bool:
    return "TaskGroup" in ast.unparse(annotation)


def _makes_group(source: Source, value: ast.expr) -> bool:
    if isinstance(value, ast.Await):
        value = value.value
    return isinstance(value, ast.Call) and "TaskGroup" in source.dotted(value.func)
