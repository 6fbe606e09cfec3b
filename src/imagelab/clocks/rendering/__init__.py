"""Rendered clocks, and the ground truth of each picture."""
