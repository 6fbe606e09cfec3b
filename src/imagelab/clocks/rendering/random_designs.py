"""One clock design drawn at random, as numbers; ``random_pictures`` makes pictures of it.

Lengths are in radii of the face, the disc inside the ring. Directions on the dial are in turns clockwise from twelve.
The main ranges and shares of kinds are in the constants below; none was fitted to pictures of real clocks.
"""

import itertools
from collections.abc import Callable, Mapping
from typing import Literal, NamedTuple, TypeVar

import numpy as np

Colour = tuple[int, int, int]
Range = tuple[float, float]

# Faces.
FACE_SHARES = {"white": 0.4, "cream": 0.15, "pastel": 0.1, "grey": 0.07, "black": 0.1, "dark": 0.1, "vivid": 0.08}
TEXTURE_SHARES = {
    "plain": 0.45, "radial": 0.12, "linear": 0.08, "shine": 0.09, "stains": 0.12, "speckles": 0.09, "checker": 0.05,
}  # fmt: skip
INNER_DISC_SHARE = 0.22
INNER_PICTURE_SHARE = 0.3  # of the inner discs
CIRCLES_SHARE = 0.3
RING_SHADOW_SHARE = 0.4

# Frames.
FRAME_SHARES = {"none": 0.2, "ring": 0.62, "square": 0.12, "octagon": 0.06}
PROFILE_SHARES = {"flat": 0.45, "metal": 0.3, "double": 0.25}
THIN_FRAME_SHARE = 0.5
THIN_FRAME_WIDTHS = (0.015, 0.07)
FRAME_WIDTHS = (0.07, 0.28)
WIDE_FRAME_SHARE = 0.08
WIDE_FRAME_WIDTHS = (0.28, 0.6)
RAYS_SHARE = 0.03  # rays around the clock, as of a sun
PLATE_SHARE = 0.1  # clocks on a larger disc: the face is not the largest circle

# Numerals.
NUMERAL_SHARES = {"arabic": 0.56, "roman": 0.2, "four": 0.1, "none": 0.14}
TURNED_SHARES = {"arabic": 0.15, "roman": 0.6, "four": 0.15, "none": 0.0}
ROMAN_FOUR_SHARE = 0.15  # of the Roman dials: XII, III, VI and IX only
NUMERAL_HEIGHTS = (0.09, 0.27)
NUMERAL_STRETCH = (0.75, 1.15)  # width over the font's own
LIGHT_FONTS = (
    "DejaVuSans.ttf", "DejaVuSans-Oblique.ttf", "DejaVuSansMono.ttf", "DejaVuSerif.ttf", "DejaVuSerif-Italic.ttf",
    "STIXGeneral.ttf", "STIXGeneralItalic.ttf", "cmr10.ttf", "cmss10.ttf", "cmti10.ttf", "cmtt10.ttf", "cmmi10.ttf",
)  # fmt: skip
BOLD_FONTS = (
    "DejaVuSans-Bold.ttf", "DejaVuSans-BoldOblique.ttf", "DejaVuSansMono-Bold.ttf", "DejaVuSerif-Bold.ttf",
    "DejaVuSerif-BoldItalic.ttf", "STIXGeneralBol.ttf", "STIXGeneralBolIta.ttf", "cmb10.ttf",
)  # fmt: skip
BOLD_SHARE = 0.4
NUMERAL_STROKE_SHARE = 0.25  # numerals made bolder by a stroke
BADGE_SHARE = 0.06
MANY_COLOURS_SHARE = 0.08  # each numeral its own colour
INNER_24_SHARE = 0.04  # a second, small ring of 13..24 inside
MINUTE_NUMBERS_SHARE = 0.05  # 5, 10, ..., 60, small, outside the marks

# Marks.
MARK_SHARES = {"strokes": 0.6, "dots": 0.16, "none": 0.24}
MARKS_WITHOUT_NUMERALS_SHARES = {"strokes": 0.75, "dots": 0.17, "none": 0.08}
MINUTE_MARKS_SHARE = 0.6
RAILWAY_SHARE = 0.2  # of strokes: between two circles
TRIANGLES_SHARE = 0.08  # of strokes at the hours
MARK_LENGTHS = (0.04, 0.2)
NUMERALS_OUTSIDE_SHARE = 0.1
DOUBLE_TWELVE_SHARE = 0.3  # dials without numerals whose mark at twelve differs

