"""Versions follow semver 2.0.0; normalisation repairs only what Kubernetes repairs."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from solver.domain.semver import InvalidSemver, Semver

PRECEDENCE = [
    "1.0.0-alpha",
    "1.0.0-alpha.1",
    "1.0.0-alpha.beta",
    "1.0.0-beta",
    "1.0.0-beta.2",
    "1.0.0-beta.11",
    "1.0.0-rc.1",
    "1.0.0",
    "1.0.1",
    "1.1.0",
    "2.0.0",
    "10.0.0",
]


@pytest.mark.parametrize(
    "text", ["1.0.0", "1.2.3-beta.1+build.1", "0.0.0", "18446744073709551615.0.0", "1.0.0--"]
)
def test_version_is_read_back(text: str) -> None:
    """Strictly parsed, losslessly written."""
    assert text == str(Semver.parse(text))


@pytest.mark.parametrize(
    "text",
    ["hello", "", "v1.0.0", "v1.0", " 1.0.0", "1. 0.0", "1.0.0 ", "01.0.0", "1", "1.1", "200K", "1.2.3.4", "1.0.0-01", "1.0.0-", "1.0.0+", "18446744073709551616.0.0", "\u0661.0.0"],
)  # fmt: skip
def test_other_text_is_refused_with_a_sentence(text: str) -> None:
    """What was found and what was expected."""
    with pytest.raises(InvalidSemver, match="expected"):
        Semver.parse(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [("v1.0.0", "1.0.0"), ("01.01.01", "1.1.1"), ("1", "1.0.0"), ("v1.1", "1.1.0"), ("v01.01", "1.1.0"), ("00.0.0", "0.0.0"), ("1.2.03-rc.1", "1.2.3-rc.1")],
)  # fmt: skip
def test_normalised_version(text: str, expected: str) -> None:
    """One v, missing parts, leading zeros."""
    assert expected == str(Semver.parse(text, normalize=True))


@pytest.mark.parametrize(
    "text", ["", " 1.0.0", "1.0.0 ", "1. 0", "vv1.0.0", "V1.0.0", "1.0-rc1", "1+build", "1.2.3.4"]
)
def test_normalisation_repairs_nothing_else(text: str) -> None:
    """In particular no spaces."""
    with pytest.raises(InvalidSemver):
        Semver.parse(text, normalize=True)


def test_precedence_is_the_one_of_the_specification() -> None:
    """Numbers before words, a pre-release before its release."""
    versions = list(map(Semver.parse, PRECEDENCE))

    assert versions == sorted(sorted(versions, key=str))
    assert all(one < other and one.compare(other) == -1 for one, other in pairwise(versions))


def test_build_metadata_does_not_count() -> None:
    """Neither for equality nor for the hash."""
    assert {Semver.parse("1.0.0+a")} == {Semver.parse("1.0.0+b")}
    assert 0 == Semver.parse("1.0.0+a").compare(Semver.parse("1.0.0"))


parts = st.integers(0, 2**64 - 1)


@given(parts, parts, parts)
def test_valid_version_is_not_changed_by_normalisation(major: int, minor: int, patch: int) -> None:
    """Normalising is safe on what is strict already."""
    text = f"{major}.{minor}.{patch}"

    assert text == str(Semver.parse(text, normalize=True))
    assert (major, minor, patch) == (
        Semver.parse(text).major,
        Semver.parse(text).minor,
        Semver.parse(text).patch,
    )
