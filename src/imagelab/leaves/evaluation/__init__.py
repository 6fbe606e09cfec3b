"""What is measured and drawn of generators."""
