"""What surrounds the computation: errors, signals, processes, progress bars, the terminal. It decides no number."""
