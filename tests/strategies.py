"""Hypothesis strategies: problems of the kinds that the oracle looks at, which hypothesis can make smaller."""

from hypothesis import strategies as st

from solver.domain.problem import Problem
from tests.solver.oracle.generate import from_random


def problems() -> st.SearchStrategy[Problem]:
    """Tiny problems with a bit of everything."""
    return st.randoms(use_true_random=False).map(from_random)
