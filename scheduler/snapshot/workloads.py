"""ModelDeployment and ModelCache objects to what is wanted, and PlacementPolicy to the policy."""

from collections.abc import Mapping

from scheduler.api.base import MatchLabels
from scheduler.api.model_cache import ModelCache as CacheObject
from scheduler.api.model_deployment import Engine as EngineSpec
from scheduler.api.model_deployment import Member as MemberSpec
from scheduler.api.model_deployment import ModelDeployment as DeploymentObject
from scheduler.api.toleration import Toleration as TolerationSpec
from scheduler.snapshot.claim_limit import limit_complaint
from scheduler.snapshot.device_requests import claim_constraints, device_request
from scheduler.snapshot.device_values import UnreadableFieldError, quantity
from scheduler.snapshot.findings import Findings
from scheduler.snapshot.intake import ControlObject
from solver.domain.identity import DeploymentKey
from solver.domain.taint import TaintEffect, Toleration
from solver.domain.workload import (
    Engine,
    Member,
    ModelCache,
    ModelDeployment,
    Phase,
    Role,
    ServingMode,
    SpreadMode,
    SpreadRule,
)


def deployment(read: ControlObject, model: DeploymentObject, findings: Findings) -> ModelDeployment:
    """What the ModelDeployment wants."""
    spec = model.spec
    replica = spec.template.spec
    for position, rule in enumerate(spec.spread):
        if rule.mode == "Required" and rule.max_skew is None and rule.max_percent is None:
            message = (
                "found neither maxSkew nor maxPercent, expected one with mode Required; it limits nothing"
            )
            findings.warning(read.origin, message, about=read.about, path=f"spec.spread[{position}]")
    return ModelDeployment(
        key=DeploymentKey(model.metadata.namespace, model.metadata.name),
        replicas=spec.replicas,
        engines=tuple(
            _engine(engine, f"spec.template.spec.engines[{position}]", read, findings)
            for position, engine in enumerate(replica.engines)
        ),
        serving_mode=ServingMode(replica.serving.mode if replica.serving is not None else "Unified"),
        priority=spec.priority,
        cluster_selector=_labels(replica.cluster_selector),
        cache=replica.model_cache_ref.name if replica.model_cache_ref is not None else None,
        tolerations=tuple(_toleration(toleration) for toleration in replica.tolerations),
        spread=tuple(
            SpreadRule(
                topology_key=rule.topology_key,
                max_skew=rule.max_skew,
                max_percent=rule.max_percent,
                mode=SpreadMode(rule.mode),
            )
            for rule in spec.spread
        ),
    )


def cache(model: CacheObject) -> ModelCache:
    """The ModelCache, with the clusters on which it is Ready."""
    clusters = model.status.clusters if model.status is not None else ()
    return ModelCache(
        namespace=model.metadata.namespace,
        name=model.metadata.name,
        cluster_selector=_labels(model.spec.cluster_selector),
        ready_clusters=frozenset(entry.name for entry in clusters if entry.phase == "Ready"),
    )


def _labels(selector: MatchLabels | None) -> Mapping[str, str]:
    return dict(sorted(selector.match_labels.items())) if selector is not None else {}


def _toleration(spec: TolerationSpec) -> Toleration:
    return Toleration(
        key=spec.key or None,
        value=None if spec.operator == "Exists" else spec.value or "",
        effect=TaintEffect(spec.effect) if spec.effect is not None else None,
    )


def _engine(spec: EngineSpec, path: str, read: ControlObject, findings: Findings) -> Engine:
    return Engine(
        name=spec.name,
        copies=spec.copies,
        phase=Phase(spec.phase) if spec.phase is not None else None,
        members=tuple(
            _member(member, f"{path}.members[{position}]", read, findings)
            for position, member in enumerate(spec.members)
        ),
    )


def _member(spec: MemberSpec, path: str, read: ControlObject, findings: Findings) -> Member:
    wanted = spec.node_selector
    resources = spec.template.spec.containers[0].resources
    requests = resources.requests if resources is not None else {}
    amounts = {}
    for resource in ("cpu", "memory"):
        if resource not in requests:
            continue
        try:
            amounts[resource] = quantity(requests[resource])
        except UnreadableFieldError as error:
            at = f"{path}.template.spec.containers[0].resources.requests.{resource}"
            findings.warning(read.origin, f"{error}; it counts as nothing", about=read.about, path=at)
    at = f"{path}.nodeSelector.devices"
    device_requests = tuple(
        device_request(request, f"{at}[{position}]", read, findings)
        for position, request in enumerate(wanted.devices if wanted is not None else ())
    )
    complaint = limit_complaint(device_requests)
    if complaint is not None:
        findings.warning(read.origin, complaint, about=read.about, path=at)
    return Member(
        role=Role(spec.role),
        pods_per_copy=spec.pods_per_copy,
        requests=device_requests,
        constraints=claim_constraints(wanted.constraints if wanted is not None else ()),
        cpu_millicores=amounts["cpu"].milli_value() if "cpu" in amounts else 0,
        memory_bytes=amounts["memory"].value() if "memory" in amounts else 0,
    )
