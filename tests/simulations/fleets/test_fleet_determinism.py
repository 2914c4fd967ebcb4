"""The same seed gives the same fleet, in every process and whatever hashes happen to be."""

import os
import subprocess
import sys
from dataclasses import replace

from simulations.fleets import PRESETS, generate
from tests.simulations.fleets.specs import a_spec

_DIGEST = """
import hashlib
from simulations.fleets import generate
from tests.simulations.fleets.specs import a_spec
problem = generate(a_spec(seed=7))
table = problem.fleet.devices
clusters = [(each.name, each.labels, each.taints) for each in problem.fleet.clusters]
parts = [clusters, problem.fleet.node_pools, problem.fleet.nodes, problem.deployments, problem.replicas,
         problem.policy, table.names, table.resource_pools, table.slices]
parts += [(field, column.codes.tolist(), column.values) for field, column in table.columns.items()]
print(hashlib.sha256(repr(parts).encode()).hexdigest())
"""


def _digest(hash_seed: str) -> str:
    environment = os.environ | {"PYTHONHASHSEED": hash_seed}
    command = [sys.executable, "-c", _DIGEST]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout


def test_the_same_seed_is_the_same_fleet_in_every_process() -> None:
    """Sets and dictionaries order by hash; none of that may show."""
    assert _digest("0") == _digest("1") == _digest("4242")


def test_another_seed_is_another_fleet() -> None:
    """What differs is the draw, not the size."""
    one, other = generate(a_spec(seed=1)), generate(a_spec(seed=2))

    assert len(one.fleet.nodes) == len(other.fleet.nodes)
    assert one.replicas != other.replicas


def test_churn_does_not_change_what_is_wanted() -> None:
    """Every purpose has random numbers of its own, so that one setting can be varied alone."""
    calm, drained = (generate(replace(PRESETS["Small"], drained_clusters=count)) for count in (0, 2))

    assert [each.key for each in calm.deployments] == [each.key for each in drained.deployments]
    assert [each.replicas for each in calm.deployments] == [each.replicas for each in drained.deployments]
