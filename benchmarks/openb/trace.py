"""Readers of the openb trace: the GPU nodes, and the pods of one of its 17 workloads.

Where the files are and what they mean: ``../shared/data/README.md``. Amounts keep the units of the files, which are
integers: milli-cores, MiB, thousandths of a device.
"""

import csv
import gzip
import os
from dataclasses import dataclass
from functools import cache
from pathlib import Path

DEVICE_MILLI = 1000
NODES_FILE = "openb_node_list_gpu_node.csv"
TRACES = (
    "default",
    "cpu050",
    "cpu100",
    "cpu200",
    "cpu250",
    "gpushare40",
    "gpushare60",
    "gpushare80",
    "gpushare100",
    "gpuspec10",
    "gpuspec20",
    "gpuspec25",
    "gpuspec33",
    "multigpu20",
    "multigpu30",
    "multigpu40",
    "multigpu50",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """A node: milli-cores, MiB, how many devices of which model."""

    name: str
    cpu_milli: int
    memory_mib: int
    devices: int
    model: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What a pod wants; equal requests are interchangeable.

    *share_milli* of each of *devices* devices: below 1000 only of a single device, 0 where there is none.
    *models* are the device models that will do, sorted; empty: all of them.
    """

    cpu_milli: int
    memory_mib: int
    devices: int
    share_milli: int
    models: tuple[str, ...] = ()

    @property
    def device_milli(self) -> int:
        """Thousandths of devices altogether."""
        return self.devices * self.share_milli


@dataclass(frozen=True, slots=True, kw_only=True)
class Pod:
    """One pod of the trace."""

    name: str
    request: Request


def data_folder() -> Path:
    """Where the files of the trace are: ``$MODELPLANE_SHARED/data/openb``, or beside the work tree."""
    beside = Path(__file__).resolve().parents[3] / "shared"
    return Path(os.environ.get("MODELPLANE_SHARED", beside)) / "data" / "openb"


@cache
def nodes() -> tuple[Node, ...]:
    """The GPU nodes in the order of the list, which decides ties."""
    with (data_folder() / NODES_FILE).open(newline="") as file:
        return tuple(_node(row) for row in csv.DictReader(file))


@cache
def pods(trace: str) -> tuple[Pod, ...]:
    """The pods of *trace*, one of TRACES, by name."""
    with gzip.open(data_folder() / f"openb_pod_list_{trace}.csv.gz", "rt", newline="") as file:
        return tuple(sorted((_pod(row) for row in csv.DictReader(file)), key=lambda pod: pod.name))


def _node(row: dict[str, str]) -> Node:
    return Node(
        name=row["sn"],
        cpu_milli=int(row["cpu_milli"]),
        memory_mib=int(row["memory_mib"]),
        devices=int(row["gpu"]),
        model=row["model"],
    )


def _pod(row: dict[str, str]) -> Pod:
    devices = int(row["num_gpu"])
    wanted = row.get("gpu_spec") or ""
    return Pod(
        name=row["name"],
        request=Request(
            cpu_milli=int(row["cpu_milli"]),
            memory_mib=int(row["memory_mib"]),
            devices=devices,
            # The trace gives several devices as whole ones, and none as a share of nothing.
            share_milli=0 if devices == 0 else int(row["gpu_milli"]) if devices == 1 else DEVICE_MILLI,
            models=tuple(sorted(set(wanted.split("|")))) if wanted else (),
        ),
    )
