"""A selector without the clause that keeps a device out."""

from dataclasses import dataclass

from solver.domain.device import Device
from solver.selectors import syntax
from solver.selectors.devices import device_value
from solver.selectors.faults import CostExceeded, EvaluationError
from solver.selectors.frame import Frame
from solver.selectors.selector import Selector
from solver.selectors.syntax import Node


@dataclass(frozen=True, slots=True, kw_only=True)
class Relaxed:
    """The clause that failed, and what the selector says without it; None if it said nothing else."""

    clause: str
    rest: str | None


def relaxed(selector: Selector, device: Device) -> Relaxed:
    """*selector* without the first of its clauses (joined by ``&&``) that is not true for *device*."""
    root = selector.checked.root
    clauses = root.operands if isinstance(root, syntax.Logic) and root.operator == "&&" else (root,)
    values = [_value(selector, clause, device) for clause in clauses]
    # A clause that is false says more than one that is an error.
    order = sorted(range(len(clauses)), key=lambda i: (values[i] is True, values[i] is not False, i))
    failed = order[0]
    rest = [_text(selector, clause) for i, clause in enumerate(clauses) if i != failed]
    return Relaxed(
        clause=" ".join(selector.text[clauses[failed].start : clauses[failed].end].split()),
        rest=" && ".join(rest) or None,
    )


def _value(selector: Selector, node: Node, device: Device) -> object:
    frame = Frame(selector.checked.variable_count)
    try:
        frame.values[0] = device_value(device)
        return selector.part(node)(frame)
    except (EvaluationError, CostExceeded, RecursionError):
        return None


def _text(selector: Selector, node: Node) -> str:
    text = " ".join(selector.text[node.start : node.end].split())
    return f"({text})" if isinstance(node, syntax.Logic) else text
