"""Nodes for pods that were not seen, and who does not fit where it is.

Devices that claims hold are facts and come first. Then, in order of importance (immovable load, then priority,
then name), what was seen is charged its current template and what was not is assumed, best fit.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from solver.matching.ledger import Ledger, Unit
from solver.matching.special_nodes import SpecialNodes
from solver.matching.standing import DOES_NOT_FIT, Footing, Standing, StandingPod, resources_of


def settle(special: SpecialNodes, standings: Sequence[Standing]) -> Iterator[Standing]:
    """The *standings*, in their order, with nodes; those that do not fit are flagged and charged all the same."""
    settling = _Settling(special)
    for standing in standings:
        settling.hold(standing)
    done: dict[int, Standing] = {}
    order = sorted(range(len(standings)), key=lambda i: _importance(standings[i]))
    for position in order:
        done[position] = settling.seen(standings[position])
    for position in order:
        done[position] = settling.assumed(done[position])
    return (done[position] for position in range(len(standings)))


def _importance(standing: Standing) -> tuple[bool, int, object, str]:
    is_ours = standing.deployment is not None
    priority = standing.deployment.priority if standing.deployment is not None else 0
    return (is_ours, -priority, standing.replica.key, standing.replica.name)


class _Settling:
    def __init__(self, special: SpecialNodes) -> None:
        self.inventory = special.inventory
        self.ledger = Ledger(special)

    def hold(self, standing: Standing) -> None:
        """Take the devices that claims hold; the pods' other needs come when it is their turn."""
        for pod in standing.pods:
            self.ledger.hold(pod)

    def seen(self, standing: Standing) -> Standing:
        """*standing* with its seen pods charged, flagged if one of them does not fit."""
        fits = True
        for pod in standing.pods:
            if pod.node is not None:
                unit = _unit(standing, pod, needs=pod.held is None)
                fits &= self.ledger.has_room(pod.node, unit)
                self.ledger.place(pod.node, unit)
        return standing if fits else _flagged(standing)

    def assumed(self, standing: Standing) -> Standing:
        """*standing* with a node for every pod that existed and was not seen."""
        placed: list[StandingPod] = []
        all_fit = True
        for pod in standing.pods:
            if pod.footing is not Footing.ASSUMED:
                placed.append(pod)
                continue
            unit = _unit(standing, pod, needs=True)
            node, fits = self._best(pod, unit, placed)
            all_fit &= fits
            if node is None:
                placed.append(replace(pod, footing=Footing.NOWHERE))
                continue
            self.ledger.place(node, unit)
            placed.append(replace(pod, node=node))
        settled = replace(standing, pods=tuple(placed))
        return settled if all_fit else _flagged(settled)

    def _best(self, pod: StandingPod, unit: Unit, placed: Sequence[StandingPod]) -> tuple[int | None, bool]:
        """The node with the least left over, on the fabric of the copy's other pods if it has any."""
        fabrics = {
            self.inventory.places[other.node].fabric
            for other in placed
            if other.node is not None and (other.engine, other.copy) == (pod.engine, pod.copy)
        }
        best: tuple[bool, bool, int, int] | None = None
        for node in self.inventory.nodes_of_pool[pod.pool]:
            if self.inventory.fleet.nodes[node].is_expected:
                continue
            fits = self.ledger.has_room(node, unit)
            elsewhere = bool(fabrics) and self.inventory.places[node].fabric not in fabrics
            left = self.ledger.left(node)
            key = (not fits, elsewhere, left if fits else -left, node)
            if best is None or key < best:
                best = key
        return (None, False) if best is None else (best[3], not best[0])


def _unit(standing: Standing, pod: StandingPod, *, needs: bool) -> Unit:
    cpu, memory = resources_of(standing, pod)
    return Unit(needs=pod.needs if needs else (), cpu_millicores=cpu, memory_bytes=memory)


def _flagged(standing: Standing) -> Standing:
    if standing.deployment is None or DOES_NOT_FIT in standing.flags:
        return standing
    return replace(standing, flags=(*standing.flags, DOES_NOT_FIT))
