"""The report's numbers and claims, and how ours compare."""
