"""Objects that the definitions take or refuse: the tables of the API's own tests, and one for each rule."""

from tests.scheduler.api import test_api_device_requests, test_api_fields, test_api_rules
from tests.scheduler.api.objects import (
    C0,
    CACHE,
    CLASS,
    CLUSTER,
    D0,
    DEPLOYMENT,
    E0,
    GATEWAY,
    M0,
    POLICY,
    REPLICA,
    SELECTOR,
    SOURCE,
    TEMPLATE,
    a_member,
)
from tests.scheduler.api.test_api_device_requests import PCIE, R0, RM0, an_alternative, preferring
from tests.scheduler.snapshot.manifests import Object, a_template, changed

#: What is not said in a definition: metadata is the API server's own affair.
_METADATA_OF_A_DEPLOYMENT = frozenset({"metadata.name", "metadata.labels"})

VALID: list[Object] = [
    changed(base, path, valid)
    for table in (test_api_fields.FIELDS, test_api_device_requests.FIELDS)
    for base, path, valid, _ in table
    # tolerationSeconds is kept where a file has it; an API server prunes it with a warning.
    if valid is not ... and "tolerationSeconds" not in str(valid)
]
BEYOND_A_LIMIT: list[Object] = [
    changed(base, path, invalid)
    for table in (test_api_fields.FIELDS, test_api_device_requests.FIELDS)
    for base, path, _, invalid in table
    if not (base is DEPLOYMENT and path in _METADATA_OF_A_DEPLOYMENT)
]
AGAINST_A_RULE: list[Object] = [
    changed(base, path, value)
    for table in (test_api_rules.RULES, test_api_device_requests.RULES)
    for base, path, value, _, _ in table
    # To look up an alternative would cost more than an API server allows a rule.
    if "gpu/a" not in str(value)
]


def _pair(base: Object, path: str, *phases: str | None) -> Object:
    """*base* with serving mode PrefillDecode and an engine for each of *phases*; None: without a phase."""
    spec = changed(base, f"{path}.serving.mode", "PrefillDecode")
    engine = _at(base, f"{path}.engines.0")
    engines = [
        engine | {"name": f"e{number}"} | ({"phase": phase} if phase else {})
        for number, phase in enumerate(phases)
    ]
    return changed(spec, f"{path}.engines", engines)


def _at(base: Object, path: str) -> Object:
    found = base
    for part in path.split("."):
        found = found[int(part)] if part.isdecimal() else found[part]  # type: ignore[index]
    return found


def _source(name: str) -> Object:
    return changed(CLUSTER, SOURCE, {"source": name})


def _provider(name: str) -> Object:
    return changed(CLASS, "spec.provisioning", {"provider": name})


_CLOUDS = ("GKE", "EKS", "AKS", "Nebius", "Vultr")
_INFINIBAND = {"type": "InfiniBand"}
_LABELS = "spec.template.metadata.labels"
_ANNOTATIONS = f"{M0}.template.metadata.annotations"
_KEYS = "expected keys of at most 63 characters, with a DNS prefix of at most 253 before '/' if any"
_ROLES = "expected one Standalone member alone, or one Leader with at least one Worker"
_BESIDE = (
    "{}selectors, tolerations, capacity, adminAccess, count and allocationMode stand on each alternative"
)
_NAMES = "expected constraints to name requests, or alternatives as REQUEST/ALTERNATIVE"
_PHASE = "expected a phase on engines only with serving mode PrefillDecode"
_STRANGE = [{"requests": ["strange"], "matchAttribute": PCIE}]
_SERVED = {"name": "a", "deviceClassName": "c"}

