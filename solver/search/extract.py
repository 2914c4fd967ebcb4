"""From counts to pods on nodes: a solution of the matrix becomes a draft.

Replicas on a candidate are interchangeable, so any way of dealing its pods out to them is as good as any other.
On cells of many nodes the pods are packed first, the largest ones onto the fullest nodes that take them; a
replica for which that fails is left out, and the caller inserts it elsewhere.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from solver.domain.workload import Engine
from solver.formulation.variables import PodVariable, Variables
from solver.matching.candidates import Candidate
from solver.matching.draft import Draft, KeptReplica, NewPod, NewReplica, PodKey
from solver.matching.ledger import Ledger, Unit
from solver.matching.standing import Footing, Standing


def extract(variables: Variables, solution: Sequence[int], *, is_exact: bool) -> Draft:
    """The draft of *solution*; one that is not *exact* may break rules, and what does not fit is left out."""
    return _Extraction(variables, solution, is_exact=is_exact).draft()


@dataclass(frozen=True, slots=True)
class _Copy:
    """Nodes of one copy of an engine, by member."""

    nodes: tuple[tuple[int, ...], ...]


class _Extraction:
    def __init__(self, variables: Variables, solution: Sequence[int], *, is_exact: bool) -> None:
        self.is_exact = is_exact
        self.variables = variables
        self.scene = variables.scene
        self.solution = solution
        self.kept, self.evicted = self._standings()
        self.ledger = Ledger(
            self.scene.survey.options.special, [*self.scene.cells.fixed, *(s for s, _ in self.kept)]
        )
        self.nodes = self._pack()

    def draft(self) -> Draft:
        new = tuple(
            replica
            for index, candidate in enumerate(self.scene.candidates)
            for replica in self._replicas(index, candidate)
        )
        fixed = [KeptReplica(standing=standing, added={}) for standing in self.scene.cells.fixed]
        kept = [KeptReplica(standing=standing, added=added) for standing, added in self.kept]
        return Draft(kept=(*fixed, *kept), evicted=tuple(self.evicted), new=new)

    def _standings(self) -> tuple[list[tuple[Standing, dict[PodKey, int]]], list[Standing]]:
        kept: list[tuple[Standing, dict[PodKey, int]]] = []
        evicted: list[Standing] = []
        for movable, variable in zip(self.scene.cells.movable, self.variables.kept, strict=True):
            # Among equal victims the highest index goes.
            ordered = sorted(movable.standings, key=lambda standing: standing.replica.key)
            count = self.solution[variable]
            kept += [(standing, {}) for standing in ordered[:count]]
            evicted += ordered[count:]
        return kept, evicted

    def _pack(self) -> dict[int, list[int]]:
        """Nodes for the units that each variable counts, in canonical order."""
        nodes: dict[int, list[int]] = {}
        self._pack_added()
        packing: list[tuple[int, int, PodVariable, Unit]] = []
        for pod in self.variables.pods:
            count = self.solution[pod.variable]
            if count:
                packing.append((-_unit(pod).devices, pod.variable, pod, _unit(pod)))
        for _, variable, pod, unit in sorted(packing, key=lambda entry: entry[:2]):
            cell = self.scene.cells.cells[pod.cell]
            found = nodes.setdefault(variable, [])
            for _ in range(self.solution[variable]):
                node = self._fullest(cell.nodes, unit)
                if node is not None:
                    self.ledger.place(node, unit)
                    found.append(node)
        return nodes

    def _fullest(self, nodes: tuple[int, ...], unit: Unit) -> int | None:
        if len(nodes) == 1 and self.is_exact:
            return nodes[0]
        best: tuple[int, int] | None = None
        for node in nodes:
            if self.ledger.has_room(node, unit) and (best is None or (self.ledger.left(node), node) < best):
                best = (self.ledger.left(node), node)
        return None if best is None else best[1]

    def _pack_added(self) -> None:
        """Nodes for the pods that kept replicas still lack."""
        for added in self.variables.added:
            movable = self.scene.cells.movable[added.movable]
            keys = {standing.replica.key for standing in movable.standings}
            open_pods = [
                (nodes, (pod.engine, pod.copy, pod.role, pod.rank))
                for standing, nodes in self.kept
                if standing.replica.key in keys
                for pod in standing.pods
                if pod.footing is Footing.ADDED
                and (pod.engine, pod.copy, pod.role) == (added.engine, added.copy, added.role)
            ]
            unit = Unit(
                needs=added.group.needs,
                cpu_millicores=added.group.cpu_millicores,
                memory_bytes=added.group.memory_bytes,
                refused_as=added.group.refused_as,
            )
            for cell, variable in added.homes:
                for _ in range(self.solution[variable]):
                    node = self._fullest(self.scene.cells.cells[cell].nodes, unit)
                    if node is not None and open_pods:
                        self.ledger.place(node, unit)
                        nodes, key = open_pods.pop(0)
                        nodes[key] = node

    def _replicas(self, index: int, candidate: Candidate) -> Iterator[NewReplica]:
        count = self.variables.replicas[index].value(self.solution)
        if count == 0:
            return
        deployment = self.scene.problem.deployments[candidate.deployment]
        if candidate.is_one_node:
            variable = self._pods_by_candidate[index][0].variable
            for node in self.nodes.get(variable, []):
                pods = tuple(self._on_one_node(candidate, deployment.engines, node))
                yield NewReplica(deployment=deployment, cluster=candidate.cluster, pods=pods)
            return
        by_engine = [
            list(self._instances(index, candidate, position, engine))
            for position, engine in enumerate(deployment.engines)
        ]
        for instance in range(min(len(instances) for instances in by_engine)):
            pods = tuple(pod for instances in by_engine for pod in instances[instance])
            yield NewReplica(deployment=deployment, cluster=candidate.cluster, pods=pods)

    def _on_one_node(self, candidate: Candidate, engines: tuple[Engine, ...], node: int) -> Iterator[NewPod]:
        for engine, choices in zip(engines, candidate.engines, strict=True):
            for copy in range(engine.copies):
                for member, option in zip(engine.members, choices[0].options, strict=True):
                    for rank in range(member.pods_per_copy):
                        yield NewPod(
                            engine=engine.name,
                            copy=copy,
                            role=member.role,
                            rank=rank,
                            node=node,
                            option=option,
                        )

    def _instances(
        self, index: int, candidate: Candidate, position: int, engine: Engine
    ) -> Iterator[list[NewPod]]:
        """The engine's pods for one replica after another."""
        for option_index, option in enumerate(candidate.engines[position]):
            copies = self._copies(index, position, option_index, engine)
            for start in range(0, len(copies) - engine.copies + 1, engine.copies):
                pods = []
                for copy, placed in enumerate(copies[start : start + engine.copies]):
                    for member, chosen, nodes in zip(
                        engine.members, option.options, placed.nodes, strict=True
                    ):
                        pods += [
                            NewPod(
                                engine=engine.name,
                                copy=copy,
                                role=member.role,
                                rank=rank,
                                node=node,
                                option=chosen,
                            )
                            for rank, node in enumerate(nodes)
                        ]
                yield pods

    def _copies(self, index: int, position: int, option: int, engine: Engine) -> list[_Copy]:
        """Copies that can be completed from the nodes found, fabric by fabric."""
        copies: list[_Copy] = []
        mine = [
            pod
            for pod in self._pods_by_candidate.get(index, ())
            if pod.engine == position and pod.option == option
        ]
        for fabric in sorted({pod.fabric for pod in mine}):
            by_member: list[list[int]] = [[] for _ in engine.members]
            for pod in mine:
                if pod.fabric == fabric:
                    by_member[pod.member] += self.nodes.get(pod.variable, [])
            for nodes in by_member:
                nodes.sort(key=lambda node: (self.scene.inventory.places[node].clique or "", node))
            sizes = [member.pods_per_copy for member in engine.members]
            whole = min(len(nodes) // size for nodes, size in zip(by_member, sizes, strict=True))
            copies += [
                _Copy(
                    tuple(
                        tuple(nodes[copy * size : (copy + 1) * size])
                        for nodes, size in zip(by_member, sizes, strict=True)
                    )
                )
                for copy in range(whole)
            ]
        return copies

    @cached_property
    def _pods_by_candidate(self) -> dict[int, list[PodVariable]]:
        by_candidate: dict[int, list[PodVariable]] = {}
        for pod in self.variables.pods:
            by_candidate.setdefault(pod.candidate, []).append(pod)
        return by_candidate


def _unit(pod: PodVariable) -> Unit:
    group = pod.group
    return Unit(
        needs=group.needs,
        pods=group.pods_per_unit,
        cpu_millicores=group.cpu_millicores,
        memory_bytes=group.memory_bytes,
        refused_as=group.refused_as,
    )