# Hands.
MARKER_SHARE = 0.3  # both hands of one colour and width, with round ends, as if drawn with a marker
MARKER_COLOURS = {(0, 0, 0): 0.5, (255, 0, 0): 0.2, (0, 0, 255): 0.12, (0, 255, 0): 0.1, (40, 40, 40): 0.08}
MARKER_HALF_WIDTHS = (0.015, 0.045)
HAND_SHARES = {
    "bar": 0.2, "round": 0.14, "pointed": 0.13, "tapered": 0.1, "lozenge": 0.09, "sword": 0.06, "spade": 0.08,
    "breguet": 0.06, "ornate": 0.05, "skeleton": 0.06, "lume": 0.05, "arrow": 0.03,
}  # fmt: skip
TWO_KINDS_SHARE = 0.06
MINUTE_LENGTHS = (0.62, 1.02)
HOUR_LENGTHS = (0.35, 0.7)
LENGTH_RATIOS = (0.45, 0.82)  # hour hand over minute hand
SAME_WIDTH_RATIOS = (0.45, 0.75)  # where nothing but the length tells the hands apart
HALF_WIDTHS = (0.012, 0.05)  # of the minute hand
WIDTH_RATIOS = (1.0, 1.8)  # hour hand over minute hand
TAIL_SHARE = 0.55
TAILS = (0.05, 0.28)
COUNTERWEIGHT_SHARE = 0.08
OUTLINE_SHARE = 0.15
TWO_COLOURS_SHARE = 0.06
HUB_SHARE = 0.75
SECONDS_SHARE = 0.3
SECONDS_LENGTHS = (0.6, 0.98)
SECONDS_HALF_WIDTHS = (0.004, 0.011)
ALARM_SHARE = 0.03

# Extras.
SUBDIALS_SHARE = 0.08
DATE_SHARE = 0.08
LETTERING_SHARE = 0.4
SCREWS_SHARE = 0.05

# Least colour distances (``distance``), so that a person can read the clock.
HAND_CONTRAST = 110.0
INK_CONTRAST = 95.0

WORDS = (
    "QUARTZ", "Paris", "LONDON", "electric", "Seth", "1897", "Made in", "AUTOMATIC", "time", "ORION", "Kitchen",
    "No 5", "Berlin", "CHRONO", "Home", "swiss", "MARINE", "station", "Cafe", "Radio", "ALTO", "30 day", "Omicron",
)  # fmt: skip
ARABIC = tuple(str(hour) for hour in (12, *range(1, 12)))
ROMAN = ("XII", "I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX", "X", "XI")

_Key = TypeVar("_Key")


class Face(NamedTuple):
    """The disc inside the frame."""

    colour: Colour
    edge_colour: Colour  # where gradients end
    texture: str  # a key of TEXTURE_SHARES
    texture_strength: float  # in [0, 1]
    inner_radius: float  # of a disc of another colour; 0 where there is none
    inner_colour: Colour
    inner_picture: bool  # coloured shapes on the inner disc
    circles: tuple[float, ...]  # radii of thin circles
    circle_width: float
    ring_shadow: float  # darkening by the raised frame, in [0, 1]
    dark: bool


class Frame(NamedTuple):
    """What surrounds the face."""

    kind: Literal["none", "ring", "square", "octagon"]
    width: float
    profile: str  # a key of PROFILE_SHARES
    colour: Colour
    second_colour: Colour
    rays: int  # around the clock, as far as the plate would reach
    plate_radius: float  # of a larger disc behind the clock; 0 where there is none
    plate_colour: Colour


