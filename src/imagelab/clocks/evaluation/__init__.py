"""Metrics and plots of the clock networks."""
