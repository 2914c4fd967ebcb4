"""Why a node pool cannot serve a member: worked out only for those who ask."""

from dataclasses import replace
from itertools import product

from solver.domain.claim import MOST_DEVICES_OF_A_CLAIM
from solver.domain.device_taint import DeviceTaint, tolerated
from solver.domain.explanation import PoolRejection, Reason
from solver.domain.identity import NodePoolKey
from solver.domain.workload import DeviceRequest, Member
from solver.matching.kinds import bits
from solver.matching.needs import ServedBy, least_devices
from solver.matching.options import Options
from solver.selectors.mismatch import mismatch


class PoolRejections:
    """Rejections of node pools that have no option for a member."""

    def __init__(self, options: Options) -> None:
        self._options = options
        self._mismatches: dict[tuple[str, int], str] = {}
        #: By what members request and what pools are like: pools that are alike say the same.
        self._known: dict[tuple[int, int], PoolRejection | None] = {}

    def of(self, member: Member, pool: NodePoolKey) -> PoolRejection | None:
        """Why *pool* has no option for *member*; None if it has one, or has no nodes to look at."""
        if self._options.of_pool(member, pool):
            return None
        key = (self._options.kind(member), self._options.likeness(pool))
        if key not in self._known:
            self._known[key] = self._work_out(member, pool)
        found = self._known[key]
        return None if found is None else replace(found, node_pool=pool)

    def _work_out(self, member: Member, pool: NodePoolKey) -> PoolRejection | None:
        totals = self._options.totals(pool)
        if not totals:
            return None
        present = 0
        for held in totals:
            present |= sum(1 << kind for kind in held)
        choices: list[list[tuple[ServedBy, ...]]] = []
        for request in member.requests:
            choices.append(self._options.ways(request, pool, present))
            if not choices[-1]:
                return self._not_matched(request, pool, present)
        return self._too_few(member, pool, totals, choices)

    def _not_matched(self, request: DeviceRequest, pool: NodePoolKey, present: int) -> PoolRejection:
        return PoolRejection(
            node_pool=pool,
            reason=Reason.DEVICE_SELECTOR_NOT_MATCHED,
            detail=f"{request.name}: {self._why(request, pool, present)}",
        )

    def _why(self, request: DeviceRequest, pool: NodePoolKey, present: int) -> str:
        kinds = self._options.inventory.kinds
        if request.alternatives:
            return "; ".join(
                f"{query.name}: {self._why(query, pool, present)}" for query in request.alternatives
            )
        for text in request.selectors:
            if text in kinds.broken:
                return f"selector does not compile: {kinds.broken[text].message}"
        classes = self._options.classes(request, pool)
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
        return self._mismatch(*nearest)

    def _mismatch(self, text: str, kind: int) -> str:
        """Why the selector *text* fails devices of *kind*: asked again by every pool that has such devices."""
        if (text, kind) not in self._mismatches:
            kinds = self._options.inventory.kinds
            selector = kinds.selector(text)
            said = text if selector is None else mismatch(selector, kinds.examples[kind])
            self._mismatches[text, kind] = said
        return self._mismatches[text, kind]

    def _taint(self, request: DeviceRequest, pool: NodePoolKey, present: int) -> DeviceTaint | None:
        """A taint that keeps a device from *request* which nothing else does."""
        kinds = self._options.inventory.kinds
        for name in self._options.classes(request, pool):
            for kind in bits(self._options.inventory.class_mask(pool.cluster, name) & present):
                for taint in kinds.terms[kind].taints:
                    if not tolerated((taint,), request.tolerations):
                        return taint
        return None

    def nearest_miss(self, request: DeviceRequest, pool: NodePoolKey) -> tuple[str, int] | None:
        """The first selector of *request* that the nearest kind in *pool* fails, and that kind; None if none does.

        Nearest is the kind that fails the fewest selectors, one whose driver they speak of before others.
        """
        present = 0
        for held in self._options.totals(pool):
            present |= sum(1 << kind for kind in held)
        in_class = 0
        for name in self._options.classes(request, pool):
            in_class |= self._options.inventory.class_mask(pool.cluster, name)
        return self._nearest(request, in_class & present)

    def _nearest(self, request: DeviceRequest, mask: int) -> tuple[str, int] | None:
        """The kind that satisfies the most selectors of *request*, and the first selector it fails."""
        best: tuple[tuple[int, int, int], str] | None = None
        for kind in bits(mask):
            failed = [
                text
                for text in request.selectors
                if not self._options.inventory.kinds.matching(text) >> kind & 1
            ]
            same_driver = self._same_driver(request, kind)
            key = (0 if same_driver else 1, len(failed), kind)
            if failed and (best is None or key < best[0]):
                best = (key, failed[0])
        return None if best is None else (best[1], best[0][2])

    def _same_driver(self, request: DeviceRequest, kind: int) -> bool:
        """Whether some selector of *request* speaks of the driver of *kind*; its near misses say most."""
        driver = self._options.inventory.kinds.examples[kind].driver
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
            for name in self._options.classes(request, pool):
                mask |= self._options.accepted_by_any(request, pool.cluster, name)
            most = max((sum(n for k, n in held.items() if mask >> k & 1) for held in totals), default=0)
            if (
                not request.alternatives
                and not mask & self._options.inventory.kinds.shared
                and most < request.count
            ):
                parts.append(f"{request.name}: {request.count} requested, {most} on a node")
        detail = ", ".join(parts) or "the requests of one pod do not fit on a node together"
        least = min(least_devices(member, joint) for joint in product(*choices))
        if not parts and least > MOST_DEVICES_OF_A_CLAIM:
            detail = f"a claim holds at most {MOST_DEVICES_OF_A_CLAIM} devices, a pod requests {least}"
        return PoolRejection(node_pool=pool, reason=Reason.INSUFFICIENT_DEVICES, detail=detail)
