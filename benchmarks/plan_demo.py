"""Wall seconds of ``modelplane plan`` on the demo fleet, start-up of Python and imports included.

The baseline is a process that only imports the solver library.
"""

import sys
from pathlib import Path

from benchmarks.figure import Figure, figure, median_seconds

BENCH = "plan_demo"
SECONDS_TARGET = 3.0
_IMPORT = "from ortools.sat.python import cp_model"


def run(quick: bool = False) -> list[Figure]:  # noqa: FBT001, FBT002 (the runner's contract)
    """The median of five processes; *quick* takes one."""
    rounds = 1 if quick else 5
    command = [str(Path(sys.executable).with_name("modelplane")), "plan"]
    seconds = median_seconds([*command, "examples/fleet", "examples/deployments"], rounds)
    imports = median_seconds([sys.executable, "-c", _IMPORT], rounds)
    case = "examples/fleet, examples/deployments"
    return [figure(BENCH, case, "modelplane plan", seconds, "s", target=SECONDS_TARGET, baseline=imports)]
