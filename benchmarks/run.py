"""Runs the benches: every module and package of this folder with a function ``run(quick)`` is one.

One that says ``ONLY_BY_NAME = True`` takes long and is left out unless it is named.

Usage: ``python benchmarks/run.py [NAME...] [--quick] [--json]``. Figures go to stdout, a line for each bench that
starts or fails to stderr; the exit status is 1 if a bench failed or a figure is over its target.
"""

import argparse
import importlib
import json
import os
import platform
import sys
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console
from rich.table import Table

HERE = Path(__file__).parent
if str(HERE.parent) not in sys.path:
    sys.path.insert(0, str(HERE.parent))

from benchmarks.figure import Figure  # noqa: E402 (the path above comes first)

Bench = Callable[[bool], list[Figure]]
_COLUMNS = ("BENCH", "CASE", "METRIC")
_NUMBERS = ("VALUE", "TARGET", "OF TARGET", "BASELINE", "OF BASELINE")
_WHOLE_FROM = 1000


def main(arguments: Sequence[str]) -> int:
    """Run what *arguments* ask for; the exit status."""
    parser = argparse.ArgumentParser(prog="benchmarks/run.py", description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", metavar="NAME", help="benches to run, default: all")
    parser.add_argument("--quick", action="store_true", help="smaller cases, fewer rounds")
    parser.add_argument("--json", action="store_true", help="one JSON line for each figure")
    chosen = parser.parse_args(arguments)
    known = benches()
    unknown = sorted(set(chosen.names) - set(known))
    if unknown:
        parser.error(f"no bench {unknown[0]!r}, expected one of: {', '.join(known)}")
    figures: list[Figure] = []
    has_failed = False
    for name in chosen.names or (name for name in known if not _is_only_by_name(name)):
        print(f"running {name}", file=sys.stderr)
        try:
            found = known[name](chosen.quick)
        except Exception as error:  # noqa: BLE001 (one broken bench must not hide the others)
            print(f"error: {name}: {type(error).__name__}: {error}", file=sys.stderr)
            has_failed = True
            continue
        figures += found
        if chosen.json:
            _print_json(found)
    if not chosen.json and figures:
        _print_table(figures)
    return 1 if has_failed or any(map(_is_over, figures)) else 0


def benches() -> dict[str, Bench]:
    """The benches by name."""
    found = {}
    packages = (inside.parent for inside in HERE.glob("*/__init__.py"))
    for path in sorted([*HERE.glob("*.py"), *packages]):
        if path.stem == Path(__file__).stem:
            continue
        run = getattr(importlib.import_module(f"benchmarks.{path.stem}"), "run", None)
        if run is not None:
            found[path.stem] = run
    return found


def _is_only_by_name(name: str) -> bool:
    return bool(getattr(importlib.import_module(f"benchmarks.{name}"), "ONLY_BY_NAME", False))


def _print_json(figures: Sequence[Figure]) -> None:
    for figure in figures:
        print(json.dumps(figure), flush=True)


def _print_table(figures: Sequence[Figure]) -> None:
    table = Table(box=None, pad_edge=False, header_style="")
    for column in _COLUMNS:
        table.add_column(column, no_wrap=True)
    for column in _NUMBERS:
        table.add_column(column, justify="right", no_wrap=True)
    for figure in figures:
        unit = figure["unit"]
        table.add_row(
            figure["bench"],
            figure["case"],
            figure["metric"],
            f"{_number(figure['value'])} {unit}",
            _number(figure["target"]),
            _ratio(figure["value"], figure["target"]),
            _number(figure["baseline"]),
            _ratio(figure["value"], figure["baseline"]),
            style="red" if _is_over(figure) else "",
        )
    # Never folded: a table that is cut at 80 columns cannot be copied into the README.
    width = None if sys.stdout.isatty() else 240
    Console(width=width, highlight=False).print(table)
    print(f"{datetime.now(UTC):%Y-%m-%d}, {_machine()}")


def _machine() -> str:
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return (
        f"{os.cpu_count()} cores, {memory:.0f} GiB, {_processor()}, {platform.system()} {platform.machine()}, "
        f"Python {platform.python_version()}"
    )


def _processor() -> str:
    cpu_info = Path("/proc/cpuinfo")
    lines = cpu_info.read_text().splitlines() if cpu_info.exists() else []
    models = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return models[0] if models else platform.processor() or "unknown processor"


def _is_over(figure: Figure) -> bool:
    return figure["target"] is not None and figure["value"] > figure["target"]


def _number(value: float | None) -> str:
    if value is None:
        return "-"
    return f"{value:,.0f}" if value == int(value) or abs(value) >= _WHOLE_FROM else f"{value:,.3g}"


def _ratio(value: float, other: float | None) -> str:
    return f"{value / other:.3g}x" if other else "-"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
