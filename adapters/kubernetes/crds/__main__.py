"""``python -m adapters.kubernetes.crds FOLDER`` writes the definitions, for ``make generate``."""

import sys
from pathlib import Path

from adapters.kubernetes.crds.files import write

if __name__ == "__main__":
    write(Path(sys.argv[1]))
