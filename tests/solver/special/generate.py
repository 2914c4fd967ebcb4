"""Tiny random problems of parts, shares, taints, constraints and alternatives; the same seed gives the same one."""

from collections.abc import Sequence
from dataclasses import replace
from random import Random

from solver.domain.claim import ClaimConstraint
from solver.domain.device_taint import DeviceTaint, DeviceToleration
from solver.domain.device_terms import DeviceTerms
from solver.domain.fleet import Fleet
from solver.domain.policy import Policy, Quota
from solver.domain.problem import Problem
from solver.domain.quantity import Quantity
from solver.domain.resource_slice import CounterSet, RequestPolicy
from solver.domain.workload import DeviceRequest, Engine, Member, ModelDeployment, Role
from solver.place import place
from tests.builders import GPU_CLASS, GPU_DRIVER, a_deployment, a_problem, an_engine
from tests.partitions import Published, a_published_fleet
from tests.solver.special.come_true import come_true

#: First slice and number of slices of the parts of a GPU of three slices.
PARTS = {"1g": ((0, 1), (1, 1), (2, 1)), "2g": ((0, 2), (1, 2))}
TAINT = DeviceTaint(key="sick", effect="NoSchedule")
TOLERATION = DeviceToleration(key="sick", operator="Exists")
PCIE_ROOT = "resource.kubernetes.io/pcieRoot"
MODES = ("parts", "parts", "shares", "plain", "mixed")
POLICIES = (
    None,
    None,
    RequestPolicy(
        minimum=Quantity.of(2), step=Quantity.of(2), maximum=Quantity.of(8), default=Quantity.of(2)
    ),
    RequestPolicy(valid_values=(Quantity.of(3), Quantity.of(4), Quantity.of(8)), default=Quantity.of(4)),
)


def generate(seed: int) -> Problem:
    """The problem of *seed*."""
    return from_random(Random(seed))  # noqa: S311


def from_random(random: Random) -> Problem:
    """A problem from *random*, for hypothesis, which can then make it smaller."""
    return _Generator(random).problem()


