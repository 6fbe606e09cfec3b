from collections import Counter
from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from imagelab.clocks.rendering import random_designs, random_dials
from imagelab.clocks.rendering.design import direction
from imagelab.clocks.rendering.random_designs import RandomDesign, distance, draw_design

DESIGNS = [draw_design(np.random.default_rng(number)) for number in range(800)]


@pytest.mark.parametrize(
    ("property_of", "kinds"),
    [
        (lambda design: design.numerals.kind, random_designs.NUMERAL_SHARES),
        (lambda design: design.numerals.badge, ("none", "circle", "lozenge")),
        (lambda design: design.numerals.turned, (True, False)),
        (lambda design: design.numerals.font, (*random_designs.LIGHT_FONTS, *random_designs.BOLD_FONTS)),
        (lambda design: design.marks.kind, random_designs.MARK_SHARES),
        (lambda design: design.hour_hand.kind, random_designs.HAND_SHARES),
        (lambda design: design.minute_hand.kind, random_designs.HAND_SHARES),
        (lambda design: design.marker_hands, (True, False)),
        (lambda design: design.face.texture, random_designs.TEXTURE_SHARES),
        (lambda design: design.face.dark, (True, False)),
        (lambda design: design.face.inner_picture, (True, False)),
        (lambda design: design.frame.kind, random_designs.FRAME_SHARES),
        (lambda design: design.frame.rays > 0, (True, False)),
        (lambda design: design.extras.seconds is None, (True, False)),
        (lambda design: design.extras.alarm is None, (True, False)),
        (lambda design: len(design.extras.subdials), (0, 1, 2, 3)),
        (lambda design: design.extras.date_turn is None, (True, False)),
    ],
)
def test_every_kind_occurs(property_of: Callable[[RandomDesign], object], kinds: object) -> None:
    assert {property_of(design) for design in DESIGNS} == set(kinds)  # type: ignore[call-overload]


def test_kinds_occur_as_often_as_their_shares_say() -> None:
    counts = Counter(design.numerals.kind for design in DESIGNS)
    for kind, share in random_designs.NUMERAL_SHARES.items():
        assert counts[kind] / len(DESIGNS) == pytest.approx(share, abs=0.06)  # type: ignore[index]


def test_design_depends_on_its_random_numbers_only() -> None:
    assert draw_design(np.random.default_rng(3)) == DESIGNS[3]
    assert len(set(DESIGNS)) == len(DESIGNS)


def test_hour_hand_is_clearly_shorter_and_never_narrower() -> None:
    for design in DESIGNS:
        hour, minute = design.hour_hand, design.minute_hand
        assert 0.35 <= hour.length <= 0.7
        assert 0.6 <= minute.length <= 1.02
        assert 0.45 <= hour.length / minute.length <= 0.82
        assert hour.half_width >= minute.half_width


def test_seconds_hand_is_the_thinnest() -> None:
    for design in DESIGNS:
        if design.extras.seconds is not None:
            assert design.extras.seconds.half_width <= design.minute_hand.half_width / 2


def test_hands_stand_out_from_the_face() -> None:
    for design in DESIGNS:
        for hand in (design.hour_hand, design.minute_hand):
            assert distance(hand.colour, design.face.colour) > 80


def test_numerals_stay_on_the_face() -> None:
    for design in DESIGNS:
        numerals = design.numerals
        assert 0.3 < numerals.radius < 1 - 0.4 * numerals.height


def plain(design: RandomDesign) -> RandomDesign:
    """White, without anything on it, in a black ring."""
    face = design.face._replace(colour=(255, 255, 255), texture="plain", ring_shadow=0.0, inner_radius=0.0, circles=())
    frame = design.frame._replace(kind="ring", width=0.2, profile="flat", colour=(0, 0, 0))
    extras = design.extras._replace(subdials=(), date_turn=None, words=(), screws=False)
    numerals = design.numerals._replace(texts=(), inner_24=False, minute_numbers=False)
    return design._replace(
        face=face, frame=frame, extras=extras, numerals=numerals, marks=design.marks._replace(kind="none")
    )


