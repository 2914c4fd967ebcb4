"""Devices of each class that each namespace may still claim."""

from collections.abc import Mapping

from solver.matching.survey import Survey


class QuotaRoom:
    """Quotas of the policy against what is claimed."""

    def __init__(self, survey: Survey) -> None:
        self._most: dict[str, dict[str, int]] = {}
        for quota in survey.problem.policy.quotas:
            self._most.setdefault(quota.namespace, {})[quota.device_class] = quota.devices
        self._used: dict[str, dict[str, int]] = {}

    def claim(self, namespace: str, claimed: Mapping[str, int], *, sign: int = 1) -> None:
        """Count devices by class; *sign* -1 counts them no longer."""
        used = self._used.setdefault(namespace, {})
        for name, count in claimed.items():
            used[name] = used.get(name, 0) + sign * count

    def room(self, namespace: str) -> Mapping[str, int]:
        """Devices that *namespace* may still claim, by the classes that it has a quota for."""
        used = self._used.get(namespace, {})
        return {name: most - used.get(name, 0) for name, most in self._most.get(namespace, {}).items()}
