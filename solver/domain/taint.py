"""Taints and tolerations, with the meaning that Kubernetes gives them."""

from dataclasses import dataclass
from enum import StrEnum


class TaintEffect(StrEnum):
    """What an untolerated taint does."""

    NO_SCHEDULE = "NoSchedule"
    """Nothing new."""
    NO_EXECUTE = "NoExecute"
    """Nothing new, and what runs must leave."""


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Taint:
    """Repels whatever does not tolerate it; prints as Kubernetes writes it."""

    key: str
    effect: TaintEffect
    value: str = ""

    def __str__(self) -> str:
        return f"{self.key}={self.value}:{self.effect}" if self.value else f"{self.key}:{self.effect}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Toleration:
    """Tolerates taints; no key: every one, no effect: any effect, no value: key alone (operator Exists)."""

    key: str | None = None
    #: None is the operator Exists.
    value: str | None = None
    effect: TaintEffect | None = None

    def tolerates(self, taint: Taint) -> bool:
        """Whether *taint* does not repel who has this toleration."""
        if self.effect is not None and self.effect is not taint.effect:
            return False
        if not self.key:
            return self.value is None
        return self.key == taint.key and self.value in (None, taint.value)


def untolerated(
    taints: tuple[Taint, ...], tolerations: tuple[Toleration, ...], effects: tuple[TaintEffect, ...]
) -> tuple[Taint, ...]:
    """The *taints* with one of *effects* that no toleration covers, in order."""
    return tuple(
        taint
        for taint in taints
        if taint.effect in effects and not any(toleration.tolerates(taint) for toleration in tolerations)
    )
