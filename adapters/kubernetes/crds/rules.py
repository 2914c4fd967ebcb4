"""The rules that a schema alone cannot say, in the CEL of the API server.

Each stands under the model, or the validator of a field, that says the same in Python. A rule sees
defaults filled in. Its message is what a user reads: what is expected, and where it matters of what.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from scheduler.api.base import MODELPLANE_GROUP
from scheduler.api.device_constraint import DeviceConstraint
from scheduler.api.device_query import DeviceQuery
from scheduler.api.device_request import DeviceRequest, ReplicaDeviceRequest
from scheduler.api.engine import MemberBase
from scheduler.api.inference_class import AttributeValue, ClassDevice, Provisioning
from scheduler.api.inference_cluster import ClusterSource, ClusterSpec, Fabric
from scheduler.api.inference_gateway import GatewaySpec, Traefik
from scheduler.api.labels import LABEL_KEY_PATTERNS, check_annotations, check_labels
from scheduler.api.model_cache import CacheSpec
from scheduler.api.model_deployment import Engine, NodeSelector, ReplicaSpec
from scheduler.api.model_replica import PlacedReplicaSpec, ReplicaEngine, ReplicaMember
from scheduler.api.placement_policy import PlacementPolicy
from scheduler.api.pod_template import check_engine_name
from scheduler.api.toleration import Toleration


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A CEL expression over ``self`` that holds for every valid object, and what is said where it does not."""

    expression: str
    message: str


def _block_rules(choice: str, blocks: Mapping[str, str]) -> tuple[Rule, ...]:
    return tuple(
        Rule(
            expression=f"!has(self.{choice}) || self.{choice} != '{value}' || has(self.{block})",
            message=f"expected the block {block} when {choice} is {value}",
        )
        for value, block in blocks.items()
    )


_CLOUDS = {cloud: cloud.lower() for cloud in ("GKE", "EKS", "AKS", "Nebius", "Vultr")}

_ROLES = Rule(
    expression=(
        "self.members.all(m, m.role == 'Standalone') ? self.members.size() == 1 : "
        "self.members.exists_one(m, m.role == 'Leader') && self.members.exists(m, m.role == 'Worker') && "
        "!self.members.exists(m, m.role == 'Standalone')"
    ),
    message="expected one Standalone member alone, or one Leader with at least one Worker",
)

_IS_PAIR = "has(self.serving) && self.serving.mode == 'PrefillDecode'"
_PHASES = (
    Rule(
        expression=f"!({_IS_PAIR}) || self.engines.size() == 2",
        message="expected exactly 2 engines with serving mode PrefillDecode",
    ),
    *(
        Rule(
            expression=f"!({_IS_PAIR}) || self.engines.exists_one(e, has(e.phase) && e.phase == '{phase}')",
            message=f"expected exactly 1 engine with phase {phase} with serving mode PrefillDecode",
        )
        for phase in ("Prefill", "Decode")
    ),
    Rule(
        expression=f"{_IS_PAIR} || !self.engines.exists(e, has(e.phase))",
        message="expected a phase on engines only with serving mode PrefillDecode",
    ),
)


def _form_rules(*, needed: str, beside: tuple[str, ...]) -> tuple[Rule, ...]:
    has_alternatives = "has(self.firstAvailable) && self.firstAvailable.size() > 0"
    others = (
        *(f"!has(self.{field})" for field in beside),
        "self.count == 1",
        "self.allocationMode == 'ExactCount'",
    )
    return (
        Rule(
            expression=f"({has_alternatives}) || has(self.{needed})",
            message=f"expected {needed}, or alternatives in firstAvailable",
        ),
        Rule(
            expression=f"!({has_alternatives}) || {' && '.join(others)}",
            message=f"expected nothing beside firstAvailable: {', '.join(beside)}, count and allocationMode "
            "stand on each alternative",
        ),
    )


def _constraint_rule(requests: str) -> Rule:
    # To look for alternatives too would cost more than the API server allows a rule; the scheduler does.
    known = f"name.contains('/') || self.{requests}.exists(d, d.name == name)"
    return Rule(
        expression=f"!has(self.constraints) || "
        f"self.constraints.all(c, !has(c.requests) || c.requests.all(name, {known}))",
        message="expected constraints to name requests, or alternatives as REQUEST/ALTERNATIVE",
    )


