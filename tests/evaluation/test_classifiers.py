import numpy as np
import pytest
from scipy.special import softmax
from sklearn.metrics import accuracy_score, log_loss

from imagelab.evaluation.classifiers import classification_metrics, confusion

RANDOM = np.random.default_rng(0)


def test_accuracy_and_loss_are_those_of_scikit_learn() -> None:
    logits, classes = RANDOM.normal(0, 5, (400, 7)).astype(np.float32), RANDOM.integers(0, 7, 400)
    found = classification_metrics(logits, classes)
    probabilities = softmax(logits.astype(np.float64), axis=1)
    assert found["loss"] == pytest.approx(log_loss(classes, probabilities, labels=range(7)), rel=1e-12)
    assert found["accuracy"] == accuracy_score(classes, logits.argmax(axis=1))


def test_a_sure_error_costs_all_of_its_nats() -> None:
    """A loss from clipped probabilities would stop at 36."""
    assert classification_metrics(np.float32([[0, 1000]]), np.array([0])) == {"accuracy": 0.0, "loss": 1000.0}


def test_the_confusion_table_has_a_row_for_each_example_with_the_names_of_its_classes() -> None:
    table = confusion(np.float32([[1, 0], [0, 1], [1, 0]]), np.array([0, 1, 1], np.uint8), ["cat", "dog"])
    assert table.to_dict("list") == {"actual": ["cat", "dog", "dog"], "predicted": ["cat", "dog", "cat"]}
