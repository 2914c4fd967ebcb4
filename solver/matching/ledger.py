"""What is left on each node while a plan is put together, exact on devices and node resources.

Nodes in the same state answer alike, so an answer is worked out once for each state. Where pods have claims
that are more than counts, counts are looked at first, and the exact device fit has the last word.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from solver.domain.identity import ClusterName
from solver.matching.node_fit import Need, claims_of, fits
from solver.matching.node_grouping import Consumed, Held
from solver.matching.pod_claim import PodClaim
from solver.matching.refusals import Pods
from solver.matching.special_nodes import SpecialNodes, counted
from solver.matching.standing import Standing, StandingPod, resources_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Unit:
    """Pods that go to one node together."""

    needs: tuple[Need, ...]
    pods: int = 1
    cpu_millicores: int = 0
    memory_bytes: int = 0
    #: Those of its pods of which allocators have refused some.
    refused_as: Pods = ()

    @property
    def devices(self) -> int:
        """Devices that it needs."""
        return sum(need.count for need in self.needs)


def pods_as(number: int, count: int = 1) -> Pods:
    """*count* pods of the member with this *number* among the refused ones; 0 is none of them."""
    return ((number, count),) if number else ()


@dataclass(slots=True)
class _Claims:
    """What the exact device fit has to know of the pods on a node."""

    claims: Counter[PodClaim] = field(default_factory=Counter)
    #: Whole devices by accepted kinds, of requests that no claim covers.
    whole: dict[int, int] = field(default_factory=dict)
    rows: set[int] = field(default_factory=set)
    shares: list[tuple[int, Consumed]] = field(default_factory=list)

    def charge(self, needs: Iterable[Need], sign: int) -> None:
        for claim in claims_of(needs):
            self.claims[claim] += sign
        for accepts, count in counted(needs).items():
            self.whole[accepts] = self.whole.get(accepts, 0) + sign * count

    def hold(self, pod: StandingPod, sign: int) -> None:
        if sign > 0:
            self.rows.update(pod.rows)
            self.shares.extend(pod.shares)
            return
        self.rows.difference_update(pod.rows)
        for share in pod.shares:
            self.shares.remove(share)

    def state(self) -> object:
        return (
            tuple(sorted((str(claim), count) for claim, count in self.claims.items() if count)),
            tuple(sorted((accepts, count) for accepts, count in self.whole.items() if count)),
            self.held(),
        )

    def held(self) -> Held:
        return Held(rows=tuple(sorted(self.rows)), shares=tuple(sorted(self.shares, key=str)))


class Ledger:
    """Free devices, needs already placed, and node resources, by node."""

    def __init__(self, special: SpecialNodes, standings: Iterable[Standing] = ()) -> None:
        self._special = special
        self._inventory = special.inventory
        self._free: dict[int, dict[int, int]] = {}
        self._needs: dict[int, dict[int, int]] = {}
        self._left: dict[int, list[int] | None] = {}
        #: Needs that only devices which nodes share can serve, and such devices that are held, by cluster.
        self._shared_needs: dict[ClusterName, dict[int, int]] = {}
        self._shared_held: dict[ClusterName, dict[int, int]] = {}
        self._networked = special.inventory.kinds.networked
        #: Only where some claim of the problem is more than counts.
        self._claims: dict[int, _Claims] = {}
        #: New pods of refused members, only on nodes whose allocators refused some.
        self._new: dict[int, Counter[int]] = {}
        self._state: dict[int, int] = {}
        self._states: dict[object, int] = {}
        self._devices_state: dict[int, int] = {}
        self._devices_states: dict[object, int] = {}
        self._devices_known: dict[object, dict[int, bool]] = {}
        self._left_for: dict[tuple[int, int], int] = {}
        self._left_in: dict[int, int] = {}
        self._known: dict[Unit, dict[int, bool]] = {}
        for standing in standings:
            for pod in standing.pods:
                self.occupy(standing, pod)

    def occupy(self, standing: Standing, pod: StandingPod, *, sign: int = 1) -> None:
        """Take what an observed pod has; *sign* -1 gives it back."""
        if pod.node is None:
            return
        free = self._of(pod.node)
        if pod.held is not None:
            for kind, count in pod.held:
                free[kind] = free.get(kind, 0) - sign * count
            self._hold_shared(pod.node, pod.held, sign)
            if self._special.is_needed:
                self._claims[pod.node].hold(pod, sign)
        else:
            self._charge(pod.node, pod.needs, sign)
        cpu, memory = resources_of(standing, pod)
        self._spend(pod.node, 1, cpu, memory, sign)

    def hold(self, pod: StandingPod) -> None:
        """Take the devices that the claims of *pod* hold, and nothing else."""
        if pod.node is None or pod.held is None:
            return
        free = self._of(pod.node)
        for kind, count in pod.held:
            free[kind] = free.get(kind, 0) - count
        self._hold_shared(pod.node, pod.held, 1)
        if self._special.is_needed:
            self._claims[pod.node].hold(pod, 1)
        self._forget_state(pod.node)

    def place(self, node: int, unit: Unit, *, sign: int = 1) -> None:
        """Put *unit* on *node* (it is not asked whether it fits); *sign* -1 takes it off again."""
        self._of(node)
        if unit.refused_as and node in self._special.refused:
            new = self._new.setdefault(node, Counter())
            for member, count in unit.refused_as:
                new[member] += sign * count
        self._charge(node, unit.needs, sign)
        self._spend(node, unit.pods, unit.cpu_millicores, unit.memory_bytes, sign)

    def returns(self, standing: Standing) -> bool:
        """Take what *standing* had, if all of it is still to be had; otherwise nothing is taken."""
        pods = [pod for pod in standing.pods if pod.node is not None]
        for pod in pods:
            self.occupy(standing, pod)
        if all(self._holds(pod.node) for pod in pods if pod.node is not None):
            return True
        for pod in pods:
            self.occupy(standing, pod, sign=-1)
        return False

    def _holds(self, node: int) -> bool:
        left = self._left[node]
        return self._fits(node, Unit(needs=(), pods=0)) and (left is None or min(left) >= 0)

    def has_room(self, node: int, unit: Unit) -> bool:
        """Whether *unit* fits on *node* beside all that is there."""
        return bool(self.with_room((node,), unit))

    def with_room(self, nodes: Iterable[int], unit: Unit) -> list[int]:
        """Those of *nodes* on which *unit* fits beside all that is there."""
        if self.takes_shared(unit):
            # What nodes share changes with what happens on other nodes.
            return [node for node in nodes if self._fits(node, unit)]
        known = self._known.setdefault(unit, {})
        found = []
        for node in nodes:
            state = self._state.get(node)
            if state is None:
                state = self.state(node)
            fits_here = known.get(state)
            if fits_here is None:
                fits_here = known[state] = self._fits(node, unit)
            if fits_here:
                found.append(node)
        return found

    def left(self, node: int) -> int:
        """Devices of *node* that nobody holds or needs."""
        state = self.state(node)
        if state not in self._left_in:
            self._left_in[state] = sum(self._free[node].values()) - sum(self._needs[node].values())
        return self._left_in[state]

    def left_for(self, node: int, accepts: int) -> int:
        """Devices of the kinds in *accepts* on *node* that nobody holds, less what could only come from them."""
        key = (self.devices_state(node), accepts)
        if key not in self._left_for:
            held = self._of(node)
            present = sum(1 << kind for kind in held)
            free = sum(count for kind, count in held.items() if accepts >> kind & 1)
            only = (n for mask, n in self._needs[node].items() if mask & present & ~accepts == 0)
            self._left_for[key] = free - sum(only)
        return self._left_for[key]

    def _fits(self, node: int, unit: Unit) -> bool:
        self._of(node)
        left = self._left[node]
        if left is not None:
            asked = (unit.pods, unit.cpu_millicores, unit.memory_bytes)
            # What is not asked for is not refused, even where others took too much of it.
            if any(want > have for want, have in zip(asked, left, strict=True) if want):
                return False
        if self.takes_shared(unit):
            return self.devices_fit(node, unit)
        # Deployments differ in CPU and memory more often than in devices, and so do nodes.
        known = self._devices_known.setdefault((unit.needs, unit.refused_as), {})
        state = self.devices_state(node)
        if state not in known:
            known[state] = self.devices_fit(node, unit)
        return known[state]

    def devices_fit(self, node: int, unit: Unit) -> bool:
        """Whether the devices for *unit* are there; CPU, memory and pod slots are not looked at."""
        free = self._of(node)
        merged = dict(self._needs[node])
        for need in unit.needs:
            merged[need.accepts] = merged.get(need.accepts, 0) + need.count
        needs = [Need(accepts, count) for accepts, count in merged.items()]
        if min(free.values(), default=0) < 0 or not fits(needs, free):
            return False
        if not self._shared_fits(node, unit) or self.refusal(node, unit) is not None:
            return False
        return not self._special.is_needed or self.claims_fit(node, unit.needs)

    def refusal(self, node: int, unit: Unit) -> str | None:
        """What the allocator of *node* is known to have against *unit* beside the new pods that are there."""
        if not unit.refused_as or node not in self._special.refused:
            return None
        pods = Counter(self._new.get(node, Counter()))
        own = dict(unit.refused_as)
        pods.update(own)
        for combination in self._special.refused[node]:
            if combination.is_in(pods) and any(member in own for member, _ in combination.pods):
                return combination.message
        return None

    def claims_fit(self, node: int, needs: Sequence[Need] = ()) -> bool:
        """Whether the claims on *node*, and those among *needs*, can be served; counts are not looked at."""
        self._of(node)
        guests = self._claims[node]
        claims = [*guests.claims.elements(), *claims_of(needs)]
        if not claims:
            return True
        whole = dict(guests.whole)
        for accepts, count in counted(needs).items():
            whole[accepts] = whole.get(accepts, 0) + count
        return self._special.fits(node, guests.held(), claims, whole)

    def _cluster(self, node: int) -> ClusterName:
        return self._inventory.fleet.nodes[node].key.cluster

    def _hold_shared(self, node: int, held: Iterable[tuple[int, int]], sign: int) -> None:
        for kind, count in held if self._networked else ():
            if self._networked >> kind & 1:
                taken = self._shared_held.setdefault(self._cluster(node), {})
                taken[kind] = taken.get(kind, 0) + sign * count

    def takes_shared(self, unit: Unit) -> bool:
        """Whether *unit* takes devices that nodes share."""
        return bool(self._networked) and any(need.accepts & self._networked for need in unit.needs)

    def _shared_fits(self, node: int, unit: Unit) -> bool:
        """Whether the cluster has enough of the devices that its nodes share."""
        own = [need for need in unit.needs if need.count and need.accepts & ~self._networked == 0]
        if not self._networked or not own:
            return True
        cluster = self._cluster(node)
        wanted = dict(self._shared_needs.get(cluster, {}))
        for need in own:
            wanted[need.accepts] = wanted.get(need.accepts, 0) + need.count
        taken = self._shared_held.get(cluster, {})
        left = {
            kind: count - taken.get(kind, 0) for kind, count in self._inventory.networked(cluster).items()
        }
        return fits([Need(accepts, count) for accepts, count in wanted.items()], left)

    def _of(self, node: int) -> dict[int, int]:
        if node not in self._free:
            row = self._inventory.kinds.free[node]
            self._free[node] = {int(kind): int(row[kind]) for kind in row.nonzero()[0]}
            self._needs[node] = {}
            free = self._inventory.fleet.nodes[node].free
            self._left[node] = None if free is None else [free.pods, free.cpu_millicores, free.memory_bytes]
            if self._special.is_needed:
                self._claims[node] = _Claims()
        return self._free[node]

    def _charge(self, node: int, needs: Sequence[Need], sign: int) -> None:
        placed = self._needs[node]
        for need in needs:
            if need.count:
                placed[need.accepts] = placed.get(need.accepts, 0) + sign * need.count
                if placed[need.accepts] == 0:
                    del placed[need.accepts]
        if self._networked:
            shared = self._shared_needs.setdefault(self._cluster(node), {})
            for need in needs:
                if need.count and need.accepts & ~self._networked == 0:
                    shared[need.accepts] = shared.get(need.accepts, 0) + sign * need.count
        if self._special.is_needed:
            self._claims[node].charge(needs, sign)
        self._forget_state(node)

    def _spend(self, node: int, pods: int, cpu: int, memory: int, sign: int) -> None:
        left = self._left[node]
        if left is not None:
            for position, amount in enumerate((pods, cpu, memory)):
                left[position] -= sign * amount
        self._forget_state(node)

    def _forget_state(self, node: int) -> None:
        self._state.pop(node, None)
        self._devices_state.pop(node, None)

    def state(self, node: int) -> int:
        """Equal for nodes that have the same left, in everything that fitting looks at."""
        if node not in self._state:
            devices = self.devices_state(node)
            left = self._left[node]
            key = (devices, None if left is None else tuple(left))
            self._state[node] = self._states.setdefault(key, len(self._states))
        return self._state[node]

    def devices_state(self, node: int) -> int:
        """Equal for nodes that have the same devices left, whatever CPU, memory and pod slots are."""
        if node not in self._devices_state:
            self._of(node)
            key = (
                tuple(sorted(self._free[node].items())),
                tuple(sorted(self._needs[node].items())),
                (self._special.state(node), self._claims[node].state()) if self._special.is_needed else None,
                self._refused_state(node),
            )
            self._devices_state[node] = self._devices_states.setdefault(key, len(self._devices_states))
        return self._devices_state[node]

    def resources_left(self, node: int) -> tuple[int, int, int] | None:
        """Pod slots, milli-cores and bytes of memory that nobody has; None: the node publishes none."""
        self._of(node)
        left = self._left[node]
        return None if left is None else (left[0], left[1], left[2])

    def _refused_state(self, node: int) -> object:
        if node not in self._special.refused:
            return None
        new = self._new.get(node, Counter())
        return (self._special.refused[node], tuple(sorted((m, n) for m, n in new.items() if n)))
