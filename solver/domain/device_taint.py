"""Taints of devices and what tolerates them, as the device allocator reads them.

Effects and operators stay texts: an effect that this release does not know repels nothing, an operator that
it does not know tolerates nothing.
"""

from dataclasses import dataclass

#: Effects that keep a device from requests which do not tolerate it.
REPELLING = ("NoSchedule", "NoExecute")


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class DeviceTaint:
    """A taint that a driver, or a DeviceTaintRule, puts on a device."""

    key: str
    effect: str
    value: str = ""

    @property
    def repels(self) -> bool:
        """Whether a request has to tolerate it."""
        return self.effect in REPELLING

    def __str__(self) -> str:
        return f"{self.key}={self.value}:{self.effect}" if self.value else f"{self.key}:{self.effect}"


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class DeviceToleration:
    """Tolerates device taints; an empty key or effect stands for every one."""

    key: str = ""
    operator: str = "Equal"
    value: str = ""
    effect: str = ""

    def tolerates(self, taint: DeviceTaint) -> bool:
        """Whether *taint* does not repel a request with this toleration."""
        if self.effect not in ("", taint.effect) or self.key not in ("", taint.key):
            return False
        return self.operator == "Exists" or (self.operator == "Equal" and self.value == taint.value)


def tolerated(taints: tuple[DeviceTaint, ...], tolerations: tuple[DeviceToleration, ...]) -> bool:
    """Whether every one of *taints* that repels is tolerated."""
    return all(any(each.tolerates(taint) for each in tolerations) for taint in taints if taint.repels)
