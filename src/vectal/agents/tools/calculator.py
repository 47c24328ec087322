"""The calculator: arithmetic that models get wrong, by a small parser of our own.

Numbers are decimal with 50 digits, so 0.1 + 0.2 is 0.3. Nothing in an expression is ever run:
there are numbers, operators and the functions below, and each is bounded.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from decimal import (
    ROUND_CEILING,
    ROUND_FLOOR,
    ROUND_HALF_UP,
    Context,
    Decimal,
    DecimalException,
    DivisionByZero,
    InvalidOperation,
    Overflow,
    localcontext,
)
from typing import Annotated, Any, Final

from pydantic import BaseModel, ConfigDict, Field

from vectal.ai.contracts import Tool, ToolContext, ToolOutput
from vectal.auth.principal import Scope
from vectal.platform.errors import InvalidInputError

MAX_CHARS: Final = 500
MAX_DEPTH: Final = 40
_SHOWN_DIGITS: Final = 20
_PLAIN_EXPONENT: Final = 30
_MOST_PLACES: Final = 20
_CONTEXT: Final = Context(
    prec=50,
    rounding=ROUND_HALF_UP,
    Emax=9_999,
    Emin=-9_999,
    traps=[DivisionByZero, InvalidOperation, Overflow],
)
_TOKEN: Final = re.compile(
    r"\s*(?:(?P<number>(?:[0-9][0-9_]*(?:\.[0-9]*)?|\.[0-9]+)(?:e[+-]?[0-9]{1,4})?)"
    r"|(?P<name>[a-z][a-z0-9]*)|(?P<sign>\*\*|//|[-+*/%^(),]))"
)
_CONSTANTS: Final[Mapping[str, Decimal]] = {
    "pi": Decimal("3.1415926535897932384626433832795028841971693993751"),
    "e": Decimal("2.7182818284590452353602874713526624977572470936999"),
}
_SPELLED: Final = str.maketrans(
    {
        "\N{MULTIPLICATION SIGN}": "*",
        "\N{MIDDLE DOT}": "*",
        "\N{DIVISION SIGN}": "/",
        "\N{MINUS SIGN}": "-",
        "\N{EN DASH}": "-",
        "\N{SQUARE ROOT}": " sqrt ",
    }
)

Function = Callable[..., Decimal]


class Calculate(BaseModel):
    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    expression: Annotated[
        str,
        Field(
            min_length=1,
            max_length=MAX_CHARS,
            description=(
                "Such as `(1200 * 1.19 - 80) / 3`. Operators + - * / // % ^, brackets, pi, e, and "
                "sqrt abs round floor ceil min max sum mean ln log10 log2 exp sin cos tan."
            ),
        ),
    ]


class BadExpressionError(InvalidInputError):
    code = "agents.bad_expression"
    title = "This can't be calculated"


def make_calculator() -> Tool[Any]:
    return Tool(
        name="calculate",
        title="Calculate",
        description="Calculate exactly. Use it for every sum that matters.",
        input=Calculate,
        scope=Scope.AI_USE,
        mode="read",
        effect="pure",
        handler=_calculate,
    )


async def _calculate(context: ToolContext, asked: Calculate) -> ToolOutput:
    del context
    result = show(calculate(asked.expression))
    return ToolOutput(result, f"= {result}")


def calculate(expression: str) -> Decimal:
    """The value. Raises BadExpressionError for what is no expression or has no value."""
    if len(expression) > MAX_CHARS:
        raise BadExpressionError(f"An expression has at most {MAX_CHARS} characters.")
    with localcontext(_CONTEXT):
        try:
            return _Parser(expression.translate(_SPELLED).lower()).read()
        except ZeroDivisionError:
            raise BadExpressionError("It divides by zero.") from None
        except (Overflow, OverflowError):
            raise BadExpressionError("The result is too large.") from None
        except (DecimalException, ValueError):
            raise BadExpressionError("It has no value.") from None


def show(value: Decimal) -> str:
    """The number in plain digits where they are few, without zeros that say nothing."""
    with localcontext(_CONTEXT) as context:
        context.prec = _SHOWN_DIGITS
        short = (+value).normalize()
        if short.is_zero():
            return "0"
        return f"{short:f}" if abs(short.adjusted()) < _PLAIN_EXPONENT else f"{short:E}"


class _Parser:
    """By precedence: sums, products, signs, powers, and what stands in brackets."""

    def __init__(self, text: str) -> None:
        self._tokens = list(_tokens(text))
        self._at = 0
        self._depth = 0

    def read(self) -> Decimal:
        value = self._sum()
        if self._peek():
            raise _unknown(self._peek())
        return value

    def _sum(self) -> Decimal:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise BadExpressionError("It is nested too deeply.")
        value = self._product()
        while self._peek() in {"+", "-"}:
            value = value + self._product() if self._take() == "+" else value - self._product()
        self._depth -= 1
        return value

    def _product(self) -> Decimal:
        value = self._signed()
        while self._peek() in {"*", "/", "//", "%"}:
            operator, right = self._take(), self._signed()
            match operator:
                case "*":
                    value *= right
                case "/":
                    value /= right
                case "//":
                    value = (value / right).to_integral_value(ROUND_FLOOR)
                case _:
                    value -= right * (value / right).to_integral_value(ROUND_FLOOR)
        return value

    def _signed(self) -> Decimal:
        sign = 1
        while self._peek() in {"+", "-"}:
            sign = -sign if self._take() == "-" else sign
        value = self._power()
        return -value if sign < 0 else value

    def _power(self) -> Decimal:
        base = self._atom()
        if self._peek() not in {"^", "**"}:
            return base
        self._take()
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise BadExpressionError("It is nested too deeply.")
        exponent = self._signed()  # to the right first: 2^3^2 is 2^9
        self._depth -= 1
        return _finite(base**exponent)

    def _atom(self) -> Decimal:
        word = self._take()
        if word == "(":
            value = self._sum()
            self._expect(")")
            return value
        if word[:1].isdigit() or word[:1] == ".":
            return Decimal(word.replace("_", ""))
        if word in _CONSTANTS:
            return _CONSTANTS[word]
        if word in _FUNCTIONS:
            return self._call(word)
        raise _unknown(word)

    def _call(self, name: str) -> Decimal:
        function, least, most = _FUNCTIONS[name]
        self._expect("(")
        given = [self._sum()]
        while self._peek() == ",":
            self._take()
            given.append(self._sum())
        self._expect(")")
        if not least <= len(given) <= most:
            raise BadExpressionError(f"{name} takes another number of values.")
        return _finite(function(*given))

    def _peek(self) -> str:
        return self._tokens[self._at] if self._at < len(self._tokens) else ""

    def _take(self) -> str:
        token = self._peek()
        self._at += 1
        return token

    def _expect(self, token: str) -> None:
        if self._take() != token:
            raise BadExpressionError(f"There is a {token!r} missing.")


def _tokens(text: str) -> list[str]:
    tokens: list[str] = []
    at, end = 0, len(text.rstrip())
    while at < end:
        match = _TOKEN.match(text, at)
        if match is None:
            raise _unknown(text[at : at + 20].strip())
        tokens.append(match.group(match.lastgroup or 0))
        at = match.end()
    return tokens


def _finite(value: Decimal) -> Decimal:
    """The value, unless it is the logarithm of nothing or the like."""
    if not value.is_finite():
        raise BadExpressionError("It has no value.")
    return value


def _unknown(word: str) -> BadExpressionError:
    if not word:
        return BadExpressionError("It ends too early.")
    return BadExpressionError(f"What {word[:20]!r} means here is not known.")


def _by_float(function: Callable[[float], float]) -> Function:
    def by_float(value: Decimal) -> Decimal:
        return Decimal(repr(function(float(value))))

    return by_float


def _abs(value: Decimal) -> Decimal:
    return abs(value)


def _floor(value: Decimal) -> Decimal:
    return value.to_integral_value(ROUND_FLOOR)


def _ceil(value: Decimal) -> Decimal:
    return value.to_integral_value(ROUND_CEILING)


def _log2(value: Decimal) -> Decimal:
    return value.ln() / Decimal(2).ln()


def _round(value: Decimal, places: Decimal = Decimal(0)) -> Decimal:
    if places != places.to_integral_value() or abs(places) > _MOST_PLACES:
        raise BadExpressionError(f"It rounds to {_MOST_PLACES} places at most.")
    return value.quantize(Decimal(1).scaleb(-int(places)))


def _sum_of(*values: Decimal) -> Decimal:
    return sum(values, Decimal(0))


def _min(*values: Decimal) -> Decimal:
    return min(values)


def _max(*values: Decimal) -> Decimal:
    return max(values)


def _mean(*values: Decimal) -> Decimal:
    return _sum_of(*values) / len(values)


_FUNCTIONS: Final[Mapping[str, tuple[Function, int, int]]] = {
    "sqrt": (Decimal.sqrt, 1, 1),
    "abs": (_abs, 1, 1),
    "round": (_round, 1, 2),
    "floor": (_floor, 1, 1),
    "ceil": (_ceil, 1, 1),
    "min": (_min, 1, 100),
    "max": (_max, 1, 100),
    "sum": (_sum_of, 1, 100),
    "mean": (_mean, 1, 100),
    "ln": (Decimal.ln, 1, 1),
    "log10": (Decimal.log10, 1, 1),
    "log2": (_log2, 1, 1),
    "exp": (Decimal.exp, 1, 1),
    "sin": (_by_float(math.sin), 1, 1),
    "cos": (_by_float(math.cos), 1, 1),
    "tan": (_by_float(math.tan), 1, 1),
}
