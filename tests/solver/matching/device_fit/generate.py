"""Random problems of one node, small enough for brute force, with every feature in them somewhere."""

from random import Random

from solver.domain.allocation_problem import AllocationProblem
from solver.domain.claim import AllocatedState
from solver.domain.device import Device, QualifiedName, Scalar, VersionText
from solver.domain.device_taint import DeviceTaint
from solver.domain.fleet import DeviceClass
from solver.domain.identity import DeviceClassName, Driver
from solver.domain.kubernetes import Gate, Release, SchedulerFeatures
from solver.domain.node_selector import NodeRequirement, NodeSelector
from solver.domain.quantity import Quantity
from solver.domain.resource_slice import (
    CounterSet,
    CounterUse,
    DeviceId,
    NodeScope,
    RequestPolicy,
    ResourceSlice,
    SliceDevice,
)
from tests.solver.matching.device_fit.generate_claims import DRIVERS, ROOT, ClaimGenerator, amount

HERE = NodeScope(node="n1")
ELSEWHERE = NodeScope(node="n2")


class Generator(ClaimGenerator):
    """Draws problems from *random*."""

    def features(self) -> SchedulerFeatures:
        # In the order of their declaration: that of a set of texts differs from run to run.
        gates = [gate for gate in Gate if gate is not Gate.LIST_ATTRIBUTES]
        if self._chance(0.2):
            gates = [gate for gate in gates if self._chance(0.6)]
        release = self._random.choice((Release.V1_35, Release.V1_36))
        return SchedulerFeatures(release=release, gates=frozenset(gates))

    def problem(self, features: SchedulerFeatures) -> AllocationProblem:
        slices: list[ResourceSlice] = []
        for driver in DRIVERS:
            for pool in self._random.choice((("n1",), ("n1", "extra"), ("n1",))):
                slices.extend(self._pool(driver, pool))
        claims = tuple(self.claim(number, features) for number in range(self._random.choice((1, 1, 2, 3))))
        return AllocationProblem(
            node="n1",
            labels={"zone": "a"},
            claims=claims,
            slices=tuple(slices),
            classes={
                name: DeviceClass(name=DeviceClassName(name), selectors=selectors)
                for name, selectors in {
                    "gpu": ('device.driver == "gpu.example.com"',),
                    "nic": ('device.driver == "nic.example.com"',),
                    "any": (),
                }.items()
            },
            allocated=self._allocated(slices),
        )

    def _pool(self, driver: Driver, pool: str) -> list[ResourceSlice]:
        counters = tuple(
            CounterSet(
                name=name,
                counters={
                    "m": amount(self._random.choice((8, 16))),
                    "k": amount(self._random.choice((1, 4))),
                },
            )
            for name in ("cs", "cs2")[: self._random.choice((0, 1, 1, 2))]
        )
        shape = self._random.choice((HERE, HERE, HERE, "selector", "all", "each"))
        halves: list[list[SliceDevice]] = [[], []]
        for number in range(self._random.randint(2, 4)):
            half = int(self._chance(0.2))
            halves[half].append(self._device(driver, f"d{number}", counters, per_device=shape == "each"))
        if self._chance(0.03) and len(halves[0]) > 1:
            halves[1].append(halves[0][0])
        parts: list[tuple[tuple[SliceDevice, ...], tuple[CounterSet, ...]]] = [
            (tuple(half), ()) for half in halves if half
        ]
        if counters:
            parts.append(((), counters))
        count = len(parts) + self._chance(0.02) - self._chance(0.01)
        generation = self._random.choice((1, 2))
        slices = []
        for number, (devices, sets) in enumerate(parts):
            scope = self._scope(shape)
            if devices and number and self._chance(0.2):
                scope = ELSEWHERE if not scope.per_device else scope
            slices.append(
                ResourceSlice(
                    name=f"{driver}-{pool}-{number}",
                    driver=driver,
                    pool=pool,
                    generation=generation,
                    slice_count=count,
                    scope=scope,
                    devices=devices,
                    shared_counters=sets,
                )
            )
        if self._chance(0.1):
            old = self._device(driver, "old", (), per_device=False)
            slices.append(
                ResourceSlice(
                    name=f"{driver}-{pool}-other",
                    driver=driver,
                    pool=pool,
                    generation=self._random.choice((1, 2, 3)),
                    slice_count=count,
                    scope=self._random.choice((HERE, ELSEWHERE)),
                    devices=(old,),
                )
            )
        return slices

    def _scope(self, shape: object) -> NodeScope:
        match shape:
            case NodeScope():
                return shape
            case "selector":
                zone = "a" if self._chance(0.8) else "b"
                requirement = NodeRequirement(key="zone", operator="In", values=(zone,))
                return NodeScope(selector=NodeSelector(expressions=(requirement,)))
            case "all":
                return NodeScope(all_nodes=True)
            case _:
                return NodeScope(per_device=True)

    def _device(
        self, driver: Driver, name: str, counters: tuple[CounterSet, ...], *, per_device: bool
    ) -> SliceDevice:
        random = self._random
        attributes: dict[QualifiedName, Scalar] = {}
        values: dict[str, tuple[Scalar, ...]] = {
            "model": ("A", "A", "B"),
            "numa": (0, 1),
            "healthy": (True, True, 1),
            "build": (VersionText("1.0.0"), VersionText("1.0.0+a"), "1.0.0"),
            ROOT: ("p0", "p1"),
        }
        for key, choices in values.items():
            if self._chance(0.9):
                attributes[QualifiedName.parse(key, driver)] = random.choice(choices)
        capacity = {n: amount(random.choice((4, 8, 16))) for n in ("mem", "bw") if self._chance(0.6)}
        is_shared = self._chance(0.3)
        uses = tuple(
            CounterUse(
                counter_set=each.name,
                counters={c: amount(random.choice((0, 1, 4, 8))) for c in each.counters if self._chance(0.7)},
            )
            for each in counters
            if self._chance(0.5)
        )
        if uses and self._chance(0.02):
            uses = (*uses, CounterUse(counter_set="unknown", counters={"m": amount(1)}))
        return SliceDevice(
            device=Device(
                name=name,
                driver=driver,
                attributes=attributes,
                capacity={QualifiedName.parse(key, driver): value for key, value in capacity.items()},
                allow_multiple_allocations=is_shared,
                malformed="unreadable" if self._chance(0.02) else None,
            ),
            capacity=capacity,
            policies={key: self._policy() for key in capacity if self._chance(0.4)},
            consumes=uses,
            scope=random.choice((HERE, HERE, ELSEWHERE, NodeScope(all_nodes=True))) if per_device else None,
            taints=self._taints(),
            binding_conditions=("ready",) if self._chance(0.1) else (),
        )

    def _taints(self) -> tuple[DeviceTaint, ...]:
        if not self._chance(0.15):
            return ()
        effect = self._random.choice(("NoSchedule", "NoExecute", "None"))
        return (DeviceTaint(key=self._random.choice("kl"), value="v", effect=effect),)

    def _policy(self) -> RequestPolicy:
        match self._random.randrange(3):
            case 0:
                return RequestPolicy(default=amount(2))
            case 1:
                return RequestPolicy(default=amount(2), valid_values=(amount(2), amount(4)))
            case _:
                return RequestPolicy(
                    default=amount(1),
                    minimum=amount(1),
                    maximum=amount(8) if self._chance(0.5) else None,
                    step=amount(3) if self._chance(0.5) else None,
                )

    def _allocated(self, slices: list[ResourceSlice]) -> AllocatedState:
        whole, shared = set(), set()
        consumed: dict[DeviceId, dict[str, Quantity]] = {}
        for each in slices:
            for device in each.devices:
                at = DeviceId(each.driver, each.pool, device.name)
                if self._chance(0.08):
                    whole.add(at)
                elif (device.is_shared and self._chance(0.4)) or self._chance(0.01):
                    shared.add(at)
                    consumed[at] = {
                        n: amount(self._random.choice((1, 2, 4)))
                        for n in device.capacity
                        if self._chance(0.8)
                    }
        return AllocatedState(devices=frozenset(whole), shared=frozenset(shared), consumed=consumed)


def generate(random: Random) -> tuple[AllocationProblem, SchedulerFeatures]:
    """A problem and the scheduler that it is put to."""
    generator = Generator(random)
    features = generator.features()
    return generator.problem(features), features
