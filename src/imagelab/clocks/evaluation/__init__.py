"""What is measured and drawn of clock networks."""
