"""Milliseconds to find the matching devices among a million, against one evaluation for each device."""

import time
from collections.abc import Callable
from functools import partial

import numpy as np

from solver.domain.device import Device, QualifiedName, VersionText
from solver.domain.device_table import DeviceTable, DeviceTableBuilder
from solver.domain.identity import Driver
from solver.domain.quantity import Quantity
from solver.selectors.selector import Selector, compile_selector
from solver.selectors.table import evaluate

DRIVER = Driver("gpu.nvidia.com")
MODELS = (("NVIDIA A100-SXM4-40GB", "40Gi"), ("NVIDIA H100 80GB HBM3", "80Gi"), ("NVIDIA H200", "141Gi"))
TARGET_MILLISECONDS = 50.0
DEVICES_PER_NODE = 8
EXPRESSIONS = {
    "driver": 'device.driver == "gpu.nvidia.com"',
    "productName": 'device.attributes["gpu.nvidia.com"].productName.contains("H100")',
    "memory": 'device.capacity["gpu.nvidia.com"].memory.compareTo(quantity("80Gi")) >= 0',
    "three clauses": (
        'device.driver == "gpu.nvidia.com" && cel.bind(a, device.attributes["gpu.nvidia.com"], '
        'a.type == "gpu" && a.driverVersion.isGreaterThan(semver("550.0.0")))'
    ),
}


def a_table(devices: int) -> DeviceTable:
    """Nodes of eight GPUs; every device has a uuid of its own."""
    builder = DeviceTableBuilder()
    for row in range(devices):
        node = row // DEVICES_PER_NODE
        model, memory = MODELS[node % len(MODELS)]
        attributes = {
            QualifiedName(DRIVER, "type"): "gpu",
            QualifiedName(DRIVER, "uuid"): f"GPU-{row:08x}",
            QualifiedName(DRIVER, "productName"): model,
            QualifiedName(DRIVER, "driverVersion"): VersionText(f"{550 + node % 3 * 10}.54.15"),
        }
        capacity = {QualifiedName(DRIVER, "memory"): Quantity.parse(memory)}
        builder.add(Device(name=f"gpu-{row % 8}", driver=DRIVER, attributes=attributes, capacity=capacity))
        if row % DEVICES_PER_NODE == DEVICES_PER_NODE - 1:
            builder.end_node()
    return builder.build()


def run(quick: bool = False) -> list[dict[str, object]]:  # noqa: FBT001, FBT002
    """One figure for each expression; *quick* measures a tenth of the devices and scales up."""
    devices = 100_000 if quick else 1_000_000
    scale = 1_000_000 / devices
    table = a_table(devices)
    return [
        {
            "bench": "selector_table",
            "case": f"{case}, 1,000,000 devices",
            "metric": "evaluate",
            "value": round(_best_milliseconds(partial(evaluate, selector, table)) * scale, 2),
            "unit": "ms",
            "target": TARGET_MILLISECONDS,
            "baseline": round(_naive_milliseconds(selector, table), 1),
        }
        for case, selector in ((case, compile_selector(text)) for case, text in EXPRESSIONS.items())
    ]


def _naive_milliseconds(selector: Selector, table: DeviceTable, sample: int = 2_000) -> float:
    """One evaluation for each device, measured on a sample and scaled to a million."""
    devices = [table.device(int(row)) for row in np.linspace(0, len(table) - 1, sample)]
    return _best_milliseconds(lambda: [selector.match(device) for device in devices]) * 1_000_000 / sample


def _best_milliseconds(act: Callable[[], object], rounds: int = 5) -> float:
    best = float("inf")
    act()
    for _ in range(rounds):
        started = time.perf_counter()
        act()
        best = min(best, time.perf_counter() - started)
    return best * 1000


if __name__ == "__main__":
    for figure in run():
        print(figure)