def test_face_has_radius_one_and_the_ring_lies_around_it() -> None:
    scale = 100
    layer = np.asarray(random_dials.draw_dial(plain(DESIGNS[0]), scale))
    along = np.arange(layer.shape[1]) + 0.5 - layer.shape[1] / 2
    row = layer[layer.shape[0] // 2]
    distance_from_middle = np.abs(along) / scale
    assert (row[distance_from_middle < 0.985, 0] == 255).all()
    ring = (distance_from_middle > 1.015) & (distance_from_middle < 1.185)
    assert (row[ring] == [0, 0, 0, 255]).all()
    assert (row[distance_from_middle > 1.215] == 0).all()


def ink(design: RandomDesign) -> NDArray[np.float64]:
    """Where the dial differs from one without numerals; dial size 240 by 240 a face."""
    with_numerals, without = (
        np.asarray(random_dials.draw_dial(one, 120), float)
        for one in (design, design._replace(numerals=design.numerals._replace(texts=())))
    )
    return np.asarray(np.abs(with_numerals - without).sum(axis=2))


@pytest.mark.parametrize("turned", [False, True])
def test_numerals_are_where_their_hours_are(turned: bool) -> None:
    design = plain(DESIGNS[0])
    for hour in range(12):
        texts = tuple("8" if place == hour else "" for place in range(12))
        numerals = design.numerals._replace(texts=texts, radius=0.7, badge="none", colours=((0, 0, 0),) * 12)
        weights = ink(design._replace(numerals=numerals._replace(turned=turned, flipped=False)))
        rows, columns = np.indices(weights.shape) + 0.5 - weights.shape[0] / 2
        middle = np.array([(weights * columns).sum(), (weights * rows).sum()]) / weights.sum() / 120
        np.testing.assert_allclose(middle, 0.7 * direction(hour / 12), atol=0.02)


def test_roman_and_arabic_numerals_begin_with_twelve() -> None:
    for design in DESIGNS:
        texts = design.numerals.texts
        assert len(texts) in (0, 12)
        if texts:
            assert texts[0] in ("12", "XII")
            assert [bool(text) for text in texts[::3]] == [True] * 4


@pytest.mark.parametrize("font", [*random_designs.LIGHT_FONTS, *random_designs.BOLD_FONTS])
def test_digits_have_the_height_asked_for(font: str) -> None:
    mask = random_dials.glyphs("8", font, 40)
    assert mask.height == pytest.approx(40, abs=2)
    assert random_dials.glyphs("8", font, 40, stretch=0.5).width == pytest.approx(mask.width / 2, abs=1)


@pytest.mark.parametrize("kind", random_designs.HAND_SHARES)
def test_hands_are_symmetric_about_their_line_and_end_at_their_length(kind: str) -> None:
    hand = random_designs.Hand(kind, 0.8, 0.04, 0.1, True, (0, 0, 0), (255, 255, 255), (255, 0, 0))
    turn = 0.2
    along = direction(turn)
    across = np.array([-along[1], along[0]])
    corners = np.concatenate([points for points, _ in random_dials.hand_shapes(hand, turn)])
    assert (corners @ along).max() == pytest.approx(0.8)
    assert (corners @ across).max() == pytest.approx(-(corners @ across).min())
    assert (corners @ along).min() < -0.09


def test_layers_keep_colour_and_coverage_apart_at_edges() -> None:
    layer = random_dials.new_layer(4, 4)
    layer.paste(random_dials.solid((200, 100, 0)), (0, 0, 1, 4))
    reduced: Image.Image = layer.reduce(4)
    assert np.abs(np.asarray(reduced)[0, 0].astype(int) - [50, 25, 0, 64]).max() <= 1
