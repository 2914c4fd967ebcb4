"""Specs of tiny fleets."""

from hypothesis import strategies as st

from simulations.fleets import FleetSpec


def a_spec(**changes: int) -> FleetSpec:
    """Three clusters and 30 nodes, with all that can happen to a fleet."""
    fields = {
        "clusters": 3,
        "nodes": 30,
        "fabrics": 9,
        "deployments": 16,
        "replicas": 110,
        "drained_clusters": 1,
        "lost_nodes_permille": 60,
        "edited_deployments_permille": 130,
        "binding_quotas": 1,
    }
    return FleetSpec(**(fields | changes))


@st.composite
def specs(draw: st.DrawFn) -> FleetSpec:
    """Specs of up to 6 clusters and 60 nodes, also empty of load, overfull, or of one node."""
    clusters = draw(st.integers(1, 6))
    fabrics = draw(st.integers(clusters, clusters * 6))
    nodes = draw(st.integers(fabrics, max(fabrics, 60)))
    deployments = draw(st.integers(1, 25))
    return FleetSpec(
        clusters=clusters,
        fabrics=fabrics,
        nodes=nodes,
        deployments=deployments,
        replicas=deployments + draw(st.integers(0, nodes * 5)),
        seed=draw(st.integers(0, 2**64)),
        wanted_gpus_permille=draw(st.integers(0, 1500)),
        observed_permille=draw(st.integers(0, 1200)),
        drained_clusters=draw(st.integers(0, clusters)),
        lost_nodes_permille=draw(st.integers(0, 300)),
        edited_deployments_permille=draw(st.integers(0, 500)),
        binding_quotas=draw(st.integers(0, deployments)),
        cluster_caps_permille=draw(st.integers(0, 1000)),
    )
