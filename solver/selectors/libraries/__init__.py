"""Functions of the dialect, one module for each library that Kubernetes 1.35 enables."""
