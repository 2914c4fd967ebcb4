"""Whether generated fleets are as large, as full and as churned as the trials had them."""

import os
from dataclasses import replace

import pytest

from simulations.fleets import PRESETS, FleetSpec, InvalidFleetSpec, generate, totals


@pytest.mark.parametrize("name", ["Small", "Median", "F10"])
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_a_preset_has_the_size_that_it_states(name: str, seed: int) -> None:
    """Clusters, fabrics, nodes, deployments and replicas exactly; GPUs and what is observed within some percent."""
    spec = replace(PRESETS[name], seed=seed)

    found = totals(generate(spec))

    assert (spec.clusters, spec.fabrics, spec.nodes) == (found.clusters, found.fabrics, found.nodes)
    assert (spec.deployments, spec.replicas) == (found.deployments, found.replicas_wanted)
    assert spec.binding_quotas == found.binding_quotas
    assert found.gpus == pytest.approx(7.48 * spec.nodes, rel=0.06)
    assert found.gpus_wanted == pytest.approx(0.91 * found.gpus, rel=0.02)
    assert found.replicas_observed == pytest.approx(0.913 * spec.replicas, rel=0.08)
    assert found.replicas_healthy == pytest.approx(0.985 * found.replicas_observed, rel=0.03)
    assert found.cluster_caps == pytest.approx(0.284 * spec.deployments, abs=1)


@pytest.mark.slow
@pytest.mark.skipif("CI" in os.environ, reason="CI makes small fleets only")
def test_a_hundred_clusters_are_those_of_the_trials() -> None:
    """The figures of placement-trials.md part 2 for F100."""
    found = totals(generate(PRESETS["F100"]))

    assert (100, 3, 579, 11_393, 5_000) == (
        found.clusters,
        found.drained_clusters,
        found.fabrics,
        found.nodes,
        found.deployments,
    )
    assert found.gpus == pytest.approx(85_173, rel=0.01)
    assert found.replicas_wanted == 42_960
    assert found.replicas_observed == pytest.approx(39_235, rel=0.02)
    assert found.replicas_healthy == pytest.approx(37_658, rel=0.03)
    assert found.binding_quotas == 19
    assert found.cluster_caps == pytest.approx(1_418, rel=0.01)


def test_drained_clusters_and_lost_nodes_are_what_is_not_healthy() -> None:
    """Without churn everything that runs is whole."""
    quiet = replace(PRESETS["F10"], lost_nodes_permille=0)

    found = totals(generate(quiet))

    assert found.replicas_observed == found.replicas_healthy


@pytest.mark.parametrize("clusters", [1, 9, 10, 29, 30])
def test_a_number_of_clusters_is_a_spec(clusters: int) -> None:
    """Each density starts with a fleet that can be made."""
    assert clusters == FleetSpec.of_clusters(clusters).clusters


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("clusters", 0, "clusters: found 0, expected 1 to 100000"),
        ("nodes", 3, "nodes: found 3, expected 15 to 10000000"),
        ("fabrics", 41, "fabrics: found 41, expected 5 to 40"),
        ("replicas", 23, "replicas: found 23, expected 24 to 100000000"),
        ("drained_clusters", 6, "drained_clusters: found 6, expected 0 to 5"),
    ],
)
def test_a_spec_that_cannot_be_made_says_which_field_is_wrong(field: str, value: int, sentence: str) -> None:
    """Found when it is written down, not when the fleet is half made."""
    with pytest.raises(InvalidFleetSpec) as caught:
        replace(PRESETS["Small"], **{field: value})

    assert sentence == str(caught.value)
