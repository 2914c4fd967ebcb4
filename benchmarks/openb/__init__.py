"""The openb experiment of the FGD paper; this is the five-minute part, ``openb_all`` the long one."""

from benchmarks.figure import Figure
from benchmarks.openb.compare import compare, figures_of

#: The trace of the headline, and those on which policies have collapsed.
_CASES = (("default", 42), ("gpuspec25", 43), ("multigpu40", 42))


def run(quick: bool) -> list[Figure]:  # noqa: FBT001 (the runner calls it)
    """The figures of a few traces with one seed each; of the default trace only where *quick*."""
    cases = _CASES[:1] if quick else _CASES
    return [entry for trace, seed in cases for entry in figures_of("openb", compare(trace, seed))]
