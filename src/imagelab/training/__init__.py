"""What every training shares: backend, batches, the loop, checkpoints, seeds."""
