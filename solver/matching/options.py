"""Which node pools and device classes can serve a member, and why the others cannot."""

from dataclasses import dataclass, replace
from itertools import product

from solver.domain.identity import ClusterName, DeploymentKey, DeviceClassName, NodePoolKey
from solver.domain.workload import DeviceRequest, Engine, Member
from solver.matching.inventory import Inventory
from solver.matching.needs import ServedBy, exceeds_claim, pod_needs
from solver.matching.node_fit import Need, claims_of, fits
from solver.matching.refusals import Refusals
from solver.matching.special_nodes import SpecialNodes


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberOption:
    """A node pool for all pods of a member, and one device class for each of its requests."""

    pool: NodePoolKey
    #: None: served by a Synthetic entry, nothing is claimed.
    classes: tuple[DeviceClassName | None, ...]
    needs: tuple[Need, ...]
    #: Set if allocators have refused pods of the member: its number among those.
    refused_as: int = 0

    @property
    def claims(self) -> bool:
        """Whether a pod would have a ResourceClaim."""
        return any(name is not None for name in self.classes)

    @property
    def devices(self) -> int:
        """Devices that one pod claims."""
        pairs = zip(self.needs, self.classes, strict=True)
        return sum(need.devices for need, name in pairs if name is not None)


class Options:
    """Member options, worked out once for each distinct (requests, node pool)."""

    def __init__(
        self,
        inventory: Inventory,
        special: SpecialNodes,
        refusals: Refusals | None = None,
    ) -> None:
        """Options on *inventory*; *refusals* say what allocators of nodes had against pods of a member."""
        self.inventory = inventory
        self.refusals = refusals if refusals is not None else Refusals()
        self.special = special
        self._numbers: dict[int, tuple[object, int]] = {}
        self._kinds: dict[int, tuple[Member, int]] = {}
        self._numbered: dict[object, int] = {}
        self._likenesses: dict[NodePoolKey, int] = {}
        self._likes: dict[object, int] = {}
        self._of_like_pool: dict[tuple[int, int], tuple[MemberOption, ...]] = {}
        self._of_pool: dict[tuple[int, NodePoolKey], tuple[MemberOption, ...]] = {}
        self._of_cluster: dict[tuple[int, ClusterName], tuple[MemberOption, ...]] = {}
        self._of_engine: dict[tuple[tuple[int, ...], ClusterName], tuple[tuple[MemberOption, ...], ...]] = {}
        self._accepted: dict[tuple[int, ClusterName, DeviceClassName | None], int] = {}
        self._totals: dict[NodePoolKey, tuple[dict[int, int], ...]] = {}

    def may_host(self, node: int, deployment: DeploymentKey, member: Member) -> bool:
        """Whether nothing is known of the node's allocator that speaks against every pod of *member*."""
        return self.refusals.may_host(node, deployment, member)

    def may_hosts(self, nodes: list[int], deployment: DeploymentKey, member: Member) -> list[int]:
        """Those of *nodes* that :meth:`may_host` a pod of *member*."""
        if not self.refusals.members:
            return nodes
        return [node for node in nodes if self.may_host(node, deployment, member)]

    def accepted(
        self, request: DeviceRequest, cluster: ClusterName, device_class: DeviceClassName | None
    ) -> int:
        """Kinds on *cluster* that *request* (or an alternative of one) may be served from in *device_class*."""
        if request.device_class is not None and device_class != request.device_class:
            return 0
        key = (self.number(request), cluster, device_class)
        if key not in self._accepted:
            mask = self._matching(request, cluster, device_class)
            mask &= self.inventory.kinds.tolerated(request.tolerations)
            networked = self.inventory.kinds.networked
            # Whoever can be served by devices of nodes leaves those that nodes share to others.
            own = mask & ~networked
            self._accepted[key] = own if own & self.inventory.present(cluster) else mask
        return self._accepted[key]

    def served_by(
        self,
        query: DeviceRequest,
        alternative: int,
        cluster: ClusterName,
        device_class: DeviceClassName | None,
        accepts: int,
    ) -> ServedBy:
        """*query* served from the kinds in *accepts* of *device_class*."""
        forbids = 0
        if query.takes_all:
            forbids = self._matching(query, cluster, device_class) & ~accepts & self.inventory.kinds.tainted
        return ServedBy(alternative=alternative, device_class=device_class, accepts=accepts, forbids=forbids)

    def _matching(
        self, request: DeviceRequest, cluster: ClusterName, device_class: DeviceClassName | None
    ) -> int:
        mask = self.inventory.class_mask(cluster, device_class)
        for text in request.selectors:
            mask &= self.inventory.kinds.matching(text)
        return mask

    def accepted_by_any(
        self, request: DeviceRequest, cluster: ClusterName, device_class: DeviceClassName | None
    ) -> int:
        """Kinds that some alternative of *request* may be served from."""
        mask = 0
        for query in request.queries:
            mask |= self.accepted(query, cluster, device_class)
        return mask

    def class_of(self, query: DeviceRequest, pool: NodePoolKey) -> DeviceClassName | None:
        """The first class of *pool* that has a device for *query*, None if there is none."""
        present = sum(1 << kind for kind in self.most(pool))
        for name in self.classes(query, pool):
            if name is not None and self.accepted(query, pool.cluster, name) & present:
                return name
        return None

    def classes(self, request: DeviceRequest, pool: NodePoolKey) -> tuple[DeviceClassName | None, ...]:
        """The classes that may serve *request* (or an alternative of one) in *pool*."""
        if request.device_class is None:
            return self.inventory.classes(pool)
        known = self.inventory.clusters[pool.cluster].device_classes
        named = self.inventory.classes(pool)
        return (
            (request.device_class,) if request.device_class in known or request.device_class in named else ()
        )

    def of_pool(self, member: Member, pool: NodePoolKey) -> tuple[MemberOption, ...]:
        """The options of *member* in *pool*: one pod fits on some empty node of it; ``PoolRejections`` says why not.

        Two classes that give a request the same devices of the pool are one option, the first by name.
        """
        key = (self.kind(member), pool)
        if key not in self._of_pool:
            like = (key[0], self.likeness(pool))
            if like not in self._of_like_pool:
                self._of_like_pool[like] = self._work_out(member, pool)
            found = self._of_like_pool[like]
            is_own = not found or found[0].pool == pool
            self._of_pool[key] = found if is_own else tuple(replace(option, pool=pool) for option in found)
        return self._of_pool[key]

    def kind(self, member: Member) -> int:
        """Equal for members with equal options: CPU and memory are no part of what they claim."""
        known = self._kinds.get(id(member))
        if known is None:
            asked = (member.requests, member.constraints, self.refusals.number(member))
            known = (member, self._numbered.setdefault(asked, len(self._numbered)))
            self._kinds[id(member)] = known
        return known[1]

    def number(self, thing: Member | DeviceRequest) -> int:
        """Equal for equal things: what deployments say is slow to hash, and asked about thousands of times."""
        known = self._numbers.get(id(thing))
        if known is None:
            # The thing is held on to, so that no other one gets its identity.
            known = (thing, self._numbered.setdefault(thing, len(self._numbered)))
            self._numbers[id(thing)] = known
        return known[1]

    def likeness(self, pool: NodePoolKey) -> int:
        """Equal for node pools that serve every member alike."""
        if pool not in self._likenesses:
            inventory = self.inventory
            known = inventory.clusters[pool.cluster].device_classes
            names = (*known, *(name for name in inventory.classes(pool) if name not in known))
            key = (
                tuple(tuple(sorted(held.items())) for held in self.totals(pool)),
                inventory.classes(pool),
                tuple(known),
                tuple((name, inventory.class_mask(pool.cluster, name)) for name in names),
                # Whether devices of nodes come before those that nodes share depends on the cluster.
                pool.cluster if inventory.kinds.networked else None,
                tuple(map(self.special.state, self.special.distinct(pool))) if self.special.is_needed else (),
            )
            self._likenesses[pool] = self._likes.setdefault(key, len(self._likes))
        return self._likenesses[pool]

    def of_cluster(self, member: Member, cluster: ClusterName) -> tuple[MemberOption, ...]:
        """The options of *member* on *cluster*.

        A member that could claim devices in some pool of the cluster is not left with Synthetic ones in another.
        """
        key = (self.kind(member), cluster)
        if key not in self._of_cluster:
            pools = self.inventory.pools_of_cluster[cluster]
            found = [option for pool in pools for option in self.of_pool(member, pool)]
            if any(option.claims for option in found):
                found = [option for option in found if option.claims]
            self._of_cluster[key] = tuple(found)
        return self._of_cluster[key]

    def of_engine(self, engine: Engine, cluster: ClusterName) -> tuple[tuple[MemberOption, ...], ...]:
        """Joint options of the members of *engine*: one of each, at least one of which claims a device."""
        key = (tuple(map(self.kind, engine.members)), cluster)
        if key not in self._of_engine:
            lists = [self.of_cluster(member, cluster) for member in engine.members]
            self._of_engine[key] = tuple(
                joint for joint in product(*lists) if any(option.claims for option in joint)
            )
        return self._of_engine[key]

    def totals(self, pool: NodePoolKey) -> tuple[dict[int, int], ...]:
        """The distinct sets of devices that nodes of *pool* have, in use or not."""
        if pool not in self._totals:
            rows = {
                tuple(int(n) for n in self.inventory.kinds.total[node])
                for node in self.inventory.nodes_of_pool[pool]
            }
            self._totals[pool] = tuple(
                {kind: count for kind, count in enumerate(row) if count} for row in sorted(rows)
            )
        return self._totals[pool]

    def most(self, pool: NodePoolKey) -> dict[int, int]:
        """Devices of each kind that a node of *pool* has at the most."""
        most: dict[int, int] = {}
        for held in self.totals(pool):
            for kind, count in held.items():
                most[kind] = max(count, most.get(kind, 0))
        return most

    def _work_out(self, member: Member, pool: NodePoolKey) -> tuple[MemberOption, ...]:
        totals = self.totals(pool)
        if not totals:
            return ()
        present = 0
        for held in totals:
            present |= sum(1 << kind for kind in held)
        choices: list[list[tuple[ServedBy, ...]]] = []
        for request in member.requests:
            choices.append(self.ways(request, pool, present))
            if not choices[-1]:
                return ()
        most = self.most(pool)
        options = []
        for joint in product(*choices):
            if exceeds_claim(member, joint):
                continue
            needs = pod_needs(member, joint, self.inventory.kinds, most)
            if any(fits(needs, held) for held in totals) and self._claim_fits(pool, needs):
                classes = tuple(ways[0].device_class for ways in joint)
                refused_as = self.refusals.number(member)
                options.append(MemberOption(pool=pool, classes=classes, needs=needs, refused_as=refused_as))
        return tuple(options)

    def _claim_fits(self, pool: NodePoolKey, needs: tuple[Need, ...]) -> bool:
        """Whether an empty node of *pool* could serve the claim among *needs*."""
        return not claims_of(needs) or any(
            self.special.fits_empty(node, needs) for node in self.special.distinct(pool)
        )

    def ways(self, request: DeviceRequest, pool: NodePoolKey, present: int) -> list[tuple[ServedBy, ...]]:
        """The ways to serve *request*: one for each class of its own, or one with all of its alternatives."""
        if not request.alternatives:
            choices: list[tuple[ServedBy, ...]] = []
            for name in self.classes(request, pool):
                mask = self.accepted(request, pool.cluster, name)
                if mask & present and all(mask & present != ways[0].accepts & present for ways in choices):
                    choices.append((self.served_by(request, 0, pool.cluster, name, mask),))
            return choices
        served = []
        for position, query in enumerate(request.alternatives):
            name = self.class_of(query, pool)
            if name is not None:
                mask = self.accepted(query, pool.cluster, name)
                served.append(self.served_by(query, position, pool.cluster, name, mask))
        return [tuple(served)] if served else []
