"""Labels and annotations of templates, with the limits that the API sets on them."""

import re
from collections.abc import Mapping
from typing import Annotated

from pydantic import AfterValidator, Field, StrictStr

from scheduler.api.base import MODELPLANE_GROUP, rule_broken

_NAME = re.compile(r"[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?")
_PREFIX = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*")
_LONGEST_PREFIX = 253
_LONGEST_VALUE = 63
_LONGEST_ANNOTATION = 8192


def is_label_key(key: str) -> bool:
    """Whether Kubernetes takes *key* as the key of a label or an annotation."""
    prefix, slash, name = key.rpartition("/")
    if slash and not (len(prefix) <= _LONGEST_PREFIX and _PREFIX.fullmatch(prefix)):
        return False
    return _NAME.fullmatch(name) is not None


def _check_labels(labels: Mapping[str, str]) -> Mapping[str, str]:
    for key, value in labels.items():
        _check_key(key)
        if key.startswith(f"{MODELPLANE_GROUP}/"):
            raise rule_broken(at=f"[{key}]", found="a key of Modelplane's own", expected="another prefix")
        if len(value) > _LONGEST_VALUE or (value and not _NAME.fullmatch(value)):
            raise rule_broken(
                at=f"[{key}]",
                found=repr(value),
                expected="at most 63 letters, digits, '-', '_' or '.', with a letter or digit at both ends",
            )
    return labels


def _check_annotations(annotations: Mapping[str, str]) -> Mapping[str, str]:
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


TemplateLabels = Annotated[Mapping[StrictStr, StrictStr], Field(max_length=32), AfterValidator(_check_labels)]
TemplateAnnotations = Annotated[
    Mapping[StrictStr, StrictStr], Field(max_length=32), AfterValidator(_check_annotations)
]
