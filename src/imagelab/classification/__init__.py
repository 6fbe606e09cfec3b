"""Task 1: classify small pictures with MLPs and CNNs, over a grid of settings."""
