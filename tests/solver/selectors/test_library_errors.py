"""Misuse of every library of the dialect: what does not compile, and what fails on a device."""

import pytest

from tests.solver.selectors.devices import outcome

RUNTIME_ERRORS = """
1 / 0 == 1
1u / 0u == 1u
9223372036854775807 + 1 == 0
-9223372036854775808 - 1 == 0
-(-9223372036854775807 - 1) == 0
(-9223372036854775807 - 1) / -1 == 0
0u - 1u == 0u
18446744073709551615u + 1u == 0u
{"a": 1}["b"] == 1
{"a": 1}.b == 1
[1][1] == 1
[1][-1] == 1
[1][dyn(0.5)] == 1
dyn(1).foo == 1
dyn(1) + dyn("a") == 1
dyn(1) < dyn("a")
!dyn(1)
dyn(1) && true
dyn(1) ? true : false
dyn("a").all(x, true)
["x"].exists(x, int(x) == 1)
[1e30].exists(x, int(x) == 1)
[1, 2].exists(x, dyn(x))
[0, 1].filter(x, 1 / x == 1).size() == 1
[0, 1].exists_one(x, 1 / x == 1)
optional.none().value() == 1
quantity("x") == quantity("1")
quantity("1.5").asInteger() == 1
quantity("1") == dyn("1")
quantity("2") == quantity("1").add(1)
semver("1.0") == semver("1.0.0")
ip("x") == ip("::1")
cidr("x") == cidr("::1/128")
url("x").getHost() == ""
ip("::1") == dyn("::1")
"abc".charAt(4) == ""
"abc".substring(2, 1) == ""
"abc".indexOf("a", 9) == 0
[].min() == 1
[1].slice(0, 2) == [1]
"a".matches(dyn("["))
timestamp("9999-12-31T23:59:59Z") + duration("1s") == timestamp(0)
{"a": "x", "b": "x"}.transformMapEntry(k, v, {v: k}).size() == 1
lists.range(1000000).all(x, x >= 0)
dyn(device).foo == 1
[1][dyn(double("nan"))] == 1
[1][dyn(double("inf"))] == 1
[dyn("a"), dyn(1)].join() == ""
optional.unwrap([dyn(1)]) == []
""".strip().split("\n")

COMPILE_ERRORS = """
1
"true"
[true]
dyn(true)
1 == 1.0
1 == "a"
1 + 1.0 == 2.0
1 + 1u == 2
-1u == 1u
!1
1 && true
1 ? true : false
true ? 1 : "a"
[1, "a"].size() == 2
[1, dyn(1)].size() == 2
{"a": 1, "b": "x"}.size() == 2
[1, 2].existsOne(x, x == 1)
[1].all(1, true)
[1].all(x, x)
[1].all(x, x, true)
1.all(x, true)
"abc".all(x, true)
has(1)
has({"a": 1}["a"])
cel.bind(1, 2, true)
device
device.driver
device.foo == 1
device.driver.foo == 1
foo == 1
foo(1)
"a".foo()
size(1) == 1
"a".reverse() == "a"
math.greatest(1, 2) == 2
base64.encode(b"a") == ""
now() > timestamp(0)
"a".matches("[")
"a".matches("(?=a)")
"a".find("[") == ""
duration("x") == duration("1s")
timestamp("x") == timestamp(0)
int("x") == 1
int(dyn("x")) == 1
int(1e30) == 1
"%d".format(["a"]) == ""
"%d".format([]) == ""
"%z".format([1]) == ""
quantity(5) == quantity("5")
quantity("1") > quantity("0")
quantity("1").sign() == 1
quantity("1") == "1"
semver("1.0.0") > semver("0.0.1")
string(quantity("1")) == "1"
optional.of(1) == 1
[?1] == [1]
1 in 1
"a" in [1]
9223372036854775808 > 0
18446744073709551616u > 0u
1e999 > 0.0
"\\q" == "q"
"\\ud800" == ""
'a
true false
a.`b`
device.in
if
package == 1
f(1,)
(
)
[1
{"a"}
Foo{a: 1}.a == 1
@
# comment
""".strip().split("\n")


@pytest.mark.parametrize("expression", RUNTIME_ERRORS)
def test_library_expression_is_a_runtime_error(expression: str) -> None:
    """Bad values are errors of the evaluation, never exceptions of Python."""
    kind, message = outcome(expression)

    assert "runtime_error" == kind
    assert message


@pytest.mark.parametrize("expression", ["", "  ", *COMPILE_ERRORS])
def test_library_expression_does_not_compile(expression: str) -> None:
    """What Kubernetes refuses at creation never reaches a device."""
    kind, message = outcome(expression)

    assert "compile_error" == kind
    assert message
