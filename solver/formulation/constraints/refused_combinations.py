"""Pods that the device allocator of a node is known not to let onto it together.

Learnt when a plan was rehearsed, so that the next one does not promise the same again.
"""

from collections.abc import Iterator

from solver.domain.explanation import Reason
from solver.formulation.matrix import Rule
from solver.formulation.no_good import one_is_less
from solver.formulation.variables import Variables
from solver.matching.refusals import Combination


class RefusedCombinations:
    """No node gets the pods of a combination that its allocator has refused."""

    reason = Reason.REFUSED_BY_ALLOCATOR

    def add(self, variables: Variables) -> None:
        refused = variables.scene.survey.options.special.refused
        if not refused:
            return
        pods = _new_pods(variables)
        for index, cell in enumerate(variables.cells.cells):
            rule = Rule(RefusedCombinations.reason, str(cell.pool))
            for combination in refused.get(cell.nodes[0], ()):
                parts = [(pods.get((index, member), {}), count) for member, count in combination.pods]
                if not all(terms for terms, _ in parts):
                    continue
                if len(cell.nodes) == 1:
                    one_is_less(variables, parts, rule)
                elif len(parts) == 1:
                    # All nodes of a cell are alike in what was refused of them.
                    terms, count = parts[0]
                    variables.matrix.add(terms, upper=len(cell.nodes) * (count - 1), rule=rule)

    def explain(self, variables: Variables, subject: str) -> str:
        messages = sorted({each.message for each in _told(variables, subject)})
        return f"the device allocator of nodes of node pool {subject} refuses more: {'; '.join(messages)}"


def _new_pods(variables: Variables) -> dict[tuple[int, int], dict[int, int]]:
    """New pods on each cell of each refused member: variables, and pods that one of them stands for."""
    found: dict[tuple[int, int], dict[int, int]] = {}
    placed = [(pod.cell, pod.group, pod.variable) for pod in variables.pods]
    placed += [(cell, added.group, v) for added in variables.added for cell, v in added.homes]
    for cell, group, variable in placed:
        for member, count in group.refused_as:
            terms = found.setdefault((cell, member), {})
            terms[variable] = terms.get(variable, 0) + count
    return found


def _told(variables: Variables, subject: str) -> Iterator[Combination]:
    refused = variables.scene.survey.options.special.refused
    for cell in variables.cells.cells:
        if str(cell.pool) == subject:
            yield from refused.get(cell.nodes[0], ())
