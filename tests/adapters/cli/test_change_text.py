"""What can be written after ``--change``, and what is said about everything else."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.cli.change_text import FORMS, InvalidChangeTextError, ManifestFile, parsed_change
from solver.domain.change import (
    AddNodes,
    Change,
    DrainCluster,
    DrainNodes,
    LoseCluster,
    LoseNodes,
    RemoveDeployment,
    ScaleDeployment,
    SetPrice,
    SetPriority,
    SetQuota,
)
from solver.domain.identity import ClusterName, DeploymentKey, DeviceClassName, NodeKey, NodePoolKey

EU = ClusterName("eu-1")
QWEN = DeploymentKey("ml", "qwen")
H100 = NodePoolKey(EU, "h100")
GPU = DeviceClassName("gpu.nvidia.com")

READ: list[tuple[str, Change | ManifestFile]] = [
    ("lose cluster eu-1", LoseCluster(cluster=EU)),
    ("  drain   cluster\teu-1 ", DrainCluster(cluster=EU)),
    ("lose node eu-1/node-3", LoseNodes(nodes=(NodeKey(EU, "node-3"),))),
    ("drain nodes eu-1/h100/0 eu-1/b", DrainNodes(nodes=(NodeKey(EU, "h100/0"), NodeKey(EU, "b")))),
    ("add 4 nodes to eu-1/h100", AddNodes(node_pool=H100, count=4)),
    ("add 1 node to eu-1/h100", AddNodes(node_pool=H100, count=1)),
    ("scale ml/qwen to 12", ScaleDeployment(deployment=QWEN, replicas=12)),
    ("remove ml/qwen", RemoveDeployment(deployment=QWEN)),
    ("apply my models/new one.yaml ", ManifestFile(path="my models/new one.yaml")),
    ("price eu-1/h100 to 98.5", SetPrice(node_pool=H100, price_microdollars_per_hour=98_500_000)),
    ("quota ml gpu.nvidia.com to 64", SetQuota(namespace="ml", device_class=GPU, devices=64)),
    ("quota ml gpu.nvidia.com to none", SetQuota(namespace="ml", device_class=GPU, devices=None)),
    ("priority ml/qwen to -100", SetPriority(deployment=QWEN, priority=-100)),
]


@pytest.mark.parametrize(("text", "change"), READ)
def test_every_form_is_read(text: str, change: Change | ManifestFile) -> None:
    assert change == parsed_change(text)


def test_every_form_is_tried() -> None:
    assert {form.split()[0] for form in FORMS} == {text.split()[0] for text, _ in READ}


ALL = f"; the forms are: {'; '.join(FORMS)}"
LOSE = "; the forms are: lose cluster CLUSTER; lose node CLUSTER/NODE..."
SCALE = "; the form is: scale NAMESPACE/NAME to REPLICAS"
PRICE = "; the form is: price CLUSTER/NODEPOOL to DOLLARS"
REFUSED = [
    ("", f"character 1: found nothing, expected a change{ALL}"),
    ("   ", f"character 1: found nothing, expected a change{ALL}"),
    ("loose cluster eu", f"character 1: found 'loose', expected a change (nearest: lose){ALL}"),
    ("lose", f"character 5: found nothing, expected 'cluster', 'node' or 'nodes'{LOSE}"),
    (
        "lose  clusters eu",
        f"character 7: found 'clusters', expected 'cluster', 'node' or 'nodes' (nearest: cluster){LOSE}",
    ),
    ("lose cluster eu us", f"character 17: found 'us', expected nothing more{LOSE}"),
    ("lose node eu", f"character 11: found 'eu', expected CLUSTER/NODE{LOSE}"),
    ("lose node ", f"character 10: found nothing, expected CLUSTER/NODE{LOSE}"),
    ("scale qwen to 12", f"character 7: found 'qwen', expected NAMESPACE/NAME{SCALE}"),
    ("scale a/b/c to 12", f"character 7: found 'a/b/c', expected NAMESPACE/NAME{SCALE}"),
    ("scale ml/qwen 12", f"character 15: found '12', expected 'to'{SCALE}"),
    ("scale ml/qwen to 1.5", f"character 18: found '1.5', expected a number of replicas{SCALE}"),
    (
        "price eu/h100 to -1",
        f"character 18: found '-1', expected US dollars with at most 6 decimals, such as 98.5{PRICE}",
    ),
    (
        "price eu/h100 to 1.0000001",
        f"character 18: found '1.0000001', expected US dollars with at most 6 decimals, such as 98.5{PRICE}",
    ),
    (
        "add nodes to eu/h100",
        "character 5: found 'nodes', expected a number of nodes; the form is: add COUNT nodes to CLUSTER/NODEPOOL",
    ),
    (
        "quota ml gpu to all",
        (
            "character 17: found 'all', expected a number of devices or none"
            "; the form is: quota NAMESPACE DEVICECLASS to DEVICES|none"
        ),
    ),
    ("apply", "character 6: found nothing, expected a file with ModelDeployments; the form is: apply FILE"),
]


@pytest.mark.parametrize(("text", "complaint"), REFUSED)
def test_anything_else_is_refused_with_its_position(text: str, complaint: str) -> None:
    with pytest.raises(InvalidChangeTextError) as error:
        parsed_change(text)

    assert complaint == str(error.value)


WORDS = sorted(
    {word for text, _ in READ for word in text.split()} | {"", "/", "a/", "/b", "9" * 30, "ä", "\x00"}
)


@given(st.lists(st.sampled_from(WORDS), max_size=6).map(" ".join) | st.text(max_size=40))
def test_no_text_is_anything_but_read_or_refused(text: str) -> None:
    try:
        parsed_change(text)
    except InvalidChangeTextError as error:
        assert 1 <= error.character <= len(text) + 1  # noqa: PT017
