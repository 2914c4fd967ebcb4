"""The CustomResourceDefinition of a kind."""

from typing import Any

from adapters.kubernetes.crds.facts import FACTS, Column, CrdFacts
from adapters.kubernetes.crds.schema import structural_schema
from scheduler.api.base import MODELPLANE_API_VERSION, MODELPLANE_GROUP
from scheduler.api.kinds import CLUSTER_SCOPED, KINDS

Object = dict[str, Any]

_FREE = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}


def definition(kind: str) -> Object:
    """The CustomResourceDefinition of *kind*, ready to be applied.

    Raises:
        KeyError: there is no such kind.
    """
    facts = FACTS[kind]
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"{facts.plural}.{MODELPLANE_GROUP}"},
        "spec": {
            "group": MODELPLANE_GROUP,
            "names": {
                "kind": kind,
                "listKind": f"{kind}List",
                "plural": facts.plural,
                "singular": kind.lower(),
                "shortNames": [facts.short_name],
                "categories": list(facts.categories),
            },
            "scope": "Cluster" if kind in CLUSTER_SCOPED else "Namespaced",
            "versions": [_version(kind, facts)],
        },
    }


def _version(kind: str, facts: CrdFacts) -> Object:
    schema = _object_schema(kind, facts)
    version: Object = {
        "name": MODELPLANE_API_VERSION.rpartition("/")[2],
        "served": True,
        "storage": True,
        "additionalPrinterColumns": [_column(column) for column in facts.all_columns],
        "schema": {"openAPIV3Schema": schema},
    }
    subresources = _subresources(facts, has_status="status" in schema["properties"])
    return version | ({"subresources": subresources} if subresources else {})


def _object_schema(kind: str, facts: CrdFacts) -> Object:
    """The model's schema, with what an API server says itself about the parts that all objects share."""
    schema = structural_schema(KINDS[kind])
    properties = schema["properties"]
    properties |= {
        "apiVersion": {"type": "string"},
        "kind": {"type": "string"},
        "metadata": {"type": "object"},
    }
    if facts.is_published:
        properties["spec"]["properties"]["crossplane"] = _FREE | {
            "description": "What Crossplane keeps here where it serves this kind; not read."
        }
    return schema | {"required": ["spec"]}


def _column(column: Column) -> Object:
    return {"name": column.name, "type": column.type, "jsonPath": column.path}


def _subresources(facts: CrdFacts, *, has_status: bool) -> Object:
    found: Object = {"status": {}} if has_status else {}
    if facts.scale is not None:
        found["scale"] = {
            "specReplicasPath": facts.scale.wanted,
            "statusReplicasPath": facts.scale.observed,
            "labelSelectorPath": facts.scale.selector,
        }
    return found