class Numerals(NamedTuple):
    """The hours in writing."""

    kind: Literal["arabic", "roman", "four", "none"]
    texts: tuple[str, ...]  # of the hours 12, 1, ..., 11; empty where there is none
    turned: bool  # with the dial
    flipped: bool  # turned, but the lower half stands on its feet
    font: str
    height: float  # of the digits
    stretch: float
    stroke: float  # width added around, over the height
    radius: float  # where their centres are
    colours: tuple[Colour, ...]  # one an hour
    badge: Literal["none", "circle", "lozenge"]
    badge_colour: Colour
    inner_24: bool
    minute_numbers: bool


class Marks(NamedTuple):
    """Strokes or dots at the hours and minutes."""

    kind: Literal["strokes", "dots", "none"]
    minutes: bool  # at every minute, not only at the hours
    outer: float  # where they end
    length: float  # of those at the hours
    half_width: float  # of those at the hours
    railway: bool
    triangles: bool
    double_twelve: bool
    quarters_only: bool
    colour: Colour


class Hand(NamedTuple):
    """A hand that turns around the origin."""

    kind: str  # a key of HAND_SHARES
    length: float  # from the origin to its tip
    half_width: float
    tail: float  # length behind the origin
    counterweight: bool
    colour: Colour
    inner_colour: Colour  # of the lighter inside of kind "lume"
    outline: Colour | None


class Subdial(NamedTuple):
    """A small dial with a hand of its own."""

    x: float
    y: float
    radius: float
    turn: float  # of its hand
    colour: Colour
    ink: Colour


class Extras(NamedTuple):
    """What a reader has to ignore."""

    seconds: Hand | None
    seconds_turn: float
    alarm: Hand | None
    alarm_turn: float
    hub_radius: float  # 0 where there is none
    hub_colour: Colour
    subdials: tuple[Subdial, ...]
    date_turn: float | None
    date_text: str
    words: tuple[tuple[str, float, float, Colour], ...]  # text, distance below the middle, height, colour
    screws: bool


class RandomDesign(NamedTuple):
    """What one clock looks like."""

    face: Face
    frame: Frame
    numerals: Numerals
    marks: Marks
    hour_hand: Hand
    minute_hand: Hand
    marker_hands: bool
    extras: Extras
    seed: int  # of stains, speckles and pictures on the face

    @property
    def tells_direction(self) -> bool:
        """Whether numerals tell where twelve is."""
        return self.numerals.kind != "none"


def choose(rng: np.random.Generator, shares: Mapping[_Key, float]) -> _Key:
    """One of the keys; the values are their probabilities up to a factor."""
    left = rng.random() * sum(shares.values())
    for key, share in shares.items():
        left -= share
        if left < 0:
            return key
    return key


def distance(first: Colour, second: Colour) -> float:
    """How well two colours can be told apart, 0 to about 350: mostly their difference in luminance."""
    red, green, blue = (one - other for one, other in zip(first, second, strict=True))
    luminance = abs(0.3 * red + 0.59 * green + 0.11 * blue)
    return float(luminance + 0.3 * (red * red + green * green + blue * blue) ** 0.5)


def any_colour(rng: np.random.Generator) -> Colour:
    """Uniform over red, green and blue."""
    red, green, blue = rng.integers(0, 256, 3)
    return int(red), int(green), int(blue)


def draw_design(rng: np.random.Generator) -> RandomDesign:
    """Draw one design at random."""
    face = _draw_face(rng)
    grounds = (face.colour, face.edge_colour) if face.texture in ("radial", "linear") else (face.colour,)
    ink = _contrasting(rng, _ink_colour, grounds, INK_CONTRAST)
    marks, numerals = _draw_writing(rng, ink, grounds)
    marker = rng.random() < MARKER_SHARE
    under_hands = (*grounds, face.inner_colour) if face.inner_radius > 0 else grounds
    hour, minute = (_draw_marker_hands if marker else _draw_hands)(rng, under_hands)
    return RandomDesign(
        face=face,
        frame=_draw_frame(rng, face),
        numerals=numerals,
        marks=marks,
        hour_hand=hour,
        minute_hand=minute,
        marker_hands=marker,
        extras=_draw_extras(rng, ink, face, numerals, hour, minute),
        seed=int(rng.integers(2**31)),
    )


