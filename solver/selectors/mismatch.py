"""Why a device does not match a selector, in a few words and down to the attribute."""

from dataclasses import dataclass
from difflib import get_close_matches
from json import dumps

from solver.domain.device import Device
from solver.domain.quantity import Quantity
from solver.selectors import syntax
from solver.selectors.devices import device_value
from solver.selectors.faults import CostExceeded, EvaluationError
from solver.selectors.frame import Frame
from solver.selectors.reads import Path, aliases, path_of
from solver.selectors.selector import OutcomeKind, Selector
from solver.selectors.syntax import Node, children
from solver.selectors.values import MISSING, CelMap, DeviceValue, DomainMap

_LONGEST_TEXT = 80
#: How like a published name a missing one must be to be taken for a slip of it.
_CLOSE = 0.75
#: What is the case when a comparison is false.
_OPPOSITE = {"_==_": "!=", "_!=_": "==", "_<_": ">=", "_<=_": ">", "_>_": "<=", "_>=_": "<"}
_MIRRORED = {"!=": "!=", "==": "==", ">=": "<=", ">": "<", "<=": ">=", "<": ">"}
_METHODS = {
    "isGreaterThan": "<=",
    "isLessThan": ">=",
    "startsWith": "does not start with",
    "endsWith": "does not end with",
    "contains": "does not contain",
    "matches": "does not match",
}
_NOUNS = {"attributes": "attribute", "capacity": "capacity"}
_DEPTH = 3  # device, domain, identifier


def mismatch(selector: Selector, device: Device) -> str:
    """The first reason why *device* does not match *selector*; nothing if it does.

    ``memory 80Gi < 141Gi``, ``no attribute gpu.nvidia.com/foo``, or the text of the part that is false.
    """
    outcome = selector.match(device)
    if outcome.kind is OutcomeKind.TRUE:
        return ""
    frame = Frame(selector.checked.variable_count)
    try:
        frame.values[0] = device_value(device)
        return _Explanation(selector, frame, aliases(selector.checked), device).of(selector.checked.root)
    except (EvaluationError, CostExceeded, RecursionError):
        return outcome.message


