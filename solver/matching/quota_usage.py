"""Devices of each class that each namespace holds, against the quotas of the policy."""

from collections.abc import Mapping, Sequence

from solver.domain.identity import DeploymentKey
from solver.domain.workload import Engine, ModelDeployment
from solver.matching.draft import NewPod
from solver.matching.options import MemberOption
from solver.matching.standing import Footing, Standing, StandingPod
from solver.matching.survey import Survey


class QuotaUsage:
    """What namespaces hold while a plan is put together."""

    def __init__(self, survey: Survey) -> None:
        self._most: dict[tuple[str, str], int] = {
            (q.namespace, q.device_class): q.devices for q in survey.problem.policy.quotas
        }
        self._used: dict[tuple[str, str], int] = {}
        self._survey = survey
        self._claims: dict[tuple[DeploymentKey, str], int] = {}

    def keep(self, standing: Standing, *, sign: int = 1) -> None:
        """Count what *standing* claims; *sign* -1 counts it no longer."""
        for key, count in self._held(standing).items():
            self._used[key] = self._used.get(key, 0) + sign * count

    def fill(self, standing: Standing, pod: StandingPod, *, sign: int = 1) -> None:
        """Count a pod that a template adds, now that it has a place; *sign* -1 counts it no longer."""
        for key, count in _of_pod(standing, pod).items():
            self._used[key] = self._used.get(key, 0) + sign * count

    def allows_back(self, standing: Standing) -> bool:
        """Whether *standing*, which is not counted, would stay within every quota."""
        return self._allows(self._held(standing))

    def room(self, namespace: str) -> Mapping[str, int]:
        """Devices that *namespace* may still claim, by the classes that it has a quota for."""
        return {
            key[1]: most - self._used.get(key, 0) for key, most in self._most.items() if key[0] == namespace
        }

    def _held(self, standing: Standing) -> dict[tuple[str, str], int]:
        held: dict[tuple[str, str], int] = {}
        for pod in standing.pods:
            if pod.footing is not Footing.ADDED:
                for key, count in _of_pod(standing, pod).items():
                    held[key] = held.get(key, 0) + count
        return held

    def _allows(self, asked: Mapping[tuple[str, str], int]) -> bool:
        return all(
            self._used.get(key, 0) + count <= self._most[key]
            for key, count in asked.items()
            if key in self._most
        )

    def add(self, deployment: ModelDeployment, pods: Sequence[NewPod]) -> None:
        """Count what a new replica claims."""
        for key, count in self._asked(deployment, pods).items():
            self._used[key] = self._used.get(key, 0) + count

    def remove(self, deployment: ModelDeployment, pods: Sequence[NewPod]) -> None:
        """Count a new replica no longer."""
        for key, count in self._asked(deployment, pods).items():
            self._used[key] -= count

    def allows(self, deployment: ModelDeployment, pods: Sequence[NewPod]) -> bool:
        """Whether a new replica with *pods* would stay within every quota."""
        return self._allows(self._asked(deployment, pods))

    def refuses(self, deployment: ModelDeployment) -> bool:
        """Whether one more replica would pass a quota of its namespace wherever it went."""
        return any(
            self._used.get(key, 0) + self._least(deployment, key[1]) > most
            for key, most in self._most.items()
            if key[0] == deployment.key.namespace
        )

    def _least(self, deployment: ModelDeployment, device_class: str) -> int:
        """The fewest devices of *device_class* that a replica claims, over all its options."""
        key = (deployment.key, device_class)
        if key not in self._claims:
            totals = [
                sum(
                    min((_claimed(engine, joint, device_class) for joint in options), default=0)
                    for engine, options in (
                        (engine, self._survey.options.of_engine(engine, cluster))
                        for engine in deployment.engines
                    )
                )
                for cluster in self._survey.clusters_for(deployment)
            ]
            self._claims[key] = min(totals, default=0)
        return self._claims[key]

    def takes(self, standing: Standing, pod: StandingPod) -> bool:
        """Count a pod that a template adds, if it stays within every quota."""
        if not self._allows(_of_pod(standing, pod)):
            return False
        self.fill(standing, pod)
        return True

    def _asked(self, deployment: ModelDeployment, pods: Sequence[NewPod]) -> dict[tuple[str, str], int]:
        asked: dict[tuple[str, str], int] = {}
        for pod in pods:
            for name, need in zip(pod.option.classes, pod.option.needs, strict=True):
                if name is not None:
                    key = (deployment.key.namespace, name)
                    asked[key] = asked.get(key, 0) + need.devices
        return asked


def _of_pod(standing: Standing, pod: StandingPod) -> dict[tuple[str, str], int]:
    """Devices that a pod of *standing* claims, by namespace and class."""
    claimed: dict[tuple[str, str], int] = {}
    for name, need in zip(pod.classes, pod.needs, strict=True):
        if name is not None:
            key = (standing.replica.key.deployment.namespace, str(name))
            claimed[key] = claimed.get(key, 0) + need.devices
    return claimed


def _claimed(engine: Engine, joint: Sequence[MemberOption], device_class: str) -> int:
    """Devices of *device_class* that all pods of *engine* claim with these options of its members."""
    return sum(
        engine.copies * member.pods_per_copy * need.devices
        for member, option in zip(engine.members, joint, strict=True)
        for name, need in zip(option.classes, option.needs, strict=True)
        if name == device_class
    )
