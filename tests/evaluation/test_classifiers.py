import numpy as np
import pytest
from scipy.special import softmax
from sklearn.metrics import accuracy_score, confusion_matrix, log_loss

from imagelab.evaluation.classifiers import (
    by_class,
    classification_metrics,
    classifier_metrics,
    confusion,
    predictions_reliability,
    worst,
)

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


def test_averages_over_views_decide_all_numbers_but_one() -> None:
    logits, classes = RANDOM.normal(0, 2, (300, 4)), RANDOM.integers(0, 4, 300)
    averaged = logits + np.eye(4)[classes]
    found = classifier_metrics(logits, averaged, classes, "abcd")
    own = classification_metrics(averaged, classes)
    assert (found["test_accuracy"], found["test_loss"]) == (own["accuracy"], own["loss"])
    assert found["test_accuracy_one_view"] == classification_metrics(logits, classes)["accuracy"]
    assert found["test_accuracy_one_view"] < found["test_accuracy"]
    assert found["test_accuracy_low"] < found["test_accuracy"] < found["test_accuracy_high"]
    assert found["wrong_predictions"] == 300 - (averaged.argmax(axis=1) == classes).sum()
    assert found["mean_stated_probability"] == pytest.approx(softmax(averaged, axis=1).max(axis=1).mean())
    assert (found["images"], found["classes"]) == (300, 4)


def test_accuracies_of_classes_are_those_of_their_own_pictures() -> None:
    logits, classes = RANDOM.normal(0, 1, (500, 3)), RANDOM.integers(0, 3, 500)
    table = by_class(logits, classes, ["cat", "dog", "hen"])
    assert table["class"].tolist() == ["cat", "dog", "hen"]
    matrix = confusion_matrix(classes, logits.argmax(axis=1))
    assert table["images"].tolist() == matrix.sum(axis=1).tolist()
    assert table["test_accuracy"].tolist() == pytest.approx((matrix.diagonal() / matrix.sum(axis=1)).tolist())
    assert table["test_accuracy"].between(table["test_accuracy_low"], table["test_accuracy_high"]).all()


def test_of_a_class_without_test_pictures_no_accuracy_is_made_up() -> None:
    logits, classes, names = np.float32([[1, 0], [1, 0]]), np.array([0, 0]), ["cat", "dog"]
    metrics = classifier_metrics(logits, logits, classes, names)
    assert metrics["test_accuracy_by_class"] == {"cat": 1, "dog": None}
    table = by_class(logits, classes, names)
    assert table["images"].tolist() == [2, 0]
    assert table["test_accuracy"].isna().tolist() == [False, True]


def test_probabilities_of_predicted_classes_are_compared_with_how_often_these_are_right() -> None:
    """Nine of ten predictions state 3/4 and are right, the tenth states 1/2 and is wrong."""
    sure, unsure = [0, np.log(3)], [0, 0]
    logits, classes = np.array([sure] * 9 + [unsure]), np.array([1] * 10)
    table = predictions_reliability(logits, classes)
    assert table["predictions"].tolist() == [1, 9]
    assert table["mean_stated_probability"].tolist() == pytest.approx([0.5, 0.75])
    assert table["share_right"].tolist() == [0, 1]


def test_the_worst_are_those_that_are_wrong_and_sure() -> None:
    logits = np.float32([[3, 0], [0, 0], [0, 3], [0, 9]])
    assert worst(logits, np.array([0, 0, 0, 0]), count=2).tolist() == [3, 2]
    assert worst(logits, np.array([0, 0, 0, 0]), count=9).tolist() == [3, 2, 1, 0]
