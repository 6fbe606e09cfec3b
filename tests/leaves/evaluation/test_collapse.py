from typing import Any

import numpy as np
import pandas as pd
import pytest

from imagelab.leaves.evaluation.collapse import signs_of_collapse, smallest_class_spread, warn_or_stop
from imagelab.runtime.errors import InputError
from imagelab.settings import params
from tests.conftest import REPOSITORY

LOSSES = pd.DataFrame({"loss": [1.0]})


def healthy(**changes: Any) -> dict[str, Any]:
    covered = {"coverage": 0.6, "coverage_high": 0.7}
    spread = {"pixel_standard_deviation": 0.1, "pixel_standard_deviation_real": 0.2}
    return {"images": 300, "classifier": covered, "random": covered, **spread, **changes}


def accuracies(*values: float) -> pd.DataFrame:
    return pd.DataFrame({"accuracy_on_real": values, "accuracy_on_generated": values})


def test_a_healthy_generator_shows_no_sign_of_collapse() -> None:
    assert signs_of_collapse(healthy(), LOSSES) == []
    assert signs_of_collapse(healthy(), accuracies(0.7, 1, 1)) == []
    assert signs_of_collapse(healthy(), accuracies(1, 1, 1, 0.9)) == []
    assert signs_of_collapse(healthy(kl_nats=25.0, active_units=12), LOSSES) == []


def test_a_discriminator_that_is_always_right_is_a_sign_of_collapse() -> None:
    (sign,) = signs_of_collapse(healthy(), accuracies(0.7, 1, 0.999, 1))
    assert "the discriminator's accuracies were above 99.5% in the last 3 epochs" in sign


def test_pictures_that_are_all_alike_are_a_sign_of_collapse() -> None:
    (sign,) = signs_of_collapse(healthy(pixel_standard_deviation=0.001), LOSSES)
    assert "nearly alike" in sign


def test_a_coverage_near_zero_in_one_space_is_a_sign_of_collapse() -> None:
    (sign,) = signs_of_collapse(healthy(random={"coverage": 0.01, "coverage_high": 0.03}), LOSSES)
    assert sign == "its pictures cover 1.0% of the real ones (at most 3.0%; random features)"
    assert signs_of_collapse(healthy(random={"coverage": 0.01, "coverage_high": 0.06}), LOSSES) == []


@pytest.mark.parametrize(("kl", "active"), [(0.3, 3), (2.0, 0)])
def test_a_code_that_says_nothing_is_a_sign_of_collapse(kl: float, active: int) -> None:
    (sign,) = signs_of_collapse(healthy(kl_nats=kl, active_units=active), LOSSES)
    assert f"KL divergence {kl:.3g} nats, {active} active units" in sign


def test_one_picture_a_class_is_a_sign_of_collapse() -> None:
    labels = np.arange(300) % 3
    real = np.random.default_rng(0).random((300, 16, 16, 3))
    means = np.stack([real[labels == label].mean(axis=0) + label / 4 for label in range(3)])
    assert smallest_class_spread(real[::-1], labels, real, labels) == pytest.approx(1, abs=0.05)
    collapsed = np.where((labels == 1)[:, None, None, None], means[labels], real)
    spread = smallest_class_spread(collapsed, labels, real, labels)
    assert spread == pytest.approx(0, abs=1e-4)
    (sign,) = signs_of_collapse(healthy(smallest_class_spread=spread), LOSSES)
    assert "of a class are nearly alike" in sign
    assert smallest_class_spread(real[:3], labels[:3], real, labels) == 1.0  # a picture each says nothing


def test_a_collapse_stops_the_run_or_is_said_as_the_settings_ask(capsys: pytest.CaptureFixture[str]) -> None:
    settings = params.load(REPOSITORY / "params.yaml").sample
    strict, lenient = (settings.model_copy(update={"on_collapse": value}) for value in ("fail", "mark"))
    with pytest.raises(InputError, match=r"models/gan: gan: expected a generator .* received one; another"):
        warn_or_stop("gan", ["one", "another"], strict, where="models/gan")
    warn_or_stop("gan", [], strict, where="models/gan")
    assert capsys.readouterr().err == ""
    warn_or_stop("gan", ["one", "another"], lenient, where="models/gan")
    assert capsys.readouterr().err == "warning: gan collapsed: one\nwarning: gan collapsed: another\n"
