"""The grid search: points to try, trainings that they share, engines that run these, and the store of results."""
