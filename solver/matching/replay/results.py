"""What the claims of a pod are given, and the nodes from which it can be reached."""

from collections.abc import Iterable, Sequence

from solver.domain.claim import AllocatedDevice, Allocation
from solver.domain.node_selector import NAME_FIELD, NodeRequirement, NodeSelector
from solver.matching.replay.draft import Choice
from solver.matching.replay.scene import Scene


def allocations(choices: Sequence[Sequence[Choice]], scene: Scene) -> tuple[Allocation, ...]:
    """An allocation for each claim, devices in the order in which they were chosen."""
    return tuple(
        Allocation(
            devices=tuple(_allocated(choice) for choice in chosen),
            node_selector=_node_selector(chosen, scene),
        )
        for chosen in choices
    )


def _allocated(choice: Choice) -> AllocatedDevice:
    return AllocatedDevice(
        request=choice.ask.name,
        device=choice.slot.id,
        has_admin_access=choice.ask.is_admin,
        consumed=choice.consumed,
    )


def _node_selector(chosen: Iterable[Choice], scene: Scene) -> NodeSelector | None:
    """The one node if a device is local to it or binds to it; otherwise what all of the devices ask for."""
    expressions: list[NodeRequirement] = []
    fields: list[NodeRequirement] = []
    for choice in chosen:
        slot = choice.slot
        scope = slot.published.scope if slot.own.scope.per_device else slot.own.scope
        binds = slot.published.binds_to_node and scene.behaviour.knows_sharing
        if binds or (scope is not None and scope.node is not None):
            only = NodeRequirement(key=NAME_FIELD, operator="In", values=(scene.stage.node,))
            return NodeSelector(fields=(only,))
        if scope is not None and scope.selector is not None:
            _add(scope.selector.expressions, expressions)
            _add(scope.selector.fields, fields)
    if not expressions and not fields:
        return None
    return NodeSelector(expressions=tuple(expressions), fields=tuple(fields))


def _add(requirements: Iterable[NodeRequirement], known: list[NodeRequirement]) -> None:
    for new in requirements:
        if not any(_is_alike(new, old) for old in known):
            known.append(new)


def _is_alike(new: NodeRequirement, old: NodeRequirement) -> bool:
    return (new.key, new.operator, set(new.values)) == (old.key, old.operator, set(old.values))
