"""CEL selectors of DRA devices, as Kubernetes 1.35 compiles and evaluates them; see ``selector``."""
