"""What the pods of the plan cost per hour."""

from collections.abc import Iterator

from solver.domain.policy import TierName
from solver.formulation.matrix import Expression, summed
from solver.formulation.objective import Objective
from solver.formulation.variables import Variables
from solver.matching.candidates import EngineOption
from solver.matching.prices import Prices
from solver.matching.standing import Standing


class PriceTerm:
    """Each pod is charged its largest share of its node's devices, or the device memory it takes."""

    tier = TierName.PRICE

    def objectives(self, variables: Variables) -> Iterator[Objective]:
        prices = variables.scene.survey.prices
        pairs = [*_new(variables, prices), *_added(variables, prices)]
        for movable, kept in zip(variables.cells.movable, variables.kept, strict=True):
            pairs.append((kept, _standing(prices, movable.standings[0])))
        constant = sum(_standing(prices, standing) for standing in variables.cells.fixed)
        yield Objective(
            name=self.tier.value, unit=prices.unit, expression=Expression(summed(pairs), constant)
        )


def _new(variables: Variables, prices: Prices) -> Iterator[tuple[int, int]]:
    scene = variables.scene
    for pod in variables.pods:
        node = variables.cells.cells[pod.cell].nodes[0]
        candidate = scene.candidates[pod.candidate]
        if candidate.is_one_node:
            options = [choices[0] for choices in candidate.engines]
            yield pod.variable, _whole(variables, prices, candidate.deployment, options, node)
            continue
        option = candidate.engines[pod.engine][pod.option].options[pod.member]
        yield pod.variable, prices.of_pod(node, option.needs, option.classes)


def _whole(
    variables: Variables, prices: Prices, deployment: int, options: list[EngineOption], node: int
) -> int:
    total = 0
    engines = variables.scene.problem.deployments[deployment].engines
    for engine, option in zip(engines, options, strict=True):
        for member, chosen in zip(engine.members, option.options, strict=True):
            pods = engine.copies * member.pods_per_copy
            total += pods * prices.of_pod(node, chosen.needs, chosen.classes)
    return total


def _added(variables: Variables, prices: Prices) -> Iterator[tuple[int, int]]:
    for added in variables.added:
        classes = [name for name, _ in added.group.classes]
        for cell, variable in added.homes:
            node = variables.cells.cells[cell].nodes[0]
            yield variable, prices.of_pod(node, added.group.needs, classes)


def _standing(prices: Prices, standing: Standing) -> int:
    return sum(
        prices.of_pod(pod.node, pod.needs, pod.classes) for pod in standing.pods if pod.node is not None
    )
