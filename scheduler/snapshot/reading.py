"""What reading gives: the problem, what was wrong, and what the plan must say about the input."""

from collections.abc import Mapping
from dataclasses import dataclass

from scheduler.snapshot.findings import Finding, Severity
from scheduler.snapshot.loose import LooseDevices
from scheduler.snapshot.objects import Raw
from scheduler.snapshot.records import SelectorUse
from scheduler.snapshot.slots import ReplicaId
from solver.domain.identity import DeploymentKey
from solver.domain.problem import Problem


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """Everything that was read."""

    problem: Problem
    #: In order of file, document, object and field.
    findings: tuple[Finding, ...]
    #: Sentences that a plan must say.
    notes: tuple[str, ...]
    #: The ModelDeployment objects of the problem's deployments, as they were read.
    deployments: Mapping[DeploymentKey, Raw]
    #: ``Kind ns/name`` of the claims among the problem's deployments; they have no ModelDeployment.
    claims: Mapping[DeploymentKey, str]
    #: Claims that are left out of the problem though nothing is wrong with them, each with its note.
    unplanned_claims: Mapping[DeploymentKey, str]
    #: The ModelReplica objects of the problem's replicas, as they were read.
    replica_objects: Mapping[ReplicaId, Raw]
    #: Number of objects of each kind that a plan or a check can use, as they were read, valid or not.
    read: Mapping[str, int]
    #: Number of objects of each kind that no plan depends on.
    ignored: Mapping[str, int]
    #: Devices that serve ``validate`` and ``selector eval`` only.
    loose_devices: LooseDevices
    #: Every selector of a deployment, replica, class, claim or claim template.
    selectors: tuple[SelectorUse, ...]

    @property
    def has_errors(self) -> bool:
        """Whether a file could not be read or an object violates its schema."""
        return any(finding.severity is Severity.ERROR for finding in self.findings)
