"""Files in, one domain problem out: paths, documents, objects, the fleet, and a finding for all that is wrong."""

from scheduler.snapshot.findings import Finding, Severity
from scheduler.snapshot.loose import LooseDevices
from scheduler.snapshot.read import read
from scheduler.snapshot.reading import Reading
from scheduler.snapshot.selectors import selector_findings

__all__ = ["Finding", "LooseDevices", "Reading", "Severity", "read", "selector_findings"]
