"""Deployments and replicas of a generated fleet as control objects."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

import orjson

from adapters.cli.simulate_control import control_object
from scheduler.snapshot.objects import Raw
from scheduler.snapshot.replicas import CLUSTER_LABEL, DEPLOYMENT_LABEL, INDEX_LABEL
from scheduler.snapshot.slots import PLAN_ANNOTATION
from solver.domain.identity import ClusterName, DeploymentKey
from solver.domain.problem import Problem
from solver.domain.replica import Health, ObservedEngine, ObservedMember, Replica
from solver.domain.workload import Engine, Member, ModelDeployment, Role, ServingMode, SpreadRule

_IMAGE = "registry.example.com/engine:1"
_READY: Mapping[Health, str] = {Health.READY: "True", Health.NOT_READY: "False"}


class Workloads:
    """What is wanted and what runs, by cluster."""

    def __init__(self, problem: Problem) -> None:
        self._deployments = {each.key: each for each in problem.deployments}
        self._node_pool = {node.key: node.node_pool for node in problem.fleet.nodes}
        self._replicas: dict[ClusterName, list[Replica]] = defaultdict(list)
        for replica in problem.replicas:
            self._replicas[replica.key.cluster].append(replica)

    def on_cluster(self, cluster: ClusterName) -> Sequence[Replica]:
        """The replicas on *cluster*, in order of their keys."""
        return self._replicas.get(cluster, [])

    def deployment(self, key: DeploymentKey) -> ModelDeployment:
        """The deployment with *key*."""
        return self._deployments[key]

    def deployments(self) -> Iterator[Raw]:
        """Every ModelDeployment."""
        return map(_deployment, self._deployments.values())

    def replicas(self, cluster: ClusterName) -> Iterator[Raw]:
        """The ModelReplicas on *cluster*, with the node of each pod as the annotation of a plan."""
        return map(self._replica, self.on_cluster(cluster))

    def _replica(self, replica: Replica) -> Raw:
        key = replica.key
        template = self._deployments[key.deployment]
        spec: Raw = {"clusterName": key.cluster}
        if template.serving_mode is not ServingMode.UNIFIED:
            spec["serving"] = {"mode": template.serving_mode.value}
        spec["engines"] = [
            _placed_engine(seen, wanted)
            for seen, wanted in zip(replica.engines, template.engines, strict=True)
        ]
        found = control_object("ModelReplica", replica.name, spec, namespace=key.deployment.namespace)
        slots = [
            {
                "engine": slot.engine,
                "copy": slot.copy,
                "role": slot.role.value,
                "rank": slot.rank,
                "nodePool": self._node_pool[slot.node].name,
                "node": slot.node.name,
            }
            for slot in replica.slots
        ]
        metadata: Raw = {
            "name": replica.name,
            "namespace": key.deployment.namespace,
            "labels": {
                DEPLOYMENT_LABEL: key.deployment.name,
                CLUSTER_LABEL: key.cluster,
                INDEX_LABEL: str(key.index),
            },
        }
        if slots:
            metadata["annotations"] = {PLAN_ANNOTATION: orjson.dumps(slots).decode()}
        found["metadata"] = metadata
        if replica.health in _READY:
            found["status"] = {"conditions": [{"type": "Ready", "status": _READY[replica.health]}]}
        return found


def besides(member: Member) -> Raw:
    """What each pod of *member* requests besides devices, as resource requests."""
    return {"cpu": f"{member.cpu_millicores}m", "memory": binary(member.memory_bytes)}


def binary(amount: int) -> str:
    """Bytes as people write them; whole GiB stay whole."""
    return f"{amount >> 30}Gi" if amount % (1 << 30) == 0 else str(amount)


def _deployment(deployment: ModelDeployment) -> Raw:
    template: Raw = {}
    if deployment.cluster_selector:
        template["clusterSelector"] = {"matchLabels": dict(deployment.cluster_selector)}
    if deployment.serving_mode is not ServingMode.UNIFIED:
        template["serving"] = {"mode": deployment.serving_mode.value}
    template["engines"] = [_engine(engine) for engine in deployment.engines]
    spec: Raw = {"replicas": deployment.replicas, "priority": deployment.priority}
    if deployment.spread:
        spec["spread"] = [_rule(rule) for rule in deployment.spread]
    spec["template"] = {"spec": template}
    key = deployment.key
    return control_object("ModelDeployment", key.name, spec, namespace=key.namespace)


def _rule(rule: SpreadRule) -> Raw:
    limits = {"maxSkew": rule.max_skew, "maxPercent": rule.max_percent}
    given = {name: limit for name, limit in limits.items() if limit is not None}
    return {"topologyKey": rule.topology_key, **given, "mode": rule.mode.value}


def _engine(engine: Engine) -> Raw:
    found: Raw = {"name": engine.name, "copies": engine.copies}
    if engine.phase is not None:
        found["phase"] = engine.phase.value
    return found | {"members": [_member(member) for member in engine.members]}


def _member(member: Member) -> Raw:
    devices = [
        {
            "name": request.name,
            "count": request.count,
            "selectors": [{"cel": selector} for selector in request.selectors],
        }
        for request in member.requests
    ]
    return {
        "role": member.role.value,
        **_workers(member),
        "nodeSelector": {"devices": devices},
        "template": _template(member),
    }


def _placed_engine(seen: ObservedEngine, wanted: Engine) -> Raw:
    found: Raw = {"name": seen.name, "copies": seen.copies}
    if wanted.phase is not None:
        found["phase"] = wanted.phase.value
    members = zip(seen.members, wanted.members, strict=True)
    return found | {"members": [_placed_member(*pair) for pair in members]}


def _placed_member(seen: ObservedMember, wanted: Member) -> Raw:
    """The member as it was placed; selectors and template are those of today."""
    selectors = {request.name: request.selectors for request in wanted.requests}
    requests = [
        {
            "name": request.name,
            "deviceClassName": request.device_class,
            "count": request.count,
            "selectors": [{"cel": selector} for selector in selectors[request.name]],
        }
        for request in seen.requests
    ]
    return {
        "role": seen.role.value,
        "nodePoolName": seen.node_pool,
        "deviceRequests": requests,
        **_workers(wanted),
        "template": _template(wanted),
    }


def _workers(member: Member) -> Raw:
    return {"worker": {"nodes": member.pods_per_copy}} if member.role is Role.WORKER else {}


def _template(member: Member) -> Raw:
    container = {"name": "engine", "image": _IMAGE, "resources": {"requests": besides(member)}}
    return {"spec": {"containers": [container]}}
