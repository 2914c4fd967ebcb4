"""The numbers that fleets are drawn from are those that the public data give."""

import os
from pathlib import Path

import pytest

from simulations.fleets import statistics
from simulations.fleets.derivation import derived

_SHARED = Path(os.environ.get("MODELPLANE_SHARED", Path(__file__).parents[4] / "shared"))


@pytest.mark.skipif(not (_SHARED / "data").is_dir(), reason="the data of ../shared are not here")
def test_statistics_are_derived_from_the_data() -> None:
    """Nobody types them in, and nobody improves them."""
    for name, value in derived(_SHARED / "data")._asdict().items():
        kept = getattr(statistics, name.upper(), None)
        if kept is not None:
            assert kept == value, name
