"""Where the programs of the control plane are."""

import os
from pathlib import Path

import pytest


def programs() -> Path:
    """The folder with etcd and kube-apiserver; skips the test, or the module that asks, if none is named."""
    folder = os.environ.get("MODELPLANE_CONTROL_PLANE", "")
    if not folder:
        pytest.skip(
            "no control plane is named: make e2e builds one where Go is installed, and runs these",
            allow_module_level=True,
        )
    return Path(folder)