def _varied(rng: np.random.Generator, colour: Colour, spread: int) -> Colour:
    common, *own = rng.integers(-spread, spread + 1, 4).tolist()
    red, green, blue = (min(max(c + common + o // 3, 0), 255) for c, o in zip(colour, own, strict=True))
    return red, green, blue


def _contrasting(
    rng: np.random.Generator,
    draw: Callable[[np.random.Generator], Colour],
    grounds: tuple[Colour, ...],
    least: float,
) -> Colour:
    """The first of some colours at ``least`` away from all grounds; black or white if none of them is."""
    for _ in range(8):
        colour = draw(rng)
        if min(distance(colour, ground) for ground in grounds) >= least:
            return colour
    black, white = (10, 10, 10), (245, 245, 245)
    return max((black, white), key=lambda colour: min(distance(colour, ground) for ground in grounds))


def _face_colour(rng: np.random.Generator, kind: str) -> Colour:
    if kind == "white":
        return _varied(rng, (248, 248, 247), 7)
    if kind == "cream":
        return _varied(rng, (238, 226, 198), 16)
    if kind == "grey":
        return _varied(rng, (175, 175, 175), 35)
    if kind == "black":
        return _varied(rng, (18, 18, 18), 18)
    hue = np.array(any_colour(rng), float)
    hue = (hue - hue.min()) / max(float(np.ptp(hue)), 1.0)  # fully saturated, in [0, 1]
    low, high = {"pastel": (165, 250), "dark": (8, 90), "vivid": (30, 240)}[kind]
    red, green, blue = (low + (high - low) * hue).astype(int).tolist()
    return red, green, blue


def _ink_colour(rng: np.random.Generator) -> Colour:
    shares = {
        (12, 12, 12): 0.5, (50, 48, 46): 0.1, (245, 245, 240): 0.14, (200, 165, 80): 0.05, (25, 40, 110): 0.05,
        (190, 25, 25): 0.05, (90, 55, 25): 0.05, None: 0.06,
    }  # fmt: skip
    colour = choose(rng, shares)
    return any_colour(rng) if colour is None else _varied(rng, colour, 14)


def _hand_colour(rng: np.random.Generator) -> Colour:
    shares = {
        (10, 10, 10): 0.5, (60, 60, 62): 0.08, (245, 245, 245): 0.14, (205, 170, 85): 0.07, (30, 50, 150): 0.06,
        (200, 20, 20): 0.06, (110, 60, 30): 0.03, None: 0.06,
    }  # fmt: skip
    colour = choose(rng, shares)
    return any_colour(rng) if colour is None else _varied(rng, colour, 12)


def _draw_face(rng: np.random.Generator) -> Face:
    kind = choose(rng, FACE_SHARES)
    dark = kind in ("black", "dark")
    colour = _face_colour(rng, kind)
    texture = choose(rng, TEXTURE_SHARES)
    if texture == "checker":
        colour = _varied(rng, (250, 250, 250), 5)
        dark = False
    edge_share = rng.uniform(0.0, 0.45)
    towards = any_colour(rng) if rng.random() < 0.3 else ((0, 0, 0) if rng.random() < 0.7 else (255, 255, 255))
    red, green, blue = (round(c + edge_share * (t - c)) for c, t in zip(colour, towards, strict=True))
    inner = rng.uniform(0.25, 0.72) if rng.random() < INNER_DISC_SHARE else 0.0
    similar = rng.random() < 0.5
    inner_colour = _varied(rng, colour, 40) if similar else _face_colour(rng, choose(rng, FACE_SHARES))
    # The hands cross the border of the inner disc: one colour has to show on both sides of it.
    bright, inner_bright = (distance((0, 0, 0), one) > 190 for one in (colour, inner_colour))
    if bright != inner_bright:
        inner_colour = _varied(rng, colour, 40)
    circles: tuple[float, ...] = ()
    if rng.random() < CIRCLES_SHARE:
        circles = tuple(rng.uniform(0.3, 0.98) for _ in range(int(rng.integers(1, 4))))
    return Face(
        colour=colour,
        edge_colour=(red, green, blue),
        texture=texture,
        texture_strength=rng.uniform(0.25, 1.0),
        inner_radius=inner,
        inner_colour=inner_colour,
        inner_picture=inner > 0 and rng.random() < INNER_PICTURE_SHARE,
        circles=circles,
        circle_width=rng.uniform(0.006, 0.02),
        ring_shadow=rng.uniform(0.1, 0.6) if rng.random() < RING_SHADOW_SHARE else 0.0,
        dark=dark,
    )


def _draw_frame(rng: np.random.Generator, face: Face) -> Frame:
    kind: Literal["none", "ring", "square", "octagon"] = choose(rng, FRAME_SHARES)  # type: ignore[arg-type]
    shares = {
        (15, 15, 15): 0.33, (90, 90, 95): 0.12, (190, 190, 195): 0.15, (110, 70, 40): 0.12, (190, 150, 70): 0.1,
        (245, 245, 245): 0.06, None: 0.12,
    }  # fmt: skip
    drawn = choose(rng, shares)
    colour = any_colour(rng) if drawn is None else _varied(rng, drawn, 22)
    widths = THIN_FRAME_WIDTHS if rng.random() < THIN_FRAME_SHARE else FRAME_WIDTHS
    if kind in ("square", "octagon"):
        widths = FRAME_WIDTHS
    if rng.random() < WIDE_FRAME_SHARE:
        widths = WIDE_FRAME_WIDTHS
    plate = rng.random() < PLATE_SHARE
    return Frame(
        kind=kind,
        width=0.0 if kind == "none" else rng.uniform(*widths),
        profile=choose(rng, PROFILE_SHARES),
        colour=colour,
        second_colour=_varied(rng, colour, 70) if rng.random() < 0.6 else any_colour(rng),
        rays=int(rng.integers(8, 25)) if rng.random() < RAYS_SHARE else 0,
        plate_radius=rng.uniform(1.3, 1.9) if plate else 0.0,
        plate_colour=any_colour(rng),
    )


def _draw_writing(rng: np.random.Generator, ink: Colour, grounds: tuple[Colour, ...]) -> tuple[Marks, Numerals]:
    """Marks and numerals, which share the space near the edge."""
    kind: Literal["arabic", "roman", "four", "none"] = choose(rng, NUMERAL_SHARES)  # type: ignore[arg-type]
    mark_kind = choose(rng, MARKS_WITHOUT_NUMERALS_SHARES if kind == "none" else MARK_SHARES)
    outer = rng.uniform(0.88, 0.995)
    length = rng.uniform(*MARK_LENGTHS) * (1.4 if kind == "none" else 1.0)
    half_width = rng.uniform(0.006, 0.035)
    outside = kind != "none" and mark_kind != "none" and rng.random() < NUMERALS_OUTSIDE_SHARE
    height = rng.uniform(*NUMERAL_HEIGHTS)
    minute_numbers = mark_kind == "strokes" and rng.random() < MINUTE_NUMBERS_SHARE
    if minute_numbers:
        outer = 0.86
    if outside:
        outer = rng.uniform(0.6, 0.72)
        height = min(height, 0.2)
        radius = outer + 0.05 + height * 0.6
    elif mark_kind == "none":
        radius = 0.97 - 0.65 * height - rng.uniform(0.0, 0.12)
    else:
        depth = length if mark_kind == "strokes" else 2 * half_width + 0.02
        radius = outer - depth - 0.6 * height - rng.uniform(0.01, 0.1)
    marks = Marks(
        kind=mark_kind,  # type: ignore[arg-type]
        minutes=bool(rng.random() < MINUTE_MARKS_SHARE),
        outer=outer,
        length=length,
        half_width=half_width,
        railway=mark_kind == "strokes" and rng.random() < RAILWAY_SHARE,
        triangles=mark_kind == "strokes" and rng.random() < TRIANGLES_SHARE,
        double_twelve=kind == "none" and rng.random() < DOUBLE_TWELVE_SHARE,
        quarters_only=kind == "none" and rng.random() < 0.12,
        colour=ink if rng.random() < 0.7 else _contrasting(rng, _ink_colour, grounds, INK_CONTRAST),
    )
    badge: Literal["none", "circle", "lozenge"] = "none"
    if rng.random() < BADGE_SHARE and kind != "none":
        badge = "circle" if rng.random() < 0.7 else "lozenge"
        height = min(height, 0.15)
    badge_colour = _contrasting(rng, any_colour, grounds, INK_CONTRAST)
    under = grounds if badge == "none" else (badge_colour,)
    colours = _numeral_colours(rng, None if badge != "none" else ink, under)
    turned = rng.random() < TURNED_SHARES[kind]
    return marks, Numerals(
        kind=kind,
        texts=_texts(rng, kind),
        turned=bool(turned),
        flipped=bool(turned and rng.random() < 0.25),
        font=str(rng.choice(BOLD_FONTS if rng.random() < BOLD_SHARE else LIGHT_FONTS)),
        height=height,
        stretch=rng.uniform(*NUMERAL_STRETCH) * (0.85 if kind == "roman" else 1.0),
        stroke=rng.uniform(0.02, 0.09) if rng.random() < NUMERAL_STROKE_SHARE else 0.0,
        radius=radius,
        colours=colours,
        badge=badge,
        badge_colour=badge_colour,
        minute_numbers=bool(minute_numbers),
        inner_24=kind == "arabic" and rng.random() < INNER_24_SHARE,
    )


def _numeral_colours(rng: np.random.Generator, ink: Colour | None, under: tuple[Colour, ...]) -> tuple[Colour, ...]:
    """Colours of the twelve numerals on what is under them; without an ink one is drawn."""
    if rng.random() < MANY_COLOURS_SHARE:
        return tuple(_contrasting(rng, any_colour, under, INK_CONTRAST) for _ in range(12))
    if ink is None:
        return (_contrasting(rng, _ink_colour, under, INK_CONTRAST),) * 12
    if rng.random() < 0.06:  # twelve, or the quarters, in a second colour
        second = _contrasting(rng, any_colour, under, INK_CONTRAST)
        step = 12 if rng.random() < 0.5 else 3
        return tuple(second if hour % step == 0 else ink for hour in range(12))
    return (ink,) * 12


def _texts(rng: np.random.Generator, kind: str) -> tuple[str, ...]:
    if kind == "none":
        return ()
    if kind == "roman":
        fourth = "IIII" if rng.random() < 0.5 else "IV"
        every = (*ROMAN[:4], fourth, *ROMAN[5:])
        return tuple(t if i % 3 == 0 else "" for i, t in enumerate(every)) if rng.random() < ROMAN_FOUR_SHARE else every
    if kind == "four":
        return tuple(text if hour % 3 == 0 else "" for hour, text in enumerate(ARABIC))
    return ARABIC


def _draw_lengths(rng: np.random.Generator, ratios: Range) -> tuple[float, float]:
    """Lengths of the hour hand and of the minute hand."""
    minute = rng.uniform(*MINUTE_LENGTHS)
    low, high = max(ratios[0], HOUR_LENGTHS[0] / minute), min(ratios[1], HOUR_LENGTHS[1] / minute)
    return minute * rng.uniform(low, high), minute


def _draw_marker_hands(rng: np.random.Generator, grounds: tuple[Colour, ...]) -> tuple[Hand, Hand]:
    colour = choose(rng, MARKER_COLOURS)
    if min(distance(colour, ground) for ground in grounds) < HAND_CONTRAST:
        colour = _contrasting(rng, lambda rng: choose(rng, MARKER_COLOURS), grounds, HAND_CONTRAST)
    half_width = rng.uniform(*MARKER_HALF_WIDTHS)
    tail = half_width if rng.random() < 0.8 else rng.uniform(*TAILS) / 2
    hour, minute = (
        Hand("round", length, half_width, tail, False, colour, colour, None)
        for length in _draw_lengths(rng, SAME_WIDTH_RATIOS)
    )
    return hour, minute


def _draw_hands(rng: np.random.Generator, grounds: tuple[Colour, ...]) -> tuple[Hand, Hand]:
    kind = choose(rng, HAND_SHARES)
    hour_kind = choose(rng, HAND_SHARES) if rng.random() < TWO_KINDS_SHARE else kind
    half_width = rng.uniform(*HALF_WIDTHS)
    ratio = rng.uniform(*WIDTH_RATIOS)
    hour_length, minute_length = _draw_lengths(rng, LENGTH_RATIOS if ratio > 1.25 else SAME_WIDTH_RATIOS)
    colour = _contrasting(rng, _hand_colour, grounds, HAND_CONTRAST)
    two_colours = rng.random() < TWO_COLOURS_SHARE
    hour_colour = _contrasting(rng, _hand_colour, grounds, HAND_CONTRAST) if two_colours else colour
    tail = rng.uniform(*TAILS) if rng.random() < TAIL_SHARE else 0.0
    counterweight = tail > 0.1 and rng.random() < COUNTERWEIGHT_SHARE / TAIL_SHARE
    inner = _contrasting(rng, _hand_colour, (colour,), HAND_CONTRAST)
    outline = _contrasting(rng, any_colour, (colour,), HAND_CONTRAST) if rng.random() < OUTLINE_SHARE else None
    hour_width = min(half_width * ratio, 0.075)
    hour = Hand(hour_kind, hour_length, hour_width, tail, bool(counterweight), hour_colour, inner, outline)
    return hour, Hand(kind, minute_length, half_width, tail, bool(counterweight), colour, inner, outline)


def _draw_extras(
    rng: np.random.Generator, ink: Colour, face: Face, numerals: Numerals, hour: Hand, minute: Hand
) -> Extras:
    grounds = (face.colour,)
    seconds = alarm = None
    if rng.random() < SECONDS_SHARE:
        colour = (205, 25, 25) if rng.random() < 0.5 else _contrasting(rng, _hand_colour, grounds, 70.0)
        half_width = min(rng.uniform(*SECONDS_HALF_WIDTHS), minute.half_width / 2)
        tail = rng.uniform(0.1, 0.35) if rng.random() < 0.75 else 0.0
        kind = "bar" if rng.random() < 0.75 else "tapered"
        length = rng.uniform(*SECONDS_LENGTHS)
        seconds = Hand(kind, length, half_width, tail, bool(rng.random() < 0.2), colour, colour, None)
    if rng.random() < ALARM_SHARE:
        colour = _contrasting(rng, any_colour, (*grounds, hour.colour), 70.0)
        alarm = Hand("tapered", 0.75 * hour.length, hour.half_width / 3, 0.0, False, colour, colour, None)
    subdials: list[Subdial] = []
    if rng.random() < SUBDIALS_SHARE:
        place = rng.uniform(0.38, 0.5)
        radius = rng.uniform(0.14, 0.24)
        sides = itertools.islice(((0, 1), (-1, 0), (1, 0)), int(rng.integers(1, 4)))
        for x, y in sides:
            ground = face.colour if rng.random() < 0.5 else _varied(rng, face.colour, 50)
            subdials.append(Subdial(x * place, y * place, radius, float(rng.random()), ground, ink))
    words = []
    if rng.random() < LETTERING_SHARE:
        for _ in range(int(rng.integers(1, 3))):
            below = rng.uniform(0.2, max(0.25, numerals.radius - 0.6 * numerals.height - 0.06)) * (
                1 if rng.random() < 0.5 else -1
            )
            colour = ink if rng.random() < 0.7 else _contrasting(rng, any_colour, grounds, INK_CONTRAST)
            words.append((str(rng.choice(WORDS)), below, rng.uniform(0.05, 0.12), colour))
    hub = rng.random() < HUB_SHARE
    return Extras(
        seconds=seconds,
        seconds_turn=float(rng.random()),
        alarm=alarm,
        alarm_turn=float(rng.random()),
        hub_radius=rng.uniform(0.02, 0.09) if hub else 0.0,
        hub_colour=minute.colour if rng.random() < 0.7 else any_colour(rng),
        subdials=tuple(subdials),
        date_turn=float(rng.choice((0.25, 0.25, 0.5, 1 / 3))) if rng.random() < DATE_SHARE else None,
        date_text=str(rng.integers(1, 32)),
        words=tuple(words),
        screws=bool(rng.random() < SCREWS_SHARE),
    )
