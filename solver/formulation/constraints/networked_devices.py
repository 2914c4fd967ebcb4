"""Devices that several nodes reach serve one pod of the cluster, whichever node it is on."""

from solver.domain.explanation import Reason
from solver.domain.identity import ClusterName
from solver.formulation.constraint import limit
from solver.formulation.matrix import Rule
from solver.formulation.variables import Variables
from solver.matching.node_fit import Need, closed_sets, demand_within, supply


class NetworkedDevices:
    """What only such devices can serve is at most what the cluster has of them."""

    reason = Reason.INSUFFICIENT_FREE_CAPACITY

    def add(self, variables: Variables) -> None:
        inventory = variables.scene.inventory
        if not inventory.kinds.networked:
            return
        for cluster in inventory.clusters:
            held = inventory.networked(cluster)
            if held:
                _add_rows(variables, cluster, dict(held))

    def explain(self, variables: Variables, subject: str) -> str:
        del variables
        return f"the devices that several nodes of {subject} reach are used up"


def _add_rows(variables: Variables, cluster: ClusterName, free: dict[int, int]) -> None:
    networked = variables.scene.inventory.kinds.networked
    cells = variables.cells.cells

    def own(needs: tuple[Need, ...]) -> tuple[Need, ...]:
        return tuple(need for need in needs if need.count and need.accepts & ~networked == 0)

    new = [(p.variable, own(p.group.needs)) for p in variables.pods if cells[p.cell].pool.cluster == cluster]
    new += [
        (variable, own(added.group.needs))
        for added in variables.added
        for home, variable in added.homes
        if cells[home].pool.cluster == cluster
    ]
    kept = [
        (variable, own(load.needs), dict(load.held))
        for movable, variable in zip(variables.cells.movable, variables.kept, strict=True)
        for load in movable.loads
        if cells[load.cell].pool.cluster == cluster
    ]
    fixed: list[Need] = []
    for standing in variables.cells.fixed:
        for pod in standing.pods:
            if pod.node is None or pod.pool.cluster != cluster:
                continue
            if pod.held is None:
                fixed += own(pod.needs)
            for kind, count in pod.held or ():
                if kind in free:
                    free[kind] -= count
    asked = [need.accepts for _, needs in new for need in needs]
    for kinds in closed_sets([*asked, *(need.accepts for need in fixed)]):
        limit(
            variables.matrix,
            new=[(variable, demand_within(needs, kinds)) for variable, needs in new if needs],
            kept=[
                (variable, demand_within(needs, kinds) + supply(held, kinds & networked))
                for variable, needs, held in kept
            ],
            most=supply(free, kinds) - demand_within(fixed, kinds),
            rule=Rule(NetworkedDevices.reason, f"cluster {cluster}"),
        )
