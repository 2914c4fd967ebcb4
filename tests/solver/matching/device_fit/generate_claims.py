"""Random claims, and the names that they and random devices share."""

from random import Random

from solver.domain.claim import Claim, ClaimConstraint, ClaimRequest, DeviceQuery
from solver.domain.device_taint import DeviceToleration
from solver.domain.identity import Driver
from solver.domain.kubernetes import Gate, SchedulerFeatures
from solver.domain.quantity import Quantity

DRIVERS = (Driver("gpu.example.com"), Driver("nic.example.com"))
ATTRIBUTES = ("model", "numa", "healthy", "build")
ROOT = "resource.kubernetes.io/pcieRoot"


def amount(value: int) -> Quantity:
    return Quantity.of(value)


class ClaimGenerator:
    """Draws claims from *random*."""

    def __init__(self, random: Random) -> None:
        self._random = random

    def _chance(self, probability: float) -> bool:
        return self._random.random() < probability

    def claim(self, number: int, features: SchedulerFeatures) -> Claim:
        requests = []
        for index in range(self._random.choice((1, 1, 2, 3))):
            name = f"r{index}"
            if features.has(Gate.PRIORITIZED_LIST) and self._chance(0.3):
                subs = tuple(
                    self._query(f"s{sub}", features, may_be_admin=False)
                    for sub in range(self._random.choice((1, 2, 2, 3)))
                )
                requests.append(ClaimRequest(name=name, first_available=subs))
            else:
                exactly = self._query(name, features, may_be_admin=True)
                requests.append(ClaimRequest(name=name, exactly=exactly))
        constraints = tuple(
            self._constraint(requests, features) for _ in range(self._random.choice((0, 0, 0, 1, 1, 2)))
        )
        return Claim(name=f"c{number}", requests=tuple(requests), constraints=constraints)

    def _query(self, name: str, features: SchedulerFeatures, *, may_be_admin: bool) -> DeviceQuery:
        random = self._random
        device_class = random.choice(("gpu", "nic", "any"))
        domain = {"gpu": DRIVERS[0], "nic": DRIVERS[1]}.get(device_class, DRIVERS[0])
        selectors = (
            f'device.attributes["{domain}"].model == "A"',
            f'has(device.attributes["{domain}"].model) && device.attributes["{domain}"].model == "B"',
            f'device.attributes["{domain}"].numa == 0',
            f'device.capacity["{domain}"].mem.compareTo(quantity("8")) >= 0',
        )
        is_all = self._chance(0.08)
        capacity = None
        if features.has(Gate.CONSUMABLE_CAPACITY) and self._chance(0.3):
            capacity = {n: amount(random.choice((1, 2, 3, 5, 8))) for n in ("mem", "bw") if self._chance(0.6)}
        admin = None
        if may_be_admin and features.has(Gate.ADMIN_ACCESS) and self._chance(0.2):
            admin = self._chance(0.9)
        return DeviceQuery(
            name=name,
            device_class=device_class,
            selectors=tuple(text for text in selectors if self._chance(0.06)),
            allocation_mode="All" if is_all else "ExactCount",
            count=random.choice((1, 1, 1, 1, 2, 2, 3)),
            admin_access=admin,
            tolerations=(DeviceToleration(key="k", operator="Exists"),) if self._chance(0.3) else (),
            capacity=capacity,
        )

    def _constraint(self, requests: list[ClaimRequest], features: SchedulerFeatures) -> ClaimConstraint:
        names = [request.name for request in requests]
        names += [f"{request.name}/{sub.name}" for request in requests for sub in request.first_available]
        scope = tuple(name for name in names if self._chance(0.6)) if self._chance(0.5) else ()
        short = self._random.choice(ATTRIBUTES)
        attribute = self._random.choice((ROOT, f"{self._random.choice(DRIVERS)}/{short}"))
        if features.has(Gate.CONSUMABLE_CAPACITY) and self._chance(0.4):
            return ClaimConstraint(requests=scope, distinct_attribute=attribute)
        return ClaimConstraint(requests=scope, match_attribute=attribute)
