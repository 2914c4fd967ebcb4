"""Paths in, a reading out: the one way from files to a problem."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from scheduler.api.model_cache import ModelCache
from scheduler.api.model_deployment import ModelDeployment
from scheduler.api.placement_policy import POLICY_NAME, PlacementPolicy
from scheduler.snapshot.claim_workloads import ClaimWorkloads
from scheduler.snapshot.documents import File, cluster_of, documents, files
from scheduler.snapshot.findings import Findings, Origin
from scheduler.snapshot.fleet import build_fleet
from scheduler.snapshot.intake import Intake
from scheduler.snapshot.loose import LooseBuilder
from scheduler.snapshot.objects import objects
from scheduler.snapshot.policy import policy
from scheduler.snapshot.reading import Reading
from scheduler.snapshot.references import check_references, known_device_classes
from scheduler.snapshot.replicas import CountedReplica, by_cluster, counted_replicas, replica
from scheduler.snapshot.selectors import selector_uses
from scheduler.snapshot.slots import JoinedPods, ReplicaId, join
from scheduler.snapshot.workloads import cache, deployment
from solver.collector import collector_paused
from solver.domain.identity import DeploymentKey
from solver.domain.policy import Policy
from solver.domain.problem import Problem
from solver.domain.workload import ModelDeployment as Deployment


def read(
    paths: Sequence[Path],
    *,
    policy_path: Path | None = None,
    claims: Sequence[Path] = (),
    progress: Callable[[str], None] | None = None,
) -> Reading:
    """Everything below *paths* as one problem, with a finding for whatever is wrong.

    Args:
        paths: files and folders; what stands below ``clusters/NAME`` belongs to that cluster.
        policy_path: a file with the PlacementPolicy, which wins over one below *paths*.
        claims: files with ResourceClaims and templates, each of which wants one pod placed.
        progress: told about each file before it is read.
    """
    with collector_paused():
        findings = Findings()
        intake = Intake(findings=findings)
        tell = progress if progress is not None else _silently
        for file in files(paths, findings):
            tell(f"reading {file.path}")
            _read_file(file, intake)
        if policy_path is not None:
            _read_policy(policy_path, intake)
        tell("putting the fleet together")
        return _reading(intake, claims)


def wanted_deployments(intake: Intake) -> Iterator[tuple[DeploymentKey, Deployment]]:
    """What each valid ModelDeployment wants that is not being deleted, by key."""
    for _, found in sorted(intake.control.get("ModelDeployment", {}).items()):
        if isinstance(found.model, ModelDeployment) and found.model.metadata.deletion_timestamp is None:
            wanted = deployment(found, found.model, intake.findings)
            yield wanted.key, wanted


def _read_file(file: File, intake: Intake) -> None:
    for document in documents(file, intake.findings):
        if document.value is None:
            if file.cluster is not None:
                intake.records(file.cluster, document.origin).broken_file = str(file.path)
            # Only what the given path puts below clusters is sure to hold no InferenceCluster.
            if document.may_hold_clusters and (file.cluster is None or cluster_of(file.path) is None):
                intake.has_lost_clusters = True
            continue
        for each in objects(document, intake.findings):
            intake.take(each)
    intake.end_of_file()


def _read_policy(path: Path, intake: Intake) -> None:
    intake.forget("PlacementPolicy")
    for file in files([path], intake.findings):
        _read_file(File(path=file.path, cluster=None), intake)
        if not intake.control.get("PlacementPolicy"):
            message = f"found no PlacementPolicy, expected one named {POLICY_NAME!r}"
            intake.findings.error(Origin(file=str(file.path)), message)


def _silently(_: str) -> None:
    pass


def _reading(intake: Intake, claim_paths: Sequence[Path]) -> Reading:
    findings = intake.findings
    deployments = dict(wanted_deployments(intake))
    counted = counted_replicas(intake.control.get("ModelReplica", {}), deployments.keys(), findings)
    on_cluster = by_cluster(counted)
    joined = {
        name: join(records.pods.values(), on_cluster.get(name, {}))
        for name, records in sorted(intake.clusters.items())
    }
    loose = LooseBuilder()
    built = build_fleet(intake, joined, loose)
    nodes = {node.key for node in built.fleet.nodes}
    nowhere = JoinedPods()
    replicas = tuple(
        replica(each, joined.get(each.model.spec.cluster_name, nowhere), built, nodes)
        for each in counted.values()
    )
    check_references(intake, counted)
    claims = _claims(intake, counted, claim_paths)
    notes = [*built.notes, *_pending(intake, joined), *_set_aside(intake, loose), *claims.notes]
    if intake.has_lost_clusters:
        notes.append("an InferenceCluster may be in what could not be read, so no cluster counts as gone")
    problem = Problem(
        fleet=built.fleet,
        deployments=tuple(wanted for _, wanted in sorted((deployments | claims.deployments).items())),
        replicas=replicas,
        caches=tuple(
            cache(found.model)
            for found in intake.control.get("ModelCache", {}).values()
            if isinstance(found.model, ModelCache)
        ),
        policy=_policy(intake),
        # What could not be read is not gone.
        knows_clusters=bool(intake.control.get("InferenceCluster")) and not intake.has_lost_clusters,
    )
    return Reading(
        problem=problem,
        findings=findings.sorted(),
        notes=tuple(sorted(notes)),
        deployments={
            key: intake.control["ModelDeployment"][key.namespace, key.name].raw for key in sorted(deployments)
        },
        claims=dict(sorted(claims.titles.items())),
        unplanned_claims=dict(sorted(claims.unplanned.items())),
        replica_objects={replica_id: each.read.raw for replica_id, each in counted.items()},
        read=dict(sorted(intake.read.items())),
        ignored=dict(sorted(intake.ignored.items())),
        loose_devices=loose.build(),
        selectors=selector_uses(intake, claims.selectors),
    )


def _claims(
    intake: Intake, counted: Mapping[ReplicaId, CountedReplica], paths: Sequence[Path]
) -> ClaimWorkloads:
    named = {DeploymentKey(*key) for key in intake.control.get("ModelDeployment", {})}
    claims = ClaimWorkloads(
        # A replica that outlives its deployment would pass for one of the claim's.
        taken=named | {each.key.deployment for each in counted.values()},
        classes=known_device_classes(intake),
        findings=intake.findings,
    )
    claims.read(paths)
    return claims


def _policy(intake: Intake) -> Policy:
    found = intake.control.get("PlacementPolicy", {}).get(("", POLICY_NAME))
    if found is None or not isinstance(found.model, PlacementPolicy):
        return Policy()
    return policy(found, found.model, intake.findings)


def _pending(intake: Intake, joined: Mapping[str, JoinedPods]) -> Iterator[str]:
    for name, records in sorted(intake.clusters.items()):
        pending = sum(
            not pod.node and not pod.is_finished and key not in joined[name].slots
            for key, pod in records.pods.items()
        )
        if pending:
            yield f"cluster {name}: {pending} pending pods are counted by nobody until they are bound"


def _set_aside(intake: Intake, loose: LooseBuilder) -> Iterator[str]:
    clusters = {name for _, name in intake.control.get("InferenceCluster", {})}
    for name, records in sorted(intake.clusters.items()):
        if name not in clusters:
            for _, each in sorted(records.slices.items()):
                loose.add_slice(f"{name}/{each.node or each.name}", each)
            records.slices.clear()
    for _, each in sorted(intake.loose.slices.items()):
        loose.add_slice(each.node or each.name, each)
    outside = sum(
        len(found)
        for found in (
            intake.loose.slices,
            intake.loose.nodes,
            intake.loose.pods,
            intake.loose.claims,
            intake.loose.device_classes,
        )
    )
    if outside:
        yield f"{outside} cluster objects outside clusters/NAME take no part in a plan"
    if intake.ignored:
        counts = ", ".join(f"{count} {kind}" for kind, count in sorted(intake.ignored.items()))
        yield f"ignored: {counts}"
