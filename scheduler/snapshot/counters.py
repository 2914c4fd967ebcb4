"""Counters that partitions share, what claims take of them, and whether a cluster gives partitions away."""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from scheduler.snapshot.findings import Findings, Origin
from scheduler.snapshot.holdings import DeviceName, Shares
from scheduler.snapshot.records import ClusterRecords, PublishedDevice, Slice
from solver.domain.device_terms import DeviceTerms
from solver.domain.fleet import Cluster
from solver.domain.identity import Driver
from solver.domain.kubernetes import Release, SchedulerFeatures
from solver.domain.quantity import Quantity
from solver.domain.resource_slice import CounterSet

CounterSetKey = tuple[str, str, str]
"""Driver, resource pool and counter set."""


class Home(NamedTuple):
    """The slice that shares a counter set, where it was read, and where in it the counter set stands."""

    slice: str
    origin: Origin
    path: str


def counter_sets(slices: Iterable[Slice]) -> Mapping[tuple[Driver, str], tuple[CounterSet, ...]]:
    """Counters by driver and resource pool, of the newest generation."""
    newest: dict[tuple[Driver, str], int] = {}
    sets: dict[tuple[Driver, str], list[CounterSet]] = {}
    for each in sorted(slices, key=lambda each: each.name):
        key = (each.driver, each.pool)
        if not each.shared_counters or each.generation < newest.get(key, 0):
            continue
        if each.generation > newest.get(key, 0):
            sets[key] = []
        newest[key] = each.generation
        sets.setdefault(key, []).extend(each.shared_counters)
    return {key: tuple(found) for key, found in sorted(sets.items())}


def counter_homes(slices: Iterable[Slice]) -> Mapping[CounterSetKey, Home]:
    """Where each counter set stands; one of an older generation gives way to that of a newer."""
    return {
        (each.driver, each.pool, counters.name): Home(each.name, each.origin, f"spec.sharedCounters[{at}]")
        for each in sorted(slices, key=lambda each: (each.generation, each.name))
        for at, counters in enumerate(each.shared_counters)
    }


def features_of(records: ClusterRecords) -> SchedulerFeatures:
    """The newest release among the kubelets: a control plane is never older than its nodes."""
    releases = [Release.of_kubelet(node.kubelet_version) for node in records.nodes.values()]
    known = [release for release in releases if release is not None]
    return SchedulerFeatures.default(max(known)) if known else SchedulerFeatures()


def added_up(shares: Iterable[Shares]) -> Mapping[str, Quantity]:
    """What several claims take of a device, by capacity name."""
    total: dict[str, Quantity] = {}
    for used in shares:
        for name, amount in used:
            total[name] = total[name].add(amount) if name in total else amount
    return total


class Drawn:
    """What devices that claims hold take of the counters of one cluster."""

    def __init__(self) -> None:
        self._taken: dict[tuple[str, str, str], dict[str, Quantity]] = {}
        #: The devices of which claims hold shares.
        self.shared: dict[DeviceName, PublishedDevice] = {}

    def take(self, driver: str, resource_pool: str, terms: DeviceTerms) -> None:
        """Count a device with *terms* that somebody holds, whole or in part."""
        for counter_set, amounts in terms.consumes:
            taken = self._taken.setdefault((driver, resource_pool, counter_set), {})
            for counter, amount in amounts:
                taken[counter] = taken[counter].add(amount) if counter in taken else amount

    def of(self, driver: str, resource_pool: str, counter_set: str) -> Mapping[str, Quantity]:
        """Amounts by counter."""
        return self._taken.get((driver, resource_pool, counter_set), {})


def report_overdrawn(
    found: Cluster, drawn: Drawn, homes: Mapping[CounterSetKey, Home], findings: Findings
) -> None:
    """One warning for each counter set that is below nothing: its resource pool gives no more parts away."""
    for (driver, pool), sets in found.counter_sets.items():
        for each in sets:
            taken = drawn.of(driver, pool, each.name)
            over = sorted(
                name for name, most in each.counters.items() if name in taken and taken[name] > most
            )
            if over:
                home = homes[driver, pool, each.name]
                findings.warning(
                    home.origin,
                    f"claims take {taken[over[0]]} of counter {each.name}/{over[0]} of resource pool"
                    f" {driver}/{pool}, expected at most {each.counters[over[0]]};"
                    " it gives no more parts away",
                    about=f"ResourceSlice {home.slice}",
                    path=f"{home.path}.counters[{over[0]}]",
                )