_LABEL_KEYS = Rule(
    expression=" && ".join(f"self.all(key, key.matches(r'^{pattern}$'))" for pattern in LABEL_KEY_PATTERNS),
    message="expected keys of at most 63 characters, with a DNS prefix of at most 253 before '/' if any",
)

_COMMON_FIELDS = ("selectors", "tolerations", "capacity", "adminAccess")

RULES: Mapping[object, tuple[Rule, ...]] = {
    AttributeValue: (
        Rule(
            expression="(has(self.string) ? 1 : 0) + (has(self.version) ? 1 : 0) + (has(self.bool) ? 1 : 0) + "
            "(has(self.int) ? 1 : 0) == 1",
            message="expected exactly one of string, version, bool and int",
        ),
    ),
    CacheSpec: _block_rules("source", {"HuggingFace": "huggingFace"}),
    ClassDevice: (
        Rule(
            expression="self.claim != 'DRA' || has(self.deviceClassName)",
            message="expected a deviceClassName when claim is DRA",
        ),
    ),
    ClusterSource: _block_rules("source", _CLOUDS | {"Existing": "existing"}),
    ClusterSpec: (
        Rule(
            expression="self.cluster.source != 'Nebius' || !has(self.nodePools) || self.nodePools.all(p, "
            "!has(p.fabric) || p.fabric.type != 'InfiniBand' || has(p.fabric.infiniband))",
            message="expected the block infiniband in each fabric of type InfiniBand when source is Nebius",
        ),
    ),
    DeviceConstraint: (
        Rule(
            expression="has(self.matchAttribute) != has(self.distinctAttribute)",
            message="expected exactly one of matchAttribute and distinctAttribute",
        ),
    ),
    DeviceQuery: (
        Rule(
            expression="self.allocationMode != 'All' || self.count == 1",
            message="expected no count with allocationMode All",
        ),
    ),
    DeviceRequest: _form_rules(needed="selectors", beside=_COMMON_FIELDS),
    Engine: (
        _ROLES,
        Rule(
            expression="self.members.exists(m, has(m.nodeSelector))",
            message="expected a nodeSelector on at least one member",
        ),
    ),
    Fabric: (
        Rule(
            expression="!has(self.infiniband) || self.type == 'InfiniBand'",
            message="expected the block infiniband only with type InfiniBand",
        ),
    ),
    GatewaySpec: _block_rules("backend", {"Traefik": "traefik"}),
    MemberBase: (
        Rule(
            expression="!has(self.worker) || self.role == 'Worker'",
            message="expected the block worker only on role Worker",
        ),
    ),
    NodeSelector: (_constraint_rule("devices"),),
    PlacedReplicaSpec: _PHASES,
    PlacementPolicy: (
        Rule(
            expression="self.metadata.name == 'default'",
            message="expected the name default: there is one policy",
        ),
    ),
    Provisioning: _block_rules("provider", _CLOUDS),
    ReplicaDeviceRequest: _form_rules(needed="deviceClassName", beside=("deviceClassName", *_COMMON_FIELDS)),
    ReplicaEngine: (
        _ROLES,
        Rule(
            expression="self.members.exists(m, has(m.deviceRequests))",
            message="expected deviceRequests on at least one member",
        ),
    ),
    ReplicaMember: (_constraint_rule("deviceRequests"),),
    ReplicaSpec: _PHASES,
    Toleration: (
        Rule(
            expression="self.operator != 'Equal' || (has(self.key) && self.key != '')",
            message="expected a key with operator Equal",
        ),
        Rule(
            expression="self.operator != 'Exists' || !has(self.value)",
            message="expected no value with operator Exists",
        ),
    ),
    Traefik: _block_rules("loadBalancer", {"MetalLB": "metallb"}),
    check_engine_name: (
        Rule(
            expression="self.all(c, c.name == 'engine')",
            message="expected the container to be named engine",
        ),
    ),
    check_annotations: (_LABEL_KEYS,),
    check_labels: (
        _LABEL_KEYS,
        Rule(
            expression=f"self.all(key, !key.startsWith('{MODELPLANE_GROUP}/'))",
            message=f"expected no key of Modelplane's own, {MODELPLANE_GROUP}/...",
        ),
    ),
}
