"""The shapes of a fleet, worked out once for all deployments with equal requests and serving, and kept."""

import numpy as np

from solver.domain.identity import ClusterName, NodePoolKey
from solver.domain.workload import ModelDeployment
from solver.live.nodes import Ints, Mask, NodeArrays
from solver.live.shape import Area, Shape
from solver.live.shape_builder import ShapeBuilder, zoning
from solver.matching.options import MemberOption
from solver.matching.survey import Survey


class Shapes:
    """The shapes of a survey, by what they depend on."""

    def __init__(self, survey: Survey, nodes: NodeArrays) -> None:
        self._survey = survey
        self._nodes = nodes
        self._known: dict[object, Shape] = {}
        self._of: dict[int, tuple[ModelDeployment, Shape]] = {}
        self._takes_new: dict[NodePoolKey, Ints] = {}
        self._prices: dict[object, Ints] = {}
        self._distinct: dict[NodePoolKey, tuple[Ints, Ints]] = {}
        self._eligible: dict[tuple[ClusterName, ...], Mask] = {}
        #: Areas by the pools of the types and what they depend on besides.
        self.grounds: dict[object, tuple[Area, ...]] = {}

    def of(self, deployment: ModelDeployment) -> Shape:
        """The shape of *deployment*."""
        known = self._of.get(id(deployment))
        if known is None:
            kind = self._kind(deployment)
            if kind not in self._known:
                self._known[kind] = ShapeBuilder(self, self._survey, self._nodes, deployment, kind).build()
            # The deployment is held on to, so that no other one gets its identity.
            known = self._of[id(deployment)] = (deployment, self._known[kind])
        return known[1]

    def _kind(self, deployment: ModelDeployment) -> object:
        """Equal for deployments with one shape: all that counts but CPU, memory and the clusters they select."""
        options = self._survey.options
        amounts: dict[tuple[int, int], int] = {}
        return (
            tuple(
                (
                    engine.copies,
                    tuple(
                        (
                            options.kind(member),
                            member.pods_per_copy,
                            amounts.setdefault((member.cpu_millicores, member.memory_bytes), len(amounts)),
                        )
                        for member in engine.members
                    ),
                )
                for engine in deployment.engines
            ),
            deployment.serving_mode,
            zoning(deployment),
            self._survey.refusals.only.get(deployment.key),
        )

    def eligible(self, deployment: ModelDeployment) -> Mask:
        """By cluster, whether it takes new replicas of *deployment*."""
        clusters = self._survey.clusters_for(deployment)
        if clusters not in self._eligible:
            found = np.zeros(len(self._nodes.cluster_numbers), dtype=np.bool_)
            found[[self._nodes.cluster_numbers[name] for name in clusters]] = True
            self._eligible[clusters] = found
        return self._eligible[clusters]

    def takes_new(self, pool: NodePoolKey) -> Ints:
        """Nodes of *pool* that take new pods."""
        if pool not in self._takes_new:
            inventory = self._survey.inventory
            found = [node for node in inventory.nodes_of_pool[pool] if inventory.takes_new(node)]
            self._takes_new[pool] = np.array(found, dtype=np.int64)
        return self._takes_new[pool]

    def prices(self, option: MemberOption, nodes: Ints) -> Ints:
        """What a pod served by *option* costs on each of *nodes*, which are of its pool and take new pods."""
        all_nodes = self.takes_new(option.pool)
        found: Ints = self._price_of(option)[np.searchsorted(all_nodes, nodes)]
        return found

    def _price_of(self, option: MemberOption) -> Ints:
        key = (option.pool, option.needs, option.classes)
        if key not in self._prices:
            if option.pool not in self._distinct:
                # Prices differ only between nodes that have different devices.
                totals = self._survey.kinds.total[self.takes_new(option.pool)]
                _, first, like = np.unique(totals, axis=0, return_index=True, return_inverse=True)
                self._distinct[option.pool] = first, like.reshape(-1)
            first, like = self._distinct[option.pool]
            examples = self.takes_new(option.pool)[first].tolist()
            price = self._survey.prices.of_pod
            found = [price(node, option.needs, option.classes) for node in examples]
            self._prices[key] = np.array(found, dtype=np.int64)[like]
        return self._prices[key]
