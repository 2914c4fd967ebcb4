"""The clean model against the replay of the Kubernetes allocator: they differ where it has a known bug.

``DEVICE_FIT_EXAMPLES=20000 pytest -s -k agree tests/solver/matching/device_fit/test_against_replay.py`` tries that
many problems for each scheduler and prints how often each difference was met.
"""

import os
from collections import Counter
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from solver.domain.kubernetes import SchedulerFeatures
from tests.solver.matching.device_fit.agreement import explanation
from tests.solver.matching.device_fit.generate_for_replay import SCHEDULERS, generate_for_replay, name_of

#: For each of the eight schedulers; 2,000 in all.
EXAMPLES = int(os.environ.get("DEVICE_FIT_EXAMPLES", "250"))
#: The same ones each time, as what fails must not depend on the day; nothing is kept between runs.
same_each_time = settings(
    max_examples=EXAMPLES,
    derandomize=True,
    database=None,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)


@pytest.mark.slow
@pytest.mark.timeout(0 if EXAMPLES > 2000 else 300)
@pytest.mark.parametrize("features", SCHEDULERS, ids=name_of)
def test_the_layers_agree_but_for_known_bugs(features: SchedulerFeatures) -> None:
    """Every difference vanishes when the named bugs are taken away."""
    met: Counter[str] = Counter()

    @same_each_time
    @given(st.integers(0, 2**64 - 1))
    def compare(number: int) -> None:
        found = explanation(generate_for_replay(Random(number), features), features)  # noqa: S311
        met[" + ".join(sorted(found)) or "agreed"] += 1

    compare()
    print(f"\n{name_of(features)}: {dict(met.most_common())}")  # noqa: T201
