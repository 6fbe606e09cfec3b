"""The report's published numbers, and how ours compare."""
