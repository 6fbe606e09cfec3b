import re

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from imagelab.datasets.demo_leaves import CLASSES
from imagelab.evaluation.figures import TILE_INCHES
from imagelab.leaves.evaluation import plots

KAGGLE_CLASSES = (  # 28 of them, with the longest names
    "Apple___Apple_scab",
    "Apple___Black_rot",
    "Apple___Cedar_apple_rust",
    "Apple___healthy",
    "Blueberry___healthy",
    "Cherry_(including_sour)___Powdery_mildew",
    "Cherry_(including_sour)___healthy",
    "Corn_(maize)___Cercospora_leaf_spot Gray_leaf_spot",
    "Corn_(maize)___Common_rust_",
    "Corn_(maize)___Northern_Leaf_Blight",
    "Grape___Black_rot",
    "Grape___Esca_(Black_Measles)",
    "Grape___Leaf_blight_(Isariopsis_Leaf_Spot)",
    "Orange___Haunglongbing_(Citrus_greening)",
    "Peach___Bacterial_spot",
    "Pepper,_bell___Bacterial_spot",
    "Potato___Early_blight",
    "Potato___Late_blight",
    "Raspberry___healthy",
    "Soybean___healthy",
    "Squash___Powdery_mildew",
    "Strawberry___Leaf_scorch",
    "Tomato___Bacterial_spot",
    "Tomato___Leaf_Mold",
    "Tomato___Septoria_leaf_spot",
    "Tomato___Spider_mites Two-spotted_spider_mite",
    "Tomato___Tomato_Yellow_Leaf_Curl_Virus",
    "Tomato___Tomato_mosaic_virus",
)


def class_grid(names: tuple[str, ...], rows: int) -> Figure:
    classes = np.tile(np.arange(len(names)), rows)
    return plots.samples(np.zeros((len(classes), 32, 32, 3), np.float32), classes, names)


@pytest.mark.parametrize("rows", [1, 2, 4])
@pytest.mark.parametrize("names", [KAGGLE_CLASSES, tuple(CLASSES)[:8]], ids=["Kaggle's", "drawn"])
def test_titles_of_columns_take_a_quarter_of_the_figure_at_most(names: tuple[str, ...], rows: int) -> None:
    figure = class_grid(names, rows)
    height = figure.get_size_inches()[1]
    assert (height - rows * TILE_INCHES) / height <= 0.25 + 1e-9


@pytest.mark.parametrize("rows", [1, 4])
@pytest.mark.parametrize("names", [KAGGLE_CLASSES, tuple(CLASSES)[:8]], ids=["Kaggle's", "drawn"])
def test_every_title_is_whole_above_its_column_and_large_enough_to_read(names: tuple[str, ...], rows: int) -> None:
    figure = class_grid(names, rows)
    renderer = FigureCanvasAgg(figure).get_renderer()
    width, height = figure.canvas.get_width_height()
    texts = figure.axes[0].texts
    pictures = figure.axes[0].get_window_extent(renderer)
    assert [re.sub(r"\W", "", text.get_text()) for text in texts] == [re.sub(r"[\W_]", "", name) for name in names]
    for column, text in enumerate(texts):
        box = text.get_window_extent(renderer)
        assert column * width / len(texts) < box.x0 and box.x1 < (column + 1) * width / len(texts)
        assert pictures.y1 - 1 < box.y0 and box.y1 < height
        assert text.get_fontsize() >= (7 if rows > 1 else 4)