@dataclass(frozen=True, slots=True)
class _Explanation:
    selector: Selector
    frame: Frame
    paths: dict[int, Path]
    device: Device

    def of(self, node: Node) -> str:
        """Why *node*, which is not true, is not."""
        match node:
            case syntax.Logic(operator="&&", operands=operands):
                guilty = [operand for operand in operands if self._value(operand) is False]
                return self.of((guilty or [part for part in operands if self._value(part) is not True])[0])
            case syntax.Bind(body=body):
                self.frame.values[self.selector.checked.variables[node][0]] = MISSING
                return self.of(body)
        value = self._value(node)
        if value is MISSING:
            return self._missing(node) or self._error(node)
        return self._false(node) or f"{self._text(node)} is {self._written(value, node)}"

    def _value(self, node: Node) -> object:
        """The value of *node*, MISSING if it is an error."""
        try:
            return self.selector.part(node)(self.frame)
        except EvaluationError:
            return MISSING

    def _error(self, node: Node) -> str:
        try:
            self.selector.part(node)(self.frame)
        except EvaluationError as error:
            return str(error)
        return f"{self._text(node)} is an error"

    def _missing(self, node: Node) -> str:
        """The first attribute under *node* that the device does not publish."""
        pending = [node]
        while pending:
            part = pending.pop()
            keys = path_of(self.selector.checked, part, self.paths)
            if keys is not None and not _is_test(part):
                if len(keys) >= _DEPTH and self._value(part) is MISSING:
                    return self._absence(keys[:_DEPTH])
                continue
            pending.extend(reversed(children(part)))
        return ""

    def _absence(self, keys: Path) -> str:
        kind, domain, identifier = keys
        noun = _NOUNS.get(kind or "", "field")
        if domain is None:
            return f"no {noun} {identifier}"
        return f"no {noun} {domain}/{identifier}{self._near(kind, domain, identifier)}"

    def _near(self, kind: str | None, domain: str, identifier: str | None) -> str:
        """The published name that a missing one may have been meant for."""
        published = self.device.capacity if kind == "capacity" else self.device.attributes
        known = sorted(name.identifier for name in published if name.domain == domain)
        close = get_close_matches(identifier or "", known, n=1, cutoff=_CLOSE)
        return f", nearest is {close[0]}" if close else ""

    def _false(self, node: Node) -> str:
        match node:
            case syntax.Select(tests=True):
                keys = path_of(self.selector.checked, node, self.paths)
                return self._absence(keys) if keys is not None and len(keys) == _DEPTH else ""
            case syntax.Call(
                function="_==_" | "_<_" | "_<=_" | "_>_" | "_>=_" | "_!=_" as name, arguments=(one, other)
            ):
                return self._comparison(_OPPOSITE[name], one, other)
            case syntax.Call(function="@in", arguments=(one, other)):
                return self._membership(one, other)
            case syntax.Call(function=name, target=Node() as target, arguments=(other,)) if name in _METHODS:
                return self._related(_METHODS[name], target, other)
            case syntax.Call(function="!_", arguments=(operand,)) if not isinstance(operand, syntax.Logic):
                return f"{self._name(operand)} is true"
            case syntax.Select() | syntax.Call(function="_[_]"):
                return f"{self._name(node)} is {self._written(self._value(node), node)}"
            case _:
                return ""

    def _comparison(self, relation: str, one: Node, other: Node) -> str:
        match one, other:
            case syntax.Call(
                function="compareTo", target=Node() as target, arguments=(wanted,)
            ), syntax.Literal(value=0):
                return self._related(relation, target, wanted)
            case syntax.Literal() | syntax.ListLiteral(), _:
                return self._related(_MIRRORED[relation], other, one)
            case _:
                return self._related(relation, one, other)

    def _related(self, relation: str, one: Node, other: Node) -> str:
        value, wanted = self._value(one), self._value(other)
        if _is_container(value) or _is_container(wanted):
            return ""
        right = self._written(wanted, one)
        named = path_of(self.selector.checked, other, self.paths)
        if named is not None and len(named) > 1:
            right = f"{self._name(other)} {right}"
        return _clipped(f"{self._name(one)} {self._written(value, one)} {relation} {right}")

    def _membership(self, one: Node, other: Node) -> str:
        value, wanted = self._value(one), self._value(other)
        keys = path_of(self.selector.checked, other, self.paths)
        if keys is not None and isinstance(value, str):
            if len(keys) == 1:
                return f"no {keys[0]} of domain {value}"
            return self._absence((*keys, value)) if len(keys) == _DEPTH - 1 else ""
        if not isinstance(wanted, tuple) or _is_container(value):
            return ""
        items = ", ".join(self._written(item, one) for item in wanted)
        return _clipped(f"{self._name(one)} {self._written(value, one)} not in [{items}]")

    def _name(self, node: Node) -> str:
        keys = path_of(self.selector.checked, node, self.paths)
        if keys:
            return str(keys[-1] or self._text(node))
        match node:
            case syntax.Call(function=function, target=Node() as target):
                end = node.end
                opening = self.selector.text.rfind(function, 0, end)
                return f"{self._name(target)}.{_collapsed(self.selector.text[opening:end])}"
            case syntax.Call(
                function="size" | "string" | "int" | "double" | "sign" as function, arguments=(only,)
            ):
                return f"{function}({self._name(only)})"
            case _:
                return self._text(node)

    def _written(self, value: object, beside: Node) -> str:
        if isinstance(value, str):
            is_driver = path_of(self.selector.checked, beside, self.paths) == ("driver",)
            return value if is_driver else dumps(value, ensure_ascii=False)
        if isinstance(value, bool):
            return "true" if value else "false"
        return "null" if value is None else str(value)

    def _text(self, node: Node) -> str:
        return _clipped(_collapsed(self.selector.text[node.start : node.end]))


def _is_test(node: Node) -> bool:
    return isinstance(node, syntax.Select) and (node.tests or node.is_optional)


def _is_container(value: object) -> bool:
    return value is MISSING or (
        not isinstance(value, bool | int | float | str | Quantity | type(None))
        and (isinstance(value, CelMap | DomainMap | DeviceValue | tuple))
    )


def _collapsed(text: str) -> str:
    return " ".join(text.split())


def _clipped(text: str) -> str:
    return text if len(text) <= _LONGEST_TEXT else text[: _LONGEST_TEXT - 3] + "..."