class _Generator:
    def __init__(self, random: Random) -> None:
        self.random = random
        self.mode = random.choice(MODES)
        self.number = 0

    def chance(self, share: float) -> bool:
        return self.random.random() < share

    def problem(self) -> Problem:
        fleet = self._fleet()
        deployments = [self._deployment(f"model-{i}") for i in range(self.random.choice((1, 2, 2, 3)))]
        problem = a_problem(fleet, deployments, policy=self._policy(deployments))
        if not self.chance(0.5):
            return problem
        before = [replace(d, priority=0) for d in deployments if self.chance(0.6)]
        ran = replace(problem, deployments=tuple(before), policy=Policy())
        after = come_true(ran, place(ran).plan)
        known = {d.key: replace(d, replicas=max(1, d.replicas - self.chance(0.2))) for d in before}
        newer = {d.key: replace(d, priority=self.random.choice((0, 1, 5, 5))) for d in deployments}
        return replace(problem, deployments=tuple({**newer, **known}.values()), replicas=after.replicas)

    # The fleet.

    def _fleet(self) -> Fleet:
        nodes = [self._node() for _ in range(self.random.choice((1, 2, 2, 3)))]
        if len(nodes) > 1 and self.chance(0.4):
            nodes[1] = nodes[0]
        counters = {f"slice-{number}": Quantity.of(1) for number in range(3)}
        counters["multiprocessors"] = Quantity.of(3)
        sets = [CounterSet(name=f"set-{number}", counters=counters) for number in range(2)]
        return a_published_fleet(*nodes, counters=sets)

    def _node(self) -> list[Published]:
        mode = self.random.choice(("parts", "shares", "plain")) if self.mode == "mixed" else self.mode
        devices: list[Published] = []
        if mode == "parts":
            for number in range(self.random.choice((0, 1, 1, 2))):
                devices += self._gpu(number)
        elif mode == "shares":
            devices = [self._shared(number) for number in range(self.random.choice((0, 1, 2)))]
        else:
            devices = [self._plain(number) for number in range(self.random.choice((0, 1, 2, 3, 4)))]
        if self.mode == "mixed" and self.chance(0.4):
            devices += [self._plain(9)]
        return devices

    def _gpu(self, number: int) -> list[Published]:
        found = [self._part(number, "gpu", 0, 3)]
        for profile, places in PARTS.items():
            if self.chance(0.85):
                found += [self._part(number, profile, first, count) for first, count in places]
        if self.chance(0.2):
            taken = self.random.randrange(len(found))
            found[taken] = replace(found[taken], in_use=True)
        if self.chance(0.15):
            tainted = self.random.randrange(len(found))
            terms = replace(found[tainted].terms, taints=(TAINT,))
            found[tainted] = replace(found[tainted], terms=terms)
        if self.chance(0.1):
            self.random.shuffle(found)
        return found

    def _part(self, number: int, profile: str, first: int, count: int) -> Published:
        amounts = [(f"slice-{at}", Quantity.of(1)) for at in range(first, first + count)]
        consumes = tuple(sorted([*amounts, ("multiprocessors", Quantity.of(count))]))
        return Published(
            name=f"gpu-{number}-{profile}-{first}",
            attributes={"model": profile, "parent": f"GPU-{number}"},
            terms=DeviceTerms(consumes=((f"set-{number}", consumes),)),
        )

    def _shared(self, number: int) -> Published:
        capacity = {"memory": self.random.choice(("8", "8", "4"))}
        policy = self.random.choice(POLICIES) if capacity["memory"] == "8" else None
        if self.chance(0.3):
            capacity["cores"] = "4"
        consumed = None
        if self.chance(0.25):
            consumed = {name: Quantity.of(self.random.choice((1, 2, 4))) for name in capacity}
        terms = DeviceTerms(
            is_shared=True,
            policies=() if policy is None else (("memory", policy),),
            taints=(TAINT,) if self.chance(0.1) else (),
        )
        return Published(
            name=f"share-{number}",
            attributes={"model": "share", "root": self.random.choice(("r0", "r1"))},
            capacity=capacity,
            terms=terms,
            consumed=consumed,
        )

    def _plain(self, number: int) -> Published:
        attributes: dict[str, str | int | bool] = {"model": self.random.choice("aab")}
        if self.chance(0.9):
            attributes["root"] = self.random.choice(("r0", "r1"))
        is_tainted = self.chance(0.15)
        return Published(
            name=f"plain-{number}",
            attributes=attributes,
            capacity={"memory": self.random.choice(("4", "8"))},
            terms=DeviceTerms(taints=(TAINT,)) if is_tainted else DeviceTerms(),
            in_use=self.chance(0.2),
        )

    # What is wanted.

    def _deployment(self, name: str) -> ModelDeployment:
        engine = self._engine()
        return a_deployment(
            self.random.choice((1, 1, 2, 3)) if not engine.is_gang else self.random.choice((1, 1, 2)),
            engine,
            name=name,
            priority=self.random.choice((0, 0, 0, 1, 5)),
        )

    def _engine(self) -> Engine:
        if self.chance(0.2):
            return an_engine(
                replace(self._member(), role=Role.LEADER), replace(self._member(), role=Role.WORKER)
            )
        return an_engine(self._member())

    def _member(self) -> Member:
        requests = [self._request(f"r{at}") for at in range(self.random.choice((1, 1, 1, 2)))]
        constraints: tuple[ClaimConstraint, ...] = ()
        if self.chance(0.25):
            root = f"{GPU_DRIVER}/{'parent' if self.mode == 'parts' else 'root'}"
            scope = tuple(each.name for each in requests) if self.chance(0.5) else ()
            if self.chance(0.65):
                constraints = (ClaimConstraint(requests=scope, match_attribute=root),)
            else:
                constraints = (ClaimConstraint(requests=scope, distinct_attribute=root),)
        return Member(requests=tuple(requests), constraints=constraints)

    def _request(self, name: str) -> DeviceRequest:
        if self.chance(0.2):
            queries = [self._query(f"a{at}") for at in range(self.random.choice((2, 2, 3)))]
            return DeviceRequest(name=name, alternatives=tuple(queries))
        query = self._query(name)
        # Admin access to parts and shares has a test of its own: it counts within its own claim.
        is_admin = self.mode == "plain" and self.chance(0.12)
        return replace(query, has_admin_access=True) if is_admin else query

    def _query(self, name: str) -> DeviceRequest:
        mode = self.random.choice(("parts", "shares", "plain")) if self.mode == "mixed" else self.mode
        model = self.random.choice(
            {
                "parts": ("gpu", "gpu", "1g", "1g", "1g", "2g", None),
                "shares": ("share", None),
                "plain": ("a", "b", None, None),
            }[mode]
        )
        capacity: tuple[tuple[str, Quantity], ...] = ()
        if mode == "shares" and self.chance(0.8):
            capacity = (("memory", Quantity.of(self.random.choice((1, 2, 3, 5)))),)
            if self.chance(0.15):
                capacity = (("cores", Quantity.of(1)), *capacity)
        may_take_all = mode == "plain" or (mode == "parts" and model in {"gpu", "1g"})
        at = f'device.attributes["{GPU_DRIVER}"]'
        takes_all = may_take_all and self.mode != "mixed" and self.chance(0.12)
        return DeviceRequest(
            name=name,
            count=1 if takes_all else self.random.choice((1, 1, 1, 2)),
            selectors=() if model is None else (f'{at}.model == "{model}"',),
            takes_all=takes_all,
            tolerations=(TOLERATION,) if self.chance(0.3) else (),
            capacity=capacity,
        )

    def _policy(self, deployments: Sequence[ModelDeployment]) -> Policy:
        members = [m for d in deployments for e in d.engines for m in e.members]
        takes_all = any(q.takes_all for m in members for r in m.requests for q in r.queries)
        if takes_all or not self.chance(0.15):
            return Policy()
        quota = Quota(namespace="ml-team", device_class=GPU_CLASS, devices=self.random.randint(1, 4))
        return Policy(quotas=(quota,))
