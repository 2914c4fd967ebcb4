"""How a plan speaks of devices: by what a request's selectors read of them, never by name."""

from functools import lru_cache

from solver.domain.device import Device, QualifiedName, VersionText
from solver.domain.device_table import Field
from solver.matching.kind_terms import KindTerms
from solver.selectors.faults import CompileError
from solver.selectors.selector import compile_selector


@lru_cache(maxsize=4096)
def _reads(selectors: tuple[str, ...]) -> tuple[Field, ...]:
    fields: set[Field] = set()
    for text in selectors:
        try:
            fields |= compile_selector(text).reads
        except CompileError:
            continue
    return tuple(sorted(fields, key=str))


def signature(device: Device, selectors: tuple[str, ...], terms: KindTerms) -> str:
    """The driver, the fields of *device* that *selectors* name, and what a part takes of the whole.

    ``gpu.nvidia.com{memory=80Gi}``, ``gpu.nvidia.com{profile=1g.10gb}[memory=9856Mi,multiprocessors=16]``.
    """
    parts = []
    for field in _reads(selectors):
        if field.domain is None or field.identifier is None:
            continue
        name = QualifiedName(field.domain, field.identifier)
        value: object = (
            device.attributes.get(name) if field.kind == "attributes" else device.capacity.get(name)
        )
        if value is not None:
            text = value.text if isinstance(value, VersionText) else str(value)
            bare = name.identifier if name.domain == device.driver else "/".join(name)
            parts.append(f"{bare}={text}")
    read = f"{{{','.join(sorted(parts))}}}" if parts else ""
    taken = ",".join(f"{name}={amount}" for name, amount in terms.counters if amount.sign())
    return f"{device.driver}{read}[{taken}]" if taken else f"{device.driver}{read}"
