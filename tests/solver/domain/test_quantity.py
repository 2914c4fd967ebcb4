"""Quantities are exact and read like Kubernetes reads them."""

from contextlib import suppress
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from solver.domain.quantity import INT64_MAX, NANO, InvalidQuantity, Quantity

parse = Quantity.parse
SUFFIXES = {"n": -9, "u": -6, "m": -3, "": 0, "k": 3, "M": 6, "G": 9, "T": 12, "P": 15, "E": 18}
BINARY = {"Ki": 10, "Mi": 20, "Gi": 30, "Ti": 40, "Pi": 50}


@pytest.mark.parametrize(
    "text",
    [
        "20",
        "20M",
        "20Mi",
        "256e3",
        "1E3",
        "100n",
        "100u",
        "5.",
        ".5",
        "1.3G",
        "1.3Gi",
        "10000k",
        "256E",
        "10E",
        "+5",
        "-5",
        "1E-3",
        "1e+3",
        "0",
        "-0",
        "00",
        "Mi",
        ".",
    ],
)
def test_text_of_kubernetes_is_read(text: str) -> None:
    """Including those without digits, which Kubernetes takes for nought."""
    parse(text)


@pytest.mark.parametrize(
    "text",
    ["", " 1", "1 ", "20Mo", "10Mm", "1,3G", "200K", "Three", "1ki", "1mi", "1e", "inf", "1.1.M", "1i", "1e1.5", "\u0661", "1e9999", "1" * 2000],
)  # fmt: skip
def test_other_text_is_refused_with_a_sentence(text: str) -> None:
    """What was found and what was expected."""
    with pytest.raises(InvalidQuantity, match="expected"):
        parse(text)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("256e3", "256000"),
        ("0.0000000004", "0.000000001"),
        ("-0.1n", "-1n"),
        ("200M", "0.2G"),
        ("2M", "2000k"),
        ("1E", "1000P"),
        ("256E", "2.56e20"),
        ("8Ei", str(INT64_MAX)),
        ("100Ei", "8Ei"),
        ("-10Ei", f"-{INT64_MAX}"),
        ("1.0000000001", "1.000000001"),
        ("80Gi", "81920Mi"),
    ],
)
def test_equal_numbers_are_equal_however_written(one: str, other: str) -> None:
    """Hash and equality follow the number."""
    assert parse(one) == parse(other)
    assert hash(parse(one)) == hash(parse(other))


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("80Gi", "80Gi"),
        ("81920Mi", "80Gi"),
        ("1536Mi", "1536Mi"),
        ("1.5Gi", "1536Mi"),
        ("1.5", "1500m"),
        ("1000m", "1"),
        ("1000", "1k"),
        ("1500e3", "1500e3"),
        ("1e3", "1e3"),
        ("0.5Ki", "512"),
        ("0Gi", "0"),
        ("-2048Ki", "-2Mi"),
        ("100E", "100E"),
        ("1000E", "1e21"),
        ("0.0005Ki", "512m"),
    ],
)
def test_text_is_canonical(text: str, canonical: str) -> None:
    """What a user reads is what kubectl prints."""
    assert canonical == str(parse(text))


def test_integers_are_those_written_as_integers() -> None:
    """Kubernetes does not take 1000m for one."""
    assert [True, True, True, False, False, False] == [
        parse(text).is_integer() for text in ("50", "50k", "50000000G", "1000m", "1.5Gi", "9" * 37 + "G")
    ]
    assert 50000 == parse("50k").as_integer()
    with pytest.raises(ValueError, match="cannot convert value to integer"):
        parse("500m").as_integer()


def test_values_are_rounded_away_from_nought() -> None:
    """A request for half a byte needs one."""
    assert (1, -1, 2, 80 * 2**30) == tuple(parse(text).value() for text in ("1m", "-1m", "1001m", "80Gi"))
    assert (500, 1, 1500) == tuple(parse(text).milli_value() for text in ("500m", "1n", "1.5"))


def test_float_is_digits_times_power_of_ten() -> None:
    """The float of Kubernetes, rounding included."""
    assert (50703.0, 0.5, 3 * 0.1) == tuple(
        parse(text).as_approximate_float() for text in ("50.703k", "500m", "0.3")
    )


def test_arithmetic_of_the_documentation() -> None:
    """50k + 20 - 100k - (-50000) = 20."""
    total = parse("50k").add(Quantity.of(20)).sub(parse("100k")).sub(parse("-50000"))

    assert parse("20") == total
    assert 1 == total.sign()


numbers = st.integers(-(10**15), 10**15)
texts = st.builds(lambda n, suffix: f"{n}{suffix}", numbers, st.sampled_from([*SUFFIXES, *BINARY]))


def exact(text: str) -> Fraction:
    suffix = text.lstrip("-0123456789")
    number = Fraction(text.removesuffix(suffix))
    if suffix in BINARY:
        cap = Fraction(INT64_MAX)
        return max(-cap, min(cap, number * (1 << BINARY[suffix])))
    return number * Fraction(f"1e{SUFFIXES[suffix]}")


@given(texts, texts)
def test_order_and_arithmetic_are_exact(one: str, other: str) -> None:
    """Against fractions."""
    first, second = parse(one), parse(other)

    assert exact(one) == Fraction(first.nano, NANO)
    assert (exact(one) < exact(other)) == (first < second)
    assert (exact(one) == exact(other)) == (first == second)
    assert exact(one) + exact(other) == Fraction(first.add(second).nano, NANO)
    assert exact(one) - exact(other) == Fraction(first.sub(second).nano, NANO)


@given(texts)
def test_canonical_text_is_read_back(text: str) -> None:
    """Nothing is lost in a snapshot."""
    quantity = parse(text)

    assert quantity == parse(str(quantity))
    assert str(quantity) == str(parse(str(quantity)))


@given(st.text(alphabet="0123456789.+-eEinumkKMGTP ", max_size=12))
def test_any_text_is_a_quantity_or_invalid(text: str) -> None:
    """Nothing else is raised."""
    with suppress(InvalidQuantity):
        str(parse(text))
