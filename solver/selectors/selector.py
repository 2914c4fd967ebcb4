"""Selectors: compile an expression once, ask devices whether they match."""

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from functools import lru_cache

from solver.domain.device import Device
from solver.domain.device_table import Field
from solver.selectors.checker import Checked, Checker
from solver.selectors.compiler import Compiler
from solver.selectors.devices import device_value
from solver.selectors.environment import Environment
from solver.selectors.faults import COST_LIMIT, CompileError, CostExceeded, EvaluationError
from solver.selectors.frame import Frame, Run
from solver.selectors.grammar import parse
from solver.selectors.operations import kind_of
from solver.selectors.reads import reads
from solver.selectors.syntax import Node
from solver.selectors.validators import validate

__all__ = ["CompileError", "Environment", "Outcome", "OutcomeKind", "Selector", "compile_selector"]

#: What the API server accepts in a new object.
LONGEST_EXPRESSION_BYTES = 10 * 1024
_TOO_DEEP = "expression is nested too deeply"


class OutcomeKind(StrEnum):
    """What became of an expression on one device."""

    TRUE = "true"
    FALSE = "false"
    COMPILE_ERROR = "compile_error"
    RUNTIME_ERROR = "runtime_error"


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """The verdict on one device, and why if it is an error."""

    kind: OutcomeKind
    message: str = ""


TRUE, FALSE = Outcome(kind=OutcomeKind.TRUE), Outcome(kind=OutcomeKind.FALSE)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Selector:
    """A compiled expression."""

    text: str
    #: The published fields that can change the verdict; whether a device is malformed always can.
    reads: frozenset[Field]
    checked: Checked = field(repr=False)
    run: Run = field(repr=False)
    #: Functions of the sub-expressions that ``mismatch`` asks about.
    part: Callable[[Node], Run] = field(repr=False)

    def match(self, device: Device) -> Outcome:
        """Whether *device* matches."""
        frame = Frame(self.checked.variable_count)
        try:
            frame.values[0] = device_value(device)
            outcome = _verdict(self.run(frame))
        except (EvaluationError, CostExceeded) as error:
            return Outcome(kind=OutcomeKind.RUNTIME_ERROR, message=str(error))
        except RecursionError:
            return Outcome(kind=OutcomeKind.RUNTIME_ERROR, message=_TOO_DEEP)
        if frame.cost > COST_LIMIT:
            return Outcome(kind=OutcomeKind.RUNTIME_ERROR, message=str(CostExceeded()))
        return outcome

    def cost(self, device: Device) -> int:
        """What Kubernetes would charge for evaluating the expression on *device*, approximately."""
        frame = Frame(self.checked.variable_count)
        try:
            frame.values[0] = device_value(device)
            self.run(frame)
        except (EvaluationError, CostExceeded):
            return frame.cost
        return frame.cost


def compile_selector(text: str, *, environment: Environment = Environment.STORED) -> Selector:
    """The selector of the expression *text*; compiled once for each text.

    Raises:
        CompileError: Kubernetes would not accept the expression.
    """
    compiled = _compiled(text, environment)
    if isinstance(compiled, CompileError):
        raise compiled.with_traceback(None)
    return compiled


@lru_cache(maxsize=4096)
def _compiled(text: str, environment: Environment) -> Selector | CompileError:
    try:
        return _compile(text, environment)
    except CompileError as error:
        return error
    except RecursionError:
        return CompileError(_TOO_DEEP, text=text)


def _compile(text: str, environment: Environment) -> Selector:
    try:
        size = len(text.encode())
    except UnicodeEncodeError as error:
        raise CompileError("expression is not valid Unicode", text=text, offset=error.start) from None
    if environment is not Environment.STORED and size > LONGEST_EXPRESSION_BYTES:
        complaint = f"expression has {size} bytes, at most {LONGEST_EXPRESSION_BYTES} are allowed"
        raise CompileError(complaint, text=text)
    root = parse(text)
    checked = Checker(text, environment).check(root)
    validate(checked, text)
    compiler = Compiler(checked, text)
    return Selector(
        text=text,
        reads=reads(checked),
        checked=checked,
        run=compiler.compile(root),
        part=compiler.compile,
    )


def _verdict(value: object) -> Outcome:
    if isinstance(value, bool):
        return TRUE if value else FALSE
    message = f"CEL result of type {kind_of(value)} could not be converted to bool"
    return Outcome(kind=OutcomeKind.RUNTIME_ERROR, message=message)
