"""What does not go together on a node, learnt from the exact device fit while solving."""

from collections.abc import Iterable
from dataclasses import dataclass

from solver.domain.explanation import Reason
from solver.formulation.matrix import Rule
from solver.formulation.variables import Variables
from solver.matching.node_fit import Need


@dataclass(frozen=True, slots=True, kw_only=True)
class NoGood:
    """Units with these needs, in these numbers, beside these replicas that stay, do not fit on a node.

    More of either fits still less.
    """

    units: tuple[tuple[tuple[Need, ...], int], ...]
    #: Movable groups by position, and how many of each stay.
    kept: tuple[tuple[int, int], ...] = ()


def forbid(variables: Variables, no_good: NoGood, cells: Iterable[int]) -> None:
    """Keep *no_good* off each of *cells*, which are single nodes: one of its numbers has to be smaller."""
    wanted = dict(no_good.units)
    for cell in cells:
        counted: dict[tuple[Need, ...], dict[int, int]] = {needs: {} for needs in wanted}
        for pod in variables.pods:
            if pod.cell == cell and pod.group.needs in counted:
                counted[pod.group.needs][pod.variable] = 1
        for added in variables.added:
            for home, variable in added.homes:
                if home == cell and added.group.needs in counted:
                    counted[added.group.needs][variable] = 1
        parts = [(counted[needs], number) for needs, number in no_good.units]
        parts += [({variables.kept[index]: 1}, number) for index, number in no_good.kept]
        one_is_less(variables, parts, capacity_rule(variables, cell))


def one_is_less(variables: Variables, parts: list[tuple[dict[int, int], int]], rule: Rule) -> None:
    """At least one of the sums in *parts* (variables with their coefficients) stays below its number."""
    matrix = variables.matrix
    if len(parts) == 1:
        terms, number = parts[0]
        matrix.add(terms, upper=number - 1, rule=rule)
        return
    reached: dict[int, int] = {}
    for terms, number in parts:
        most = sum(factor * matrix.upper[variable] for variable, factor in terms.items())
        flag = matrix.variable(0, 1)
        matrix.add({**terms, flag: -max(0, most - number + 1)}, upper=number - 1, rule=rule)
        reached[flag] = 1
    matrix.add(reached, upper=len(parts) - 1, rule=rule)


def capacity_rule(variables: Variables, cell: int) -> Rule:
    """The rule that speaks for the devices of *cell*."""
    return Rule(Reason.INSUFFICIENT_FREE_CAPACITY, str(variables.cells.cells[cell].pool))
