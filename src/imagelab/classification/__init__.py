"""Task 1: classify small pictures with MLPs and CNNs, and search a grid of settings."""
