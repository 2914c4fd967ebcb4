"""Expressions that do not compile say where and what was meant; nothing else may escape."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from solver.selectors.selector import CompileError, Environment, OutcomeKind, compile_selector
from tests.solver.selectors.devices import outcome


def compile_error(text: str) -> CompileError:
    with pytest.raises(CompileError) as caught:
        compile_selector(text)
    assert caught.value.caret().endswith("^")
    return caught.value


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("device.atributes == {}", "undefined field 'atributes' of device; did you mean 'attributes'?"),
        ("devise == 1", "undeclared reference to 'devise'; did you mean 'device'?"),
        ('"a".starsWith("a")', "undeclared reference to 'starsWith'; did you mean 'startsWith'?"),
        ('quantty("1") == 1', "undeclared reference to 'quantty'; did you mean 'quantity'?"),
        ("[1].exist(1, true)", "undeclared reference to 'exist'; did you mean 'exists'?"),
        ('quantity("1") > quantity("0")', "found no matching overload for '_>_' applied to '(kubernetes.Quantity, kubernetes.Quantity)'"),
        ("1", "must evaluate to bool or the unknown type, not int"),
    ],
)  # fmt: skip
def test_message_says_what_was_wrong(text: str, message: str) -> None:
    """With the nearest name, if there is one."""
    assert message == compile_error(text).message


def test_caret_is_below_the_column() -> None:
    """Also on a later line and behind a tab."""
    error = compile_error("true &&\n\tdevice.foo")

    assert (2, 8) == (error.line, error.column)
    assert "\tdevice.foo\n\t      ^" == error.caret()
    assert "line 2, column 8: undefined field 'foo' of device" == error.sentence()


@pytest.mark.parametrize("nest", ["(", "[", "-(", "!(", "{1:", "f(", "a.b(", "a[", "true?(", "[1].map(x,"])
@pytest.mark.parametrize("depth", [100, 300, 3000])
def test_deep_nesting_is_a_compile_error(nest: str, depth: int) -> None:
    """And no RecursionError."""
    closing = {"(": ")", "[": "]", "{": "}"}
    end = "".join(
        closing[character] for character in reversed(nest) if character in closing and character != ""
    )
    if nest == "[1].map(x,":
        end = ")"
    tail = ":1)" if nest == "true?(" else end

    compile_error(nest * depth + "1" + tail * depth)


@pytest.mark.parametrize("count", [10, 200])
def test_moderate_nesting_compiles_and_runs(count: int) -> None:
    """Two hundred levels are still accepted, and long chains are no nesting at all."""
    assert "true" == outcome("(" * count + "true" + ")" * count)[0]
    assert "true" == outcome(" && ".join(["true"] * count * 10))[0]
    assert "true" == outcome("+".join(["1"] * count) + f" == {count}")[0]
    assert "true" == outcome("true ? true : " * (count // 2) + "true")[0]


def test_text_beyond_the_limit_is_refused_for_new_objects() -> None:
    """Objects that exist keep working."""
    text = f'"{"x" * 10_300}" != ""'

    assert "true" == outcome(text)[0]
    assert "compile_error" == outcome(text, environment=Environment.NEW)[0]


PIECES = st.sampled_from(
    [
        *'()[]{}.,?:!-+*/%<>="\'\\`@#&|\n 0179',
        "true", "null", "device", ".attributes", ".driver", '["gpu.example.com"]', ".model", "1", "1u", "1.5", '"a"',
        "b'a'", "&&", "||", "==", "!=", " in ", ".?", "[?", "has(", "x", ".all(x,", ".map(x,", "cel.bind(x,", "size(",
        ".matches(", "quantity(", "semver(", "optional.of(", ".orValue(", "duration(", "'''", "0x", "1e", ".sum()",
        "\u00e9", "\U0001f600", "\x00", "\ud800",
    ]
)  # fmt: skip


@given(st.lists(PIECES, max_size=25).map("".join) | st.text(max_size=60))
def test_junk_is_a_compile_error_or_a_verdict(text: str) -> None:
    """Selectors come from users; no text may raise anything else."""
    kind, message = outcome(text)

    assert kind in set(OutcomeKind)
    assert bool(message) == kind.endswith("error")


def test_same_text_is_compiled_once() -> None:
    """A fleet has many devices and few selectors."""
    assert compile_selector("true") is compile_selector("true")
    assert compile_error("tru").message == compile_error("tru").message
