"""The three-valued logic: an operand that decides absorbs errors, on either side and in any order."""

from hypothesis import given
from hypothesis import strategies as st

from tests.solver.selectors.devices import A, outcome

OPERANDS = {"true": True, "false": False, f"{A}.nope": None, f"{A}.model": None, "1 / 0 == 1": None}


@given(st.lists(st.sampled_from(sorted(OPERANDS)), min_size=2, max_size=5), st.sampled_from(["&&", "||"]))
def test_order_of_operands_does_not_matter(operands: list[str], operator: str) -> None:
    """Only whether one decides, and if none does whether one is an error."""
    decides = operator == "||"
    values = [OPERANDS[operand] for operand in operands]
    if decides in values:
        expected = str(decides).lower()
    else:
        expected = "runtime_error" if None in values else str(not decides).lower()

    assert expected == outcome(f" {operator} ".join(operands))[0]
    assert expected == outcome(f" {operator} ".join(reversed(operands)))[0]
    assert expected == outcome(f" {operator} ".join(f"({operand})" for operand in operands))[0]


@given(st.lists(st.sampled_from([0, 1, 2]), max_size=5))
def test_quantifiers_are_chains_of_operators(numbers: list[int]) -> None:
    """``all`` is a conjunction and ``exists`` a disjunction, errors included."""
    for macro, operator, empty in (("all", "&&", "true"), ("exists", "||", "false")):
        chain = f" {operator} ".join(f"2 / {number} == 2" for number in numbers) or empty

        assert outcome(chain)[0] == outcome(f"{numbers}.{macro}(x, 2 / x == 2)")[0]
