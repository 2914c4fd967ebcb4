"""Compiled calls: straight to the implementation where types decide, else by the values at run time."""

from collections.abc import Callable, Mapping

from solver.domain.semver import Semver
from solver.selectors.checker import Resolution
from solver.selectors.faults import EvaluationError
from solver.selectors.frame import Constant, Frame, Run
from solver.selectors.operations import is_kind, kind_of
from solver.selectors.overloads import Overload
from solver.selectors.syntax import Node
from solver.selectors.types import Type
from solver.selectors.values import key_of

Reader = Callable[[object, object], object]
_PRIMITIVES = (bool, int, float, str)


def call(name: str, resolution: Resolution, types: Mapping[Node, Type], runs: tuple[Run, ...]) -> Run:
    """The call of *name* with the values of *runs*."""
    overloads = resolution.overloads
    given = tuple(types[argument] for argument in resolution.arguments)
    if len(overloads) == 1 and _is_certain(given, overloads[0]):
        return _direct(overloads[0], runs)
    return _dispatched(name, overloads, runs)


def membership(item: Run, values: object) -> Run | None:
    """``item in values`` for a constant list of simple values; None if it is not one.

    Kubernetes looks the item up in a hash table there, so an item that Go cannot hash is an error.
    """
    if not isinstance(values, tuple) or not all(isinstance(value, _PRIMITIVES) for value in values):
        return None
    if not values:
        return Constant(value=False)
    lookup = frozenset(map(key_of, values))

    def run(frame: Frame) -> bool:
        value = item(frame)
        if isinstance(value, Semver | bytes):
            raise EvaluationError(f"hash of unhashable type {kind_of(value)}")
        return isinstance(value, _PRIMITIVES) and key_of(value) in lookup

    return run


def _is_certain(given: tuple[Type, ...], overload: Overload) -> bool:
    """Whether no value can be of another type than *overload* takes."""
    return all(
        wanted.is_variable or wanted.is_dynamic or one.name == wanted.name
        for one, wanted in zip(given, overload.parameters, strict=True)
    )


def _direct(overload: Overload, runs: tuple[Run, ...]) -> Run:
    implementation, cost = overload.run, overload.cost
    if cost is None and len(runs) == 1:
        (only,) = runs

        def single(frame: Frame) -> object:
            value = only(frame)
            frame.charge(1)
            return implementation(value)

        return single

    def run(frame: Frame) -> object:
        values = tuple([part(frame) for part in runs])
        frame.charge(1 if cost is None else cost(values))
        return implementation(*values)

    return run


def _dispatched(name: str, overloads: tuple[Overload, ...], runs: tuple[Run, ...]) -> Run:
    def run(frame: Frame) -> object:
        values = tuple([part(frame) for part in runs])
        for overload in overloads:
            if all(map(is_kind, values, overload.parameters)):
                frame.charge(1 if overload.cost is None else overload.cost(values))
                return overload.run(*values)
        frame.charge(1)
        if name[0].isalpha():
            raise EvaluationError(f"no such overload: {name}({', '.join(map(kind_of, values))})")
        raise EvaluationError("no such overload")

    return run
