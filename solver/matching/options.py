"""Which node pools and device classes can serve a member, and why the others cannot."""

from dataclasses import dataclass
from itertools import product

from solver.domain.claim import MOST_DEVICES_OF_A_CLAIM
from solver.domain.device_taint import DeviceTaint, tolerated
from solver.domain.explanation import PoolRejection, Reason
from solver.domain.identity import ClusterName, DeploymentKey, DeviceClassName, NodePoolKey
from solver.domain.workload import DeviceRequest, Engine, Member
from solver.matching.inventory import Inventory
from solver.matching.kinds import bits
from solver.matching.needs import ServedBy, exceeds_claim, least_devices, pod_needs
from solver.matching.node_fit import Need, claims_of, fits
from solver.matching.refusals import Refusals
from solver.matching.special_nodes import SpecialNodes
from solver.selectors.mismatch import mismatch


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
        self._of_pool: dict[tuple[Member, NodePoolKey], tuple[MemberOption, ...] | PoolRejection] = {}
        self._accepted: dict[tuple[DeviceRequest, ClusterName, DeviceClassName | None], int] = {}
        self._of_engine: dict[
            tuple[int, ClusterName], tuple[Engine, tuple[tuple[MemberOption, ...], ...]]
        ] = {}
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
        key = (request, cluster, device_class)
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

    def of_pool(self, member: Member, pool: NodePoolKey) -> tuple[MemberOption, ...] | PoolRejection:
        """The options of *member* in *pool*: one pod fits on some empty node of it; or the reason there are none.

        Two classes that give a request the same devices of the pool are one option, the first by name.
        """
        key = (member, pool)
        if key not in self._of_pool:
            self._of_pool[key] = self._work_out(member, pool)
        return self._of_pool[key]

    def of_cluster(self, member: Member, cluster: ClusterName) -> tuple[MemberOption, ...]:
        """The options of *member* on *cluster*.

        A member that could claim devices in some pool of the cluster is not left with Synthetic ones in another.
        """
        found: list[MemberOption] = []
        for pool in self.inventory.pools_of_cluster[cluster]:
            options = self.of_pool(member, pool)
            if not isinstance(options, PoolRejection):
                found += options
        if any(option.claims for option in found):
            found = [option for option in found if option.claims]
        return tuple(found)

    def of_engine(self, engine: Engine, cluster: ClusterName) -> tuple[tuple[MemberOption, ...], ...]:
        """Joint options of the members of *engine*: one of each, at least one of which claims a device."""
        # Asked thousands of times, and an engine is slow to hash: it is known by its identity, and held on to.
        key = (id(engine), cluster)
        if key not in self._of_engine:
            lists = [self.of_cluster(member, cluster) for member in engine.members]
            joint = tuple(joint for joint in product(*lists) if any(option.claims for option in joint))
            self._of_engine[key] = (engine, joint)
        return self._of_engine[key][1]

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

    def _work_out(self, member: Member, pool: NodePoolKey) -> tuple[MemberOption, ...] | PoolRejection:
        totals = self.totals(pool)
        if not totals:
            return ()
        present = 0
        for held in totals:
            present |= sum(1 << kind for kind in held)
        choices: list[list[tuple[ServedBy, ...]]] = []
        for request in member.requests:
            choices.append(self._ways(request, pool, present))
            if not choices[-1]:
                return self._not_matched(request, pool, present)
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
        return tuple(options) if options else self._too_few(member, pool, totals, choices)

    def _claim_fits(self, pool: NodePoolKey, needs: tuple[Need, ...]) -> bool:
        """Whether an empty node of *pool* could serve the claim among *needs*."""
        return not claims_of(needs) or any(
            self.special.fits_empty(node, needs) for node in self.special.distinct(pool)
        )

    def _ways(self, request: DeviceRequest, pool: NodePoolKey, present: int) -> list[tuple[ServedBy, ...]]:
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

    def _not_matched(self, request: DeviceRequest, pool: NodePoolKey, present: int) -> PoolRejection:
        return PoolRejection(
            node_pool=pool,
            reason=Reason.DEVICE_SELECTOR_NOT_MATCHED,
            detail=f"{request.name}: {self._why(request, pool, present)}",
        )

    def _why(self, request: DeviceRequest, pool: NodePoolKey, present: int) -> str:
        kinds = self.inventory.kinds
        if request.alternatives:
            return "; ".join(
                f"{query.name}: {self._why(query, pool, present)}" for query in request.alternatives
            )
        for text in request.selectors:
            if text in kinds.broken:
                return f"selector does not compile: {kinds.broken[text].message}"
        classes = self.classes(request, pool)
        if not classes and request.device_class is not None:
            return f"the cluster has no device class {request.device_class}"
        if not classes:
            return "the node pool's class declares no devices"
        if not present:
            return "no device of the node pool can be given away"
        nearest = self.nearest_miss(request, pool)
        if nearest is None and (taint := self._taint(request, pool, present)):
            return f"untolerated device taint {taint}"
        if nearest is None:
            names = ", ".join(str(name) for name in classes if name is not None)
            return f"no device belongs to device class {names}"
        text, kind = nearest
        selector = kinds.selector(text)
        return mismatch(selector, kinds.examples[kind]) if selector is not None else text

    def _taint(self, request: DeviceRequest, pool: NodePoolKey, present: int) -> DeviceTaint | None:
        """A taint that keeps a device from *request* which nothing else does."""
        kinds = self.inventory.kinds
        for name in self.classes(request, pool):
            for kind in bits(self.inventory.class_mask(pool.cluster, name) & present):
                for taint in kinds.terms[kind].taints:
                    if not tolerated((taint,), request.tolerations):
                        return taint
        return None

    def nearest_miss(self, request: DeviceRequest, pool: NodePoolKey) -> tuple[str, int] | None:
        """The first selector of *request* that the nearest kind in *pool* fails, and that kind; None if none does.

        Nearest is the kind that fails the fewest selectors, one whose driver they speak of before others.
        """
        present = 0
        for held in self.totals(pool):
            present |= sum(1 << kind for kind in held)
        in_class = 0
        for name in self.classes(request, pool):
            in_class |= self.inventory.class_mask(pool.cluster, name)
        return self._nearest(request, in_class & present)

    def _nearest(self, request: DeviceRequest, mask: int) -> tuple[str, int] | None:
        """The kind that satisfies the most selectors of *request*, and the first selector it fails."""
        best: tuple[tuple[int, int, int], str] | None = None
        for kind in bits(mask):
            failed = [
                text for text in request.selectors if not self.inventory.kinds.matching(text) >> kind & 1
            ]
            same_driver = self._same_driver(request, kind)
            key = (0 if same_driver else 1, len(failed), kind)
            if failed and (best is None or key < best[0]):
                best = (key, failed[0])
        return None if best is None else (best[1], best[0][2])

    def _same_driver(self, request: DeviceRequest, kind: int) -> bool:
        """Whether some selector of *request* speaks of the driver of *kind*; its near misses say most."""
        driver = self.inventory.kinds.examples[kind].driver
        return any(driver in text for text in request.selectors)

    def _too_few(
        self,
        member: Member,
        pool: NodePoolKey,
        totals: tuple[dict[int, int], ...],
        choices: list[list[tuple[ServedBy, ...]]],
    ) -> PoolRejection:
        parts = []
        for request in member.requests:
            mask = 0
            for name in self.classes(request, pool):
                mask |= self.accepted_by_any(request, pool.cluster, name)
            most = max((sum(n for k, n in held.items() if mask >> k & 1) for held in totals), default=0)
            if not request.alternatives and not mask & self.inventory.kinds.shared and most < request.count:
                parts.append(f"{request.name}: {request.count} requested, {most} on a node")
        detail = ", ".join(parts) or "the requests of one pod do not fit on a node together"
        least = min(least_devices(member, joint) for joint in product(*choices))
        if not parts and least > MOST_DEVICES_OF_A_CLAIM:
            detail = f"a claim holds at most {MOST_DEVICES_OF_A_CLAIM} devices, a pod requests {least}"
        return PoolRejection(node_pool=pool, reason=Reason.INSUFFICIENT_DEVICES, detail=detail)
