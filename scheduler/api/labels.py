"""Labels and annotations of templates, with the limits that the API sets on them."""

import re
from collections.abc import Mapping
from typing import Annotated

from pydantic import AfterValidator, Field, StrictStr, WithJsonSchema

from scheduler.api.base import MODELPLANE_GROUP, rule_broken

_NAME = r"[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?"
_PREFIX = r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*"
LABEL_KEY_PATTERNS = (f"({_PREFIX}/)?{_NAME}", "([^/]{1,253}/)?[^/]+")
"""What the whole key of a label or an annotation matches: how it is written, and how long its prefix is."""
_LONGEST_VALUE = 63
_LONGEST_ANNOTATION = 8192


def is_label_key(key: str) -> bool:
    """Whether Kubernetes takes *key* as the key of a label or an annotation."""
    return all(re.fullmatch(pattern, key) for pattern in LABEL_KEY_PATTERNS)


def check_labels(labels: Mapping[str, str]) -> Mapping[str, str]:
    """The *labels*, none of them Modelplane's own or more than Kubernetes takes."""
    for key, value in labels.items():
        _check_key(key)
        if key.startswith(f"{MODELPLANE_GROUP}/"):
            raise rule_broken(at=f"[{key}]", found="a key of Modelplane's own", expected="another prefix")
        if len(value) > _LONGEST_VALUE or (value and not re.fullmatch(_NAME, value)):
            raise rule_broken(
                at=f"[{key}]",
                found=repr(value),
                expected="at most 63 letters, digits, '-', '_' or '.', with a letter or digit at both ends",
            )
    return labels


def check_annotations(annotations: Mapping[str, str]) -> Mapping[str, str]:
    """The *annotations*, whose keys Kubernetes takes and whose values are not too long."""
    for key, value in annotations.items():
        _check_key(key)
        if len(value) > _LONGEST_ANNOTATION:
            raise rule_broken(
                at=f"[{key}]", found=f"{len(value)} characters", expected=f"at most {_LONGEST_ANNOTATION}"
            )
    return annotations


def _check_key(key: str) -> None:
    if not is_label_key(key):
        raise rule_broken(
            at=f"[{key}]",
            found=f"the key {key!r}",
            expected="a name of at most 63 characters, with a DNS prefix of at most 253 before '/' if any",
        )


_Label = Annotated[
    StrictStr, WithJsonSchema({"type": "string", "maxLength": _LONGEST_VALUE, "pattern": f"^({_NAME})?$"})
]
_Annotation = Annotated[StrictStr, WithJsonSchema({"type": "string", "maxLength": _LONGEST_ANNOTATION})]
TemplateLabels = Annotated[Mapping[StrictStr, _Label], Field(max_length=32), AfterValidator(check_labels)]
TemplateAnnotations = Annotated[
    Mapping[StrictStr, _Annotation], Field(max_length=32), AfterValidator(check_annotations)
]