#: Message of a rule, and an object that breaks this rule and no other.
REFUSED_BY_RULE: list[tuple[str, Object]] = [
    *((f"expected exactly 1 engine with phase {phase} with serving mode PrefillDecode", _pair(base, path, other, None))
      for base, path in ((DEPLOYMENT, TEMPLATE), (REPLICA, "spec"))
      for phase, other in (("Prefill", "Decode"), ("Decode", "Prefill"))),
    *(("expected exactly 2 engines with serving mode PrefillDecode", _pair(base, path, "Prefill", "Decode", None))
      for base, path in ((DEPLOYMENT, TEMPLATE), (REPLICA, "spec"))),
    (_PHASE, changed(DEPLOYMENT, f"{E0}.phase", "Prefill")),
    (_PHASE, changed(REPLICA, "spec.engines.0.phase", "Decode")),
    (_ROLES, changed(DEPLOYMENT, f"{E0}.members", [a_member("Worker")])),
    (_ROLES, changed(DEPLOYMENT, f"{E0}.members", [a_member("Leader"), a_member("Leader")])),
    (_ROLES, changed(DEPLOYMENT, f"{E0}.members", [a_member(), a_member()])),
    (_ROLES, changed(DEPLOYMENT, f"{E0}.members", [a_member(), a_member("Worker")])),
    (_ROLES, changed(REPLICA, f"{RM0}.role", "Leader")),
    ("expected a nodeSelector on at least one member", changed(DEPLOYMENT, f"{E0}.members", [{"template": a_template()}])),
    ("expected deviceRequests on at least one member", changed(REPLICA, f"{RM0}.deviceRequests", ...)),
    ("expected the block worker only on role Worker", changed(DEPLOYMENT, f"{M0}.worker", {"nodes": 1})),
    ("expected the block worker only on role Worker", changed(REPLICA, f"{RM0}.worker", {"nodes": 1})),
    ("expected the container to be named engine", changed(DEPLOYMENT, f"{C0}.name", "main")),
    ("expected a key with operator Equal", changed(DEPLOYMENT, f"{TEMPLATE}.tolerations", [{"key": ""}])),
    ("expected a key with operator Equal", changed(DEPLOYMENT, f"{D0}.tolerations", [{"effect": "NoExecute"}])),
    ("expected no value with operator Exists",
     changed(DEPLOYMENT, f"{TEMPLATE}.tolerations", [{"key": "k", "operator": "Exists", "value": "v"}])),
    *((_KEYS, changed(DEPLOYMENT, path, {key: "v"})) for path in (_LABELS, f"{M0}.template.metadata.labels", _ANNOTATIONS)
      for key in ("-a", "a/", "A.b/c", "a/b/c", "n" * 64, "p" * 254 + "/a")),
    *(("expected no key of Modelplane's own, modelplane.ai/...", changed(DEPLOYMENT, path, {"modelplane.ai/x": "v"}))
      for path in (_LABELS, f"{M0}.template.metadata.labels")),
    ("expected selectors, or alternatives in firstAvailable", changed(DEPLOYMENT, D0, {"name": "gpu"})),
    ("expected deviceClassName, or alternatives in firstAvailable", changed(REPLICA, R0, {"name": "gpu"})),
    *((f"expected nothing beside firstAvailable: {_BESIDE.format('')}",
       changed(DEPLOYMENT, D0, preferring(an_alternative(), **{field: value})))
      for field, value in (("count", 2), ("allocationMode", "All"), ("selectors", [SELECTOR]), ("tolerations", []),
                           ("capacity", {}), ("adminAccess", False))),
    *((f"expected nothing beside firstAvailable: {_BESIDE.format('deviceClassName, ')}",
       changed(REPLICA, R0, preferring(_SERVED, **{field: value})))
      for field, value in (("count", 2), ("deviceClassName", "c"))),
    ("expected no count with allocationMode All", changed(changed(DEPLOYMENT, f"{D0}.allocationMode", "All"), f"{D0}.count", 2)),
    ("expected exactly one of matchAttribute and distinctAttribute",
     changed(DEPLOYMENT, f"{M0}.nodeSelector.constraints", [{"requests": ["gpu"]}])),
    ("expected exactly one of matchAttribute and distinctAttribute",
     changed(REPLICA, f"{RM0}.constraints", [{"matchAttribute": PCIE, "distinctAttribute": PCIE}])),
    (_NAMES, changed(DEPLOYMENT, f"{M0}.nodeSelector.constraints", _STRANGE)),
    (_NAMES, changed(REPLICA, f"{RM0}.constraints", _STRANGE)),
    ("expected the block huggingFace when source is HuggingFace", changed(CACHE, "spec.huggingFace", ...)),
    ("expected the block traefik when backend is Traefik", changed(GATEWAY, "spec.traefik", ...)),
    ("expected the block metallb when loadBalancer is MetalLB", changed(GATEWAY, "spec.traefik.loadBalancer", "MetalLB")),
    *((f"expected the block {name.lower()} when source is {name}", _source(name)) for name in (*_CLOUDS, "Existing")),
    *((f"expected the block {name.lower()} when provider is {name}", _provider(name)) for name in _CLOUDS),
    ("expected a deviceClassName when claim is DRA", changed(CLASS, "spec.devices.0.deviceClassName", ...)),
    *(("expected exactly one of string, version, bool and int", changed(CLASS, "spec.devices.0.attributes.a", value))
      for value in ({}, {"string": "x", "bool": True}, {"version": "1.0.0", "int": 1})),
    ("expected the block infiniband only with type InfiniBand",
     changed(CLUSTER, "spec.nodePools.0.fabric", {"type": "EFA", "infiniband": {"fabric": "f"}})),
    ("expected the block infiniband in each fabric of type InfiniBand when source is Nebius",
     changed(changed(CLUSTER, SOURCE, {"source": "Nebius", "nebius": {}}), "spec.nodePools.0.fabric", _INFINIBAND)),
    ("expected the name default: there is one policy", changed(POLICY, "metadata.name", "other")),
]  # fmt: skip
