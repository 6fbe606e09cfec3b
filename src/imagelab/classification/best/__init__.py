"""The best classifiers: a network and a training for each data set."""
