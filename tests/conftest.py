"""Hypothesis profiles: ``dev`` tries new examples each time, ``ci`` the same ones (``HYPOTHESIS_PROFILE``)."""

import os

from hypothesis import HealthCheck, settings

_COMMON = {"deadline": None, "suppress_health_check": [HealthCheck.too_slow, HealthCheck.filter_too_much]}

settings.register_profile("dev", max_examples=50, database=None, **_COMMON)  # type: ignore[arg-type]
settings.register_profile("ci", max_examples=50, derandomize=True, **_COMMON)  # type: ignore[arg-type]
settings.register_profile("hunt", max_examples=1000, database=None, **_COMMON)  # type: ignore[arg-type]
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci" if os.environ.get("CI") else "dev"))
