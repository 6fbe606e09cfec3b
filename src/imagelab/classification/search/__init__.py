"""The grid search: points to try, the trainings they share, where those run, and what is kept of them."""
