"""Why something is not placed, and what would help, to messages."""

from modelplane.scheduler.v1 import explanation_pb2

from scheduler.wire.texts import text, texts
from solver.domain.explanation import Conflict, Fix, Rejection


def rejection_message(rejection: Rejection) -> explanation_pb2.Rejection:
    """The message that carries *rejection*."""
    return explanation_pb2.Rejection(
        namespace=rejection.deployment.namespace,
        deployment=rejection.deployment.name,
        node_pools=rejection.node_pools,
        rejected=(
            explanation_pb2.NodePoolRejection(
                cluster=each.node_pool.cluster,
                node_pool=each.node_pool.name,
                reason=each.reason.value,
                detail=text(each.detail),
            )
            for each in rejection.rejected
        ),
        general=texts(rejection.general),
    )


def conflict_message(conflict: Conflict) -> explanation_pb2.Conflict:
    """The message that carries *conflict*."""
    return explanation_pb2.Conflict(
        namespace=conflict.deployment.namespace,
        deployment=conflict.deployment.name,
        members=(
            explanation_pb2.ConflictMember(
                reason=member.reason.value, subject=text(member.subject), sentence=text(member.sentence)
            )
            for member in conflict.members
        ),
        minimal=conflict.is_minimal,
    )


def fix_message(fix: Fix) -> explanation_pb2.Fix:
    """The message that carries *fix*."""
    return explanation_pb2.Fix(
        namespace=fix.deployment.namespace,
        deployment=fix.deployment.name,
        change=fix.change,
        subject=text(fix.subject),
        sentence=text(fix.sentence),
    )
