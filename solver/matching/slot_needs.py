"""What a slot of a plan needs of its node, read back from the plan and the templates."""

from collections.abc import Mapping

from solver.domain.identity import DeviceClassName, NodePoolKey
from solver.domain.plan import Create, Keep, Slot
from solver.domain.workload import Member
from solver.matching.node_fit import Need
from solver.matching.survey import Survey

Needs = tuple[tuple[Need, ...], tuple[DeviceClassName | None, ...]]


def slot_needs(survey: Survey, replica: Keep | Create, slot: Slot) -> Needs:
    """The needs of the slot's pod, one for each request, and the class that serves each.

    A kept pod is charged what ``observed`` found; a new one what its template and the slot's classes say.

    Raises:
        KeyError: the slot belongs to no engine, or a request of its member is missing from its devices.
    """
    if isinstance(replica, Keep):
        pod = survey.standing_pods[replica.replica][(slot.engine, slot.copy, slot.role, slot.rank)]
        return pod.needs, pod.classes
    classes = {devices.request.partition("/")[0]: devices.device_class for devices in slot.devices}
    key = (replica.replica.deployment, slot.engine, slot.role, slot.node_pool, tuple(classes.items()))
    if key not in survey.known_needs:
        survey.known_needs[key] = _of_new(survey, member_of(survey, replica, slot), slot.node_pool, classes)
    return survey.known_needs[key]


def _of_new(
    survey: Survey, member: Member, pool: NodePoolKey, classes: Mapping[str, DeviceClassName | None]
) -> Needs:
    chosen = tuple(classes[request.name] for request in member.requests)
    for option in survey.options.of_pool(member, pool):
        if option.classes == chosen:
            return option.needs, chosen
    needs = tuple(
        Need(survey.options.accepted_by_any(request, pool.cluster, name), request.count)
        for request, name in zip(member.requests, chosen, strict=True)
    )
    return needs, chosen


def member_of(survey: Survey, replica: Keep | Create, slot: Slot) -> Member:
    """The member of the current template that *slot* belongs to.

    Raises:
        KeyError: there is none.
    """
    deployment = survey.deployments[replica.replica.deployment]
    for engine in deployment.engines:
        for member in engine.members:
            if engine.name == slot.engine and member.role is slot.role:
                return member
    raise KeyError(f"{deployment.key} has no engine {slot.engine} with a {slot.role}")
