"""What runs around the computation: errors, signals, processes, bars, the terminal. It decides no number."""
