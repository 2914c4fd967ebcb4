"""Tolerations, of cluster taints by a deployment and of device taints by a device request."""

from typing import Literal, Self

from pydantic import StrictStr, model_validator

from scheduler.api.base import ApiModel, rule_broken


class Toleration(ApiModel):
    """A taint that does not keep away; without effect it is meant for every effect."""

    key: StrictStr | None = None
    operator: Literal["Exists", "Equal"] = "Equal"
    value: StrictStr | None = None
    effect: Literal["NoSchedule", "NoExecute"] | None = None

    @model_validator(mode="after")
    def _operator_fits(self) -> Self:
        if self.operator == "Equal" and not self.key:
            raise rule_broken(at=".key", found="nothing", expected="a key with operator Equal")
        if self.operator == "Exists" and self.value is not None:
            raise rule_broken(at=".value", found=repr(self.value), expected="none with operator Exists")
        return self
