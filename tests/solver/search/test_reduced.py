"""Settled variables are taken out of the matrix; that must change nothing but its size."""

from random import Random

import pytest

from solver.formulation.build import build
from solver.formulation.matrix import Matrix
from solver.matching.scene import Scene
from solver.matching.survey import Survey
from solver.search.budget import Budget
from solver.search.reduced import reduced
from solver.search.tiers import solve
from tests.solver.search.fleets import like_nodes


@pytest.mark.parametrize("seed", range(12))
def test_reduced_matrix_has_the_same_optima(seed: int) -> None:
    """Any variables may be settled, also to values that no plan allows: then neither has a solution."""
    random = Random(seed)  # noqa: S311
    formulation = build(Scene(Survey(like_nodes(seed, most_nodes=2)), single=False))
    whole, stages = formulation.matrix, formulation.stages[:5]
    optimum = solve(whole, stages, Budget()).solution
    assert optimum is not None
    lower, upper = list(whole.lower), list(whole.upper)
    for variable, value in enumerate(optimum):
        if random.random() < 1 / 2:
            step = random.choice((0,) * 200 + (1,))
            lower[variable] = upper[variable] = min(value + step, whole.upper[variable])

    part = reduced(whole, lower, upper, stages)
    small = solve(part.matrix, part.stages, Budget())
    fixed = solve(Matrix(lower=lower, upper=upper, rows=whole.rows), stages, Budget())

    assert len(part.matrix.lower) < len(whole.lower)
    assert [(r.value, r.bound) for r in fixed.results] == [(r.value, r.bound) for r in small.results]
    assert (fixed.solution is None) == (small.solution is None)
    if small.solution is not None:
        restored = part.restored(small.solution)
        assert all(low <= value <= high for low, value, high in zip(lower, restored, upper, strict=True))
        assert [r.value for r in small.results] == [s.objective.expression.value(restored) for s in stages]
        assert [] == [
            row
            for row in whole.rows
            if not row.lower
            <= sum(c * restored[v] for v, c in zip(row.variables, row.coefficients, strict=True))
            <= row.upper
        ]
