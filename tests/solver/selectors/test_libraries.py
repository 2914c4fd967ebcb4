"""Every library of the dialect, expression by expression."""

import pytest

from tests.solver.selectors.devices import outcome

TRUE = """
1 + 2 * 3 - 4 == 3
7 / 2 == 3
-7 / 2 == -3
-7 % 3 == -1
7u / 2u == 3u
7.0 / 2.0 == 3.5
1.0 / 0.0 == double("inf")
0.0 / 0.0 != 0.0 / 0.0
0x1F == 31
0xFFu == 255u
1e3 == 1000.0
.5 == 0.5
-9223372036854775808 < 0
--1 == 1
!!true
dyn(1) == 1.0
dyn(1u) == 1
dyn(1) != "1"
dyn([1]) == [1.0]
1 < 2.5
2u > 1
-1 < 1u
1.5 <= 2u
9223372036854775807 < 9223372036854775808.0
"a" < "b"
b"a" < b"b"
false < true
"a" + "b" == "ab"
b"a" + b"b" == b"ab"
[1] + [2] == [1, 2]
[1, 2,] == [1, 2]
[] == []
{} == {}
{"a": 1,}["a"] == 1
{"a": 1}.a == 1
{1: "x"}[dyn(1.0)] == "x"
{1u: "x"}[dyn(1)] == "x"
{true: 1}[true] == 1
{dyn(true): "bool", dyn(1): "int"}[dyn(1)] == "int"
{"a": {"b": 2}}.a.b == 2
1 in [1, 2]
!(3 in [1, 2])
"a" in {"a": 1}
dyn(1) in {1u: 1}
[1, 2][1] == 2
[1, 2][dyn(1.0)] == 2
[[1], []] == [[1], []]
true ? true : 1 / 0 == 1
false || true
1 / 0 == 1 || true
true || 1 / 0 == 1
!(1 / 0 == 1 && false)
size("héllo") == 5
"héllo".size() == 5
size(b"h\\303\\251") == 3
size([1, 2]) == 2
{"a": 1}.size() == 1
"a\\tb".size() == 3
r"a\\tb".size() == 4
'''a"b''' == "a\\"b"
"\\u00e9" == "é"
"\\U0001F600".size() == 1
"\\x41\\101" == "AA"
b"\\xff" == b"\\377"
type(1) == int
type(1u) == uint
type(1.0) == double
type("") == string
type(b"") == bytes
type(true) == bool
type(null) == null_type
type([]) == list
type({}) == map
type(type(1)) == type
type(duration("1s")) == google.protobuf.Duration
type(timestamp(0)) == google.protobuf.Timestamp
type(optional.none()) == optional_type
type(ip("1.2.3.4")) == net.IP
int("-12") == -12
int(3.9) == 3
int(-3.9) == -3
int(7u) == 7
int(timestamp("1970-01-01T00:01:00Z")) == 60
uint("7") == 7u
uint(3.9) == 3u
double("1.5") == 1.5
double(3) == 3.0
string(12) == "12"
string(12u) == "12"
string(1.5) == "1.5"
string(1000000.0) == "1e+06"
string(123456.0) == "123456"
string(0.0001) == "0.0001"
string(true) == "true"
string(b"ab") == "ab"
string(duration("90m")) == "5400s"
string(duration("1500ms")) == "1.5s"
string(timestamp("2009-02-13T23:31:30Z")) == "2009-02-13T23:31:30Z"
bytes("é") == b"\\303\\251"
bool("true") && bool("1") && !bool("f")
"hello".contains("ell") && "hello".startsWith("he") && "hello".endsWith("lo")
"hello".matches("^h.*o$") && matches("hello", "ell")
!"hello".matches("^ell")
[1, 2].all(x, x > 0)
[].all(x, x > 0)
![].exists(x, x > 0)
[1, 0].exists(x, 1 / x == 1)
![0, 1].all(x, 1 / x == 2)
[1, 2, 3].exists_one(x, x == 2)
![1, 2, 2].exists_one(x, x == 2)
[1, 2, 3].filter(x, x > 1) == [2, 3]
[1, 2, 3].map(x, x * 2) == [2, 4, 6]
[1, 2, 3].map(x, x > 1, x * 2) == [4, 6]
{"a": 1}.map(k, k) == ["a"]
[1, 2].all(i, v, v == i + 1)
{"a": 1}.exists(k, v, k == "a" && v == 1)
[5, 6].existsOne(i, v, i == 1 && v == 6)
[5, 6].exists_one(i, v, i == 1)
[5, 6].transformList(i, v, i + v) == [5, 7]
[5, 6].transformList(i, v, i > 0, i + v) == [7]
{"a": 1}.transformMap(k, v, v + 1) == {"a": 2}
{"a": 1, "b": 2}.transformMap(k, v, v > 1, v) == {"b": 2}
{"a": "x"}.transformMapEntry(k, v, {v: k}) == {"x": "a"}
cel.bind(x, 2, x * x) == 4
cel.bind(x, 1 / 0, true)
cel.bind(x, [1, 2], cel.bind(y, x + x, y.size())) == 4
has({"a": 1}.a) && !has({"a": 1}.b)
optional.of(1).hasValue() && optional.of(1).value() == 1
!optional.none().hasValue()
optional.of(1) == optional.of(1)
optional.of(1) != optional.none()
optional.none() == optional.none()
!optional.ofNonZeroValue(0).hasValue() && !optional.ofNonZeroValue("").hasValue()
optional.ofNonZeroValue(1).hasValue()
optional.none().orValue(3) == 3
optional.none().or(optional.of(2)).value() == 2
optional.of(2).optMap(x, x * 2).value() == 4
!optional.none().optMap(x, 1 / 0).hasValue()
optional.of(2).optFlatMap(x, optional.of(x)).value() == 2
{"a": 1}[?"a"].value() == 1
!{"a": 1}[?"b"].hasValue()
{"a": {"b": 1}}.?a.?b.value() == 1
{"a": {"b": 1}}.?a.b.value() == 1
{"a": {"b": 1}}[?"a"]["b"].value() == 1
!{"a": {"b": 1}}.?c.b.hasValue()
[1, 2][?1].value() == 2
![1, 2][?5].hasValue()
[1, ?optional.none(), ?optional.of(2)] == [1, 2]
{?"a": optional.none(), "b": 1} == {"b": 1}
[1, 2].first().value() == 1 && [1, 2].last().value() == 2
![].first().hasValue()
optional.unwrap([optional.of(1), optional.none()]) == [1]
[optional.of(1), optional.none()].unwrapOpt() == [1]
"abc".charAt(1) == "b" && "abc".charAt(3) == ""
"tacocat".indexOf("ac") == 1 && "tacocat".indexOf("ac", 3) == -1 && "tacocat".indexOf("", 2) == 2
"tacocat".lastIndexOf("at") == 5 && "tacocat".lastIndexOf("c", 3) == 2 && "tacocat".lastIndexOf("") == 7
["a", "b"].join() == "ab" && ["a", "b"].join("-") == "a-b" && [].join("-") == ""
"TacoCÆt".lowerAscii() == "tacocÆt" && "tacocÆt".upperAscii() == "TACOCÆT"
"hello hello".replace("he", "we") == "wello wello"
"hello hello".replace("he", "we", 1) == "wello hello"
"hello hello".replace("he", "we", 0) == "hello hello"
"ab".replace("", "_") == "_a_b_"
"a b c".split(" ") == ["a", "b", "c"] && "a b c".split(" ", 2) == ["a", "b c"]
"a b c".split(" ", 0) == [] && "a b c".split(" ", 1) == ["a b c"] && "abc".split("") == ["a", "b", "c"]
"tacocat".substring(4) == "cat" && "tacocat".substring(0, 4) == "taco" && "abc".substring(3) == ""
"  \\ttrim\\n  ".trim() == "trim"
strings.quote("a\\n\\"b") == "\\"a\\\\n\\\\\\"b\\""
"%s %d %.2f %x %X %o %b %e %%".format(["a", 1, 1.5, 255, 255, 8, 5, 1000.0]) == "a 1 1.50 ff FF 10 101 1.000000e+03 %"
"%s".format([[1, "a", true, null]]) == "[1, a, true, null]"
"%s".format([{"b": 1, "a": 2}]) == "{a: 2, b: 1}"
"%x".format(["ab"]) == "6162"
"abc 123".find("[0-9]+") == "123" && "abc".find("[0-9]+") == ""
"1 2 3".findAll("[0-9]") == ["1", "2", "3"] && "1 2 3".findAll("[0-9]", 2) == ["1", "2"]
"abc".findAll("z") == [] && "1 2".findAll("[0-9]", 0) == [] && "1 2".findAll("[0-9]", -1) == ["1", "2"]
[1, 2, 3, 4].slice(1, 3) == [2, 3] && [1].slice(1, 1) == []
[[[1], [2]], [[3]]].flatten().size() == 3
[[[1], [2]], [[3]]].flatten(2) == [1, 2, 3]
[[1], [2]].flatten() == [1, 2] && [dyn([1]), dyn(2)].flatten(1) == [1, 2]
[3, 1, 2].sort() == [1, 2, 3] && ["b", "a"].sort() == ["a", "b"]
["ccc", "a", "bb"].sortBy(s, s.size()) == ["a", "bb", "ccc"]
[1, 1, 2].distinct() == [1, 2] && [1, 2].reverse() == [2, 1]
lists.range(3) == [0, 1, 2] && lists.range(0) == []
[1, 2].isSorted() && ![2, 1].isSorted() && ["a", "b"].isSorted()
[1, 2].sum() == 3 && [1.5, 2.0].sum() == 3.5 && [1u, 2u].sum() == 3u
[duration("1s"), duration("2s")].sum() == duration("3s")
[3, 1].min() == 1 && [3, 1].max() == 3 && ["b", "a"].max() == "b"
[1, 2, 1].indexOf(1) == 0 && [1, 2, 1].lastIndexOf(1) == 2 && [1].indexOf(9) == -1
sets.contains([1, 2], [1]) && sets.equivalent([1, 1, 2], [2, 1]) && sets.intersects([1], [1, 2])
!sets.intersects([1], [2]) && sets.contains([], []) && !sets.contains([1], [2])
url("https://user:pass@example.com:80/path?k=a&k=b").getHost() == "example.com:80"
url("https://example.com:80/").getHostname() == "example.com" && url("https://example.com:80/").getPort() == "80"
url("https://[::1]:80/").getHostname() == "::1" && url("https://[::1]:80/").getPort() == "80"
url("https://example.com/with space/").getEscapedPath() == "/with%20space/"
url("https://example.com/path?k=a&k=b&l=c").getQuery() == {"k": ["a", "b"], "l": ["c"]}
url("/path").getScheme() == "" && url("HTTPS://a").getScheme() == "https"
isURL("https://a.b") && isURL("/a") && !isURL("../a") && !isURL("a") && !isURL("https://a:b:c/") && !isURL("")
url("https://a/") == url("https://a/")
ip("192.168.0.1").family() == 4 && ip("::1").family() == 6
isIP("1.2.3.4") && isIP("::1") && !isIP("1.2.3") && !isIP("01.2.3.4") && !isIP("::ffff:1.2.3.4") && !isIP("fe80::1%eth0")
ip.isCanonical("::1") && !ip.isCanonical("0::1")
ip("0.0.0.0").isUnspecified() && ip("127.0.0.1").isLoopback() && ip("224.0.0.1").isLinkLocalMulticast()
ip("169.254.1.1").isLinkLocalUnicast() && ip("10.0.0.1").isGlobalUnicast() && !ip("255.255.255.255").isGlobalUnicast()
string(ip("0::1")) == "::1" && ip("::1") == ip("0::1")
cidr("10.0.0.0/8").containsIP("10.1.2.3") && cidr("10.0.0.0/8").containsIP(ip("10.1.2.3"))
!cidr("10.0.0.0/8").containsIP("11.0.0.1") && !cidr("10.0.0.0/8").containsIP("::1")
cidr("10.0.0.0/8").containsCIDR("10.1.0.0/16") && !cidr("10.1.0.0/16").containsCIDR(cidr("10.0.0.0/8"))
cidr("10.1.2.3/8").masked() == cidr("10.0.0.0/8") && cidr("10.1.2.3/8") != cidr("10.0.0.0/8")
cidr("10.0.0.0/8").prefixLength() == 8 && cidr("10.1.2.3/8").ip() == ip("10.1.2.3")
string(cidr("10.0.0.0/8")) == "10.0.0.0/8"
isCIDR("10.0.0.0/8") && !isCIDR("10.0.0.0") && !isCIDR("10.0.0.0/33") && !isCIDR("10.0.0.0/08")
!format.dns1123Label().validate("my-label").hasValue() && format.dns1123Label().validate("My").hasValue()
format.named("dns1123Subdomain").value().validate("a..b").hasValue() && !format.named("nope").hasValue()
!format.uuid().validate("123e4567-e89b-12d3-a456-426614174000").hasValue() && format.uuid().validate("x").hasValue()
!format.date().validate("2021-01-01").hasValue() && format.date().validate("2021-13-01").hasValue()
!format.datetime().validate("2021-01-01T00:00:00Z").hasValue() && format.datetime().validate("2021-01-01").hasValue()
!format.byte().validate("aGVsbG8=").hasValue() && format.byte().validate("aGVsbG8").hasValue()
!format.qualifiedName().validate("a.b/c").hasValue() && format.qualifiedName().validate("/c").hasValue()
!format.labelValue().validate("").hasValue() && !format.uri().validate("http://a").hasValue()
!format.dns1123LabelPrefix().validate("my-").hasValue() && format.dns1035Label().validate("1a").hasValue()
timestamp("2020-01-01T00:00:00Z") + duration("1h") == timestamp("2020-01-01T01:00:00Z")
timestamp("2020-01-01T01:00:00Z") - timestamp("2020-01-01T00:00:00Z") == duration("60m")
duration("1h") + duration("1m") == duration("61m") && duration("1h") - duration("1m") == duration("59m")
timestamp("2009-02-13T23:31:30Z").getFullYear() == 2009
timestamp("2009-02-13T23:31:30Z").getMonth() == 1 && timestamp("2009-02-13T23:31:30Z").getDate() == 13
timestamp("2009-02-13T23:31:30Z").getDayOfMonth() == 12 && timestamp("2009-02-13T23:31:30Z").getDayOfYear() == 43
timestamp("2009-02-13T23:31:30Z").getDayOfWeek() == 5 && timestamp("2009-02-13T23:31:30Z").getHours() == 23
timestamp("2009-02-13T23:31:30.123Z").getMilliseconds() == 123
timestamp("2009-02-13T23:31:30Z").getDate("Australia/Sydney") == 14
timestamp("2009-02-13T23:31:30Z").getHours("-02:30") == 21 && timestamp("2009-02-13T23:31:30Z").getMinutes("-02:30") == 1
timestamp("2009-02-13T23:31:30+01:00") == timestamp("2009-02-13T22:31:30Z")
timestamp(1234567890) == timestamp("2009-02-13T23:31:30Z")
duration("3661s").getHours() == 1 && duration("3661s").getMinutes() == 61 && duration("1h").getSeconds() == 3600
duration("-1h30m") == duration("-90m") && duration("1.5h") == duration("90m") && duration("1us") == duration("1000ns")
quantity("50k").add(20).compareTo(quantity("50020")) == 0
quantity("50k").sub(quantity("20")).compareTo(quantity("49980")) == 0
quantity("1").add(2).add(3) == quantity("6")
sign(quantity("-1")) == -1 && sign(quantity("0")) == 0
quantity("50k").asInteger() == 50000 && quantity("50k").isInteger() && !quantity("1000m").isInteger()
quantity("50.703k").asApproximateFloat() == 50703.0
quantity("8Ei") == quantity("10Ei") && quantity("7Ei").isLessThan(quantity("8Ei"))
isQuantity("20Mi") && isQuantity("1e3") && !isQuantity("20Mo") && !isQuantity("200K") && !isQuantity("Three")
semver("1.2.3").major() == 1 && semver("1.2.3").minor() == 2 && semver("1.2.3").patch() == 3
semver("1.0.0").isLessThan(semver("1.2.3")) && semver("1.2.3").compareTo(semver("1.0.0")) == 1
semver("v01.01", true) == semver("1.1.0") && semver("1.0.0-rc.1").isLessThan(semver("1.0.0"))
isSemver("1.2.3-beta.1+build.1") && !isSemver("v1.0.0") && isSemver("v1.0.0", true) && !isSemver(" 1.0.0", true)
semver("1.0.0") in [semver("1.0.0")]
""".strip().split("\n")


@pytest.mark.parametrize("expression", TRUE)
def test_library_expression_is_true(expression: str) -> None:
    """Each states a fact about one function or operator."""
    assert ("true", "") == outcome(expression)
