"""Derives the numbers of ``statistics`` from the public data: ``python -m simulations.fleets.derivation ../shared/data``.

Nothing else needs the data. A test runs this and compares, where the data are present.
"""

import csv
import gzip
import io
import sys
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

#: A shape of replica: kind and GPUs of each pod.
Shape = tuple[str, int]

_SIZES = (1, 2, 4, 8)
_GANG_ROLES = ("worker", "leader", "head")
_STEPS = 20
_FEWEST_GPUS = 4


class Derived(NamedTuple):
    """Every derived number, under the name that it has in ``statistics``."""

    node_groups: tuple[int, ...]
    gpus_of_cards: Mapping[str, int]
    gpus_per_node: Mapping[int, int]
    pods_by_gpus: Mapping[int, int]
    manifests_by_shape: Mapping[Shape, int]
    service_sizes: tuple[int, ...]
    cluster_caps: Mapping[int, int]
    cpu_millicores_per_gpu: tuple[int, ...]
    memory_mebibytes_per_gpu: tuple[int, ...]
    regional_price_percent: tuple[int, ...]


def derived(data: Path) -> Derived:
    """The numbers as the files below *data* give them.

    Raises:
        OSError: a file is missing.
    """
    openb = _rows(data / "openb/openb_node_list_gpu_node.csv")
    spot = _rows(data / "alibaba_other/v2026_spot_gpu_node_info_df.csv.gz")
    pods = [row for row in _rows(data / "openb/openb_pod_list_default.csv.gz") if row["gpu_milli"] == "1000"]
    services = [
        row
        for row in _rows(data / "alibaba_other/v2025_disaggregated_DLRM_trace.csv.gz")
        if row["role"] == "HN"
    ]
    sizes = Counter(row["app_name"] for row in services)
    gpus = [int(row["gpu"]) for row in openb] + [int(row["gpu_capacity_num"]) for row in spot]
    groups = Counter((row["model"], row["gpu"], row["cpu_milli"]) for row in openb)
    return Derived(
        node_groups=tuple(sorted(groups.values(), reverse=True)),
        gpus_of_cards=_cards(spot),
        gpus_per_node=_sorted(Counter(each for each in gpus if each >= _FEWEST_GPUS)),
        pods_by_gpus=_sorted(Counter(int(row["num_gpu"]) for row in pods)),
        manifests_by_shape=_shapes(_rows(data / "workloads/SUMMARY.csv")),
        service_sizes=_quantiles(list(sizes.values())),
        cluster_caps=_caps(services),
        cpu_millicores_per_gpu=_quantiles([int(row["cpu_milli"]) // int(row["num_gpu"]) for row in pods]),
        memory_mebibytes_per_gpu=_quantiles([int(row["memory_mib"]) // int(row["num_gpu"]) for row in pods]),
        regional_price_percent=_regional(_rows(data / "gpu_catalog/azure_karpenter_ondemand_N_series.csv")),
    )


def _rows(path: Path) -> list[dict[str, str]]:
    data = path.read_bytes()
    text = (gzip.decompress(data) if path.suffix == ".gz" else data).decode()
    return list(csv.DictReader(io.StringIO(text)))


def _sorted(counts: Counter[int]) -> dict[int, int]:
    return dict(sorted(counts.items()))


def _quantiles(values: Sequence[int]) -> tuple[int, ...]:
    """The value in the middle of each twentieth."""
    ordered = sorted(values)
    return tuple(ordered[len(ordered) * (2 * step + 1) // (2 * _STEPS)] for step in range(_STEPS))


def _cards(spot: Sequence[Mapping[str, str]]) -> dict[str, int]:
    """GPUs by class: Ampere for training, Hopper (and the unnamed 8-GPU nodes of equal CPU), the small ones."""
    found = {"ampere": 0, "hopper": 0, "small": 0}
    for row in spot:
        model, gpus = row["gpu_model"], int(row["gpu_capacity_num"])
        is_hopper = model in ("H800", "GPU-series-2")
        card = "ampere" if "SXM4-80GB" in model else "hopper" if is_hopper else "small"
        found[card] += gpus
    return found


def _shapes(rows: Sequence[Mapping[str, str]]) -> dict[Shape, int]:
    """Manifests by kind and GPUs of their largest pod; those with other sizes or devices are left out."""
    manifests: dict[tuple[str, str, str], list[Mapping[str, str]]] = defaultdict(list)
    for row in rows:
        manifests[row["project"], row["path"], row["model"]].append(row)
    found: Counter[Shape] = Counter()
    for parts in manifests.values():
        gpus = max((_gpus(row["gpus_per_pod"]) for row in parts), default=0)
        if gpus in _SIZES:
            found[_kind([row["role"] for row in parts]), gpus] += 1
    return dict(sorted(found.items()))


def _gpus(requested: str) -> int:
    count, _, resource = requested.partition(";")[0].partition(" ")
    return int(count) if resource.endswith("gpu") and count.isdecimal() else 0


def _kind(roles: Sequence[str]) -> str:
    if any(role.startswith(("prefill", "decode")) for role in roles):
        return "pair"
    return "gang" if any(part in role for role in roles for part in _GANG_ROLES) else "single"


def _caps(services: Sequence[Mapping[str, str]]) -> dict[int, int]:
    """Services by the instances that one node may hold."""
    limits = {row["app_name"]: int(row["max_instance_per_node"]) for row in services}
    return _sorted(Counter(limit for limit in limits.values() if limit > 0))


def _regional(rows: Sequence[Mapping[str, str]]) -> tuple[int, ...]:
    """Prices in percent of those in the cheapest large region, one value for each twentieth."""
    prices: dict[str, dict[str, int]] = defaultdict(dict)
    for row in rows:
        whole, _, part = row["usd_per_hour"].partition(".")
        prices[row["sku"]][row["region"]] = int(whole + part.ljust(6, "0")[:6])
    ratios = [
        price * 100 // by_region["eastus"]
        for by_region in prices.values()
        if "eastus" in by_region
        for price in by_region.values()
    ]
    return _quantiles(ratios)


if __name__ == "__main__":
    for name, value in derived(Path(sys.argv[1]))._asdict().items():
        sys.stdout.write(f"{name.upper()} = {value!r}\n")
