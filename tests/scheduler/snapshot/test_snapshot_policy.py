"""From the placement policy to the problem: its tiers, its prices, and the file that wins."""

from pathlib import Path

import pytest

from scheduler.snapshot import read
from solver.domain.identity import NodePoolKey
from solver.domain.policy import DEFAULT_TIERS, TierName
from tests.scheduler.snapshot.manifests import API, Object, a_class, a_cluster, changed, write
from tests.scheduler.snapshot.readings import lines


def test_the_policy_reaches_the_problem(tmp_path: Path) -> None:
    """Listed tiers fill their default places in the listed order, but for what is switched off."""
    spec = {
        "tiers": [
            {"name": "price", "maximum": 5},
            {"name": "shortfall"},
            {"name": "spread", "enabled": False},
        ],
        "quotas": [{"namespace": "ml", "deviceClassName": "g", "devices": 8}],
        "evictionBudget": 2,
        "priceOverrides": [{"cluster": "eu", "nodePool": "gpu", "pricePerNodeHour": "1.5"}],
        "requireGateway": False,
    }
    policy = {"apiVersion": API, "kind": "PlacementPolicy", "metadata": {"name": "default"}, "spec": spec}
    found = read([write(tmp_path, policy)]).problem.policy

    expected = "price evictions expected shortfall distance locality stranded canonical"
    assert expected.split() == [tier.name for tier in found.tiers]
    assert 5 == found.tiers[0].maximum
    assert (8, 2, False) == (found.quotas[0].devices, found.eviction_budget, found.requires_gateway)
    assert {NodePoolKey("eu", "gpu"): 1_500_000} == found.price_overrides  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("tiers", "order"),
    [
        ([{"name": "price", "maximum": 5}], list(TierName)),
        (
            [{"name": "expected"}, {"name": "shortfall"}, {"name": "evictions"}],
            ["expected", "shortfall", "evictions", *list(TierName)[3:]],
        ),
        ([{"name": "price", "enabled": False}], [tier for tier in TierName if tier != "price"]),
    ],
)
def test_tiers_that_are_not_listed_keep_their_place(
    tmp_path: Path, tiers: list[Object], order: list[str]
) -> None:
    """A limit on one tier is no wish to put it first."""
    spec = {"tiers": tiers}
    policy = {"apiVersion": API, "kind": "PlacementPolicy", "metadata": {"name": "default"}, "spec": spec}
    found = read([write(tmp_path, policy)])

    assert ([], order) == (lines(found), [tier.name for tier in found.problem.policy.tiers])


def test_the_shortfall_tier_is_always_on_and_without_limit(tmp_path: Path) -> None:
    """Without it nothing would be placed."""
    spec = {"tiers": [{"name": "shortfall", "enabled": False, "maximum": 3}]}
    policy = {"apiVersion": API, "kind": "PlacementPolicy", "metadata": {"name": "default"}, "spec": spec}
    found = read([write(tmp_path, policy)])

    assert DEFAULT_TIERS == found.problem.policy.tiers
    off, limit = lines(found)
    assert "spec.tiers[0].enabled: found false" in off
    assert "the shortfall tier cannot be switched off" in off
    assert "spec.tiers[0].maximum: found 3" in limit
    assert not found.has_errors


def test_a_policy_file_wins(tmp_path: Path) -> None:
    """Over the one in the input, without a word about duplicates."""
    policy = {"apiVersion": API, "kind": "PlacementPolicy", "metadata": {"name": "default"}, "spec": {}}
    folder = write(tmp_path / "a", changed(policy, "spec.evictionBudget", 1), a_class())
    other = write(tmp_path / "b", changed(policy, "spec.evictionBudget", 2))

    found = read([folder], policy_path=other / "control.yaml")
    assert (2, []) == (found.problem.policy.eviction_budget, lines(found))
    without = read([folder], policy_path=write(tmp_path / "c", a_class()) / "control.yaml")
    assert any("found no PlacementPolicy, expected one named 'default'" in line for line in lines(without))


def test_a_price_for_an_unknown_pool_names_the_nearest(tmp_path: Path) -> None:
    """A price that applies to nothing would change a plan in silence."""
    overrides = [
        {"cluster": "eu", "nodePool": "gpus", "pricePerNodeHour": "1"},
        {"cluster": "europe", "nodePool": "gpu", "pricePerNodeHour": "1"},
    ]
    policy = {
        "apiVersion": API,
        "kind": "PlacementPolicy",
        "metadata": {"name": "default"},
        "spec": {"priceOverrides": overrides},
    }
    found = lines(read([write(tmp_path, a_class(), a_cluster(), policy)]))

    assert (
        "spec.priceOverrides[0].nodePool: found 'gpus', expected the name of a node pool of eu (nearest: gpu)"
        in found[0]
    )
    assert (
        "spec.priceOverrides[1].cluster: found 'europe', expected the name of a known InferenceCluster"
        in found[1]
    )
