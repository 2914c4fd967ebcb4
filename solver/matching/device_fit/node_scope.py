"""The nodes from which all devices of an allocation can be reached."""

from collections.abc import Sequence

from solver.domain.kubernetes import Gate, SchedulerFeatures
from solver.domain.node_selector import NAME_FIELD, NodeRequirement, NodeSelector
from solver.matching.device_fit.offered import OfferedDevice


def node_selector(
    node: str, devices: Sequence[OfferedDevice], features: SchedulerFeatures
) -> NodeSelector | None:
    """Only *node* if a device is local to it or is bound to it, else what all devices require; None: nothing."""
    binds = features.has(Gate.BINDING_CONDITIONS)
    if any(each.scope.node is not None or (binds and each.device.binds_to_node) for each in devices):
        return NodeSelector(fields=(NodeRequirement(key=NAME_FIELD, operator="In", values=(node,)),))
    selectors = [each.scope.selector for each in devices if each.scope.selector is not None]
    if not selectors:
        return None
    return NodeSelector(
        expressions=tuple(dict.fromkeys(each for selector in selectors for each in selector.expressions)),
        fields=tuple(dict.fromkeys(each for selector in selectors for each in selector.fields)),
    )
