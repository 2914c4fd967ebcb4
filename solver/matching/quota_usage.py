"""Devices of each class that each namespace holds, against the quotas of the policy."""

from collections.abc import Sequence

from solver.domain.workload import ModelDeployment
from solver.matching.draft import NewPod
from solver.matching.scene import Survey
from solver.matching.standing import Footing, Standing, StandingPod


class QuotaUsage:
    """What namespaces hold while a plan is put together."""

    def __init__(self, survey: Survey) -> None:
        self._most: dict[tuple[str, str], int] = {
            (q.namespace, q.device_class): q.devices for q in survey.problem.policy.quotas
        }
        self._used: dict[tuple[str, str], int] = {}

    def keep(self, standing: Standing) -> None:
        """Count what *standing* claims."""
        for pod in standing.pods:
            if pod.footing is Footing.ADDED:
                continue
            for name, need in zip(pod.classes, pod.needs, strict=True):
                if name is not None:
                    key = (standing.replica.key.deployment.namespace, name)
                    self._used[key] = self._used.get(key, 0) + need.devices

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
        return all(
            self._used.get(key, 0) + count <= self._most[key]
            for key, count in self._asked(deployment, pods).items()
            if key in self._most
        )

    def takes(self, standing: Standing, pod: StandingPod) -> bool:
        """Count a pod that a template adds, if it stays within every quota."""
        asked: dict[tuple[str, str], int] = {}
        namespace = standing.replica.key.deployment.namespace
        for name, need in zip(pod.classes, pod.needs, strict=True):
            if name is not None:
                asked[(namespace, name)] = asked.get((namespace, name), 0) + need.devices
        within = all(
            used + count <= self._most.get(key, used + count)
            for key, count in asked.items()
            for used in (self._used.get(key, 0),)
        )
        if not within:
            return False
        for key, count in asked.items():
            self._used[key] = self._used.get(key, 0) + count
        return True

    def _asked(self, deployment: ModelDeployment, pods: Sequence[NewPod]) -> dict[tuple[str, str], int]:
        asked: dict[tuple[str, str], int] = {}
        for pod in pods:
            for name, need in zip(pod.option.classes, pod.option.needs, strict=True):
                if name is not None:
                    key = (deployment.key.namespace, name)
                    asked[key] = asked.get(key, 0) + need.devices
        return asked
