"""Task 3 on the page: leaves, what the generators draw, how they are measured, and the report's claims."""

from collections.abc import Mapping
from typing import Any, get_args

import altair as alt
import pandas as pd

from imagelab.report import charts
from imagelab.report.exhibits import Exhibit, Exhibitor
from imagelab.report.tables import Column, Table, arrange, decimals, whole
from imagelab.settings.leaves import Generator

GENERATORS = get_args(Generator)
_FIGURES = {"vae_small": 20, "vae_medium": 21, "vae_large": 22, "gan": 23}
_NAMES = {"vae_small": "VAE, small", "vae_medium": "VAE, medium", "vae_large": "VAE, large", "gan": "GAN"}
_VAES = [name for name in GENERATORS if name.startswith("vae_")]
_WIDTH = 760


def exhibits(of: Exhibitor) -> dict[str, Exhibit]:
    """Return the figures and tables of task 3 by name."""
    histories = {_NAMES[name]: f"plots/generator/{name}/history.csv" for name in _VAES}
    gan = {"history": "plots/generator/gan/history.csv"}
    return {
        "data": of.picture(
            "Leaves as the networks see them",
            "plots/data/leaves.png",
            alternative="Forty-eight leaves of 32 by 32 pixels",
            width=_WIDTH,
        ),
        **{
            f"samples_{name}": of.picture(
                f"Figure {_FIGURES[name]}: leaves drawn by the {_NAMES[name]}",
                f"plots/generator/{name}/samples.png",
                alternative=f"A grid of leaves drawn by the {_NAMES[name]}",
                width=_WIDTH,
            )
            for name in GENERATORS
        },
        **{
            f"interpolations_{name}": of.picture(
                f"{_NAMES[name]}: interpolations",
                f"plots/generator/{name}/interpolations.png",
                alternative=f"Leaves of the {_NAMES[name]} that change from left to right between two latent vectors",
                width=_WIDTH,
            )
            for name in GENERATORS
        },
        **{
            f"progress_{name}": of.picture(
                f"{_NAMES[name]}: the same latent vectors after more and more epochs",
                f"plots/generator/{name}/progress.png",
                alternative=f"Leaves that the {_NAMES[name]} draws from the same latent vectors, one row an epoch",
                width=_WIDTH,
            )
            for name in GENERATORS
        },
        "distance": of.chart(
            "Fréchet distance to held-out leaves over epochs",
            {_NAMES[name]: f"plots/generator/{name}/progress.csv" for name in GENERATORS},
            lambda tables: charts.tables_as_lines(
                tables,
                "epoch",
                "classifier_frechet_distance",
                x_title="epoch",
                y_title="Fréchet distance",
                logarithmic=True,
            ),
            note="In the features of a classifier of real leaves; smaller is better.",
        ),
        "held_out_loss": _vae(of, histories, "held_out_loss", "loss of held-out pictures"),
        "reconstruction_loss": _vae(of, histories, "reconstruction_loss", "reconstruction loss (nats a picture)"),
        "kl_loss": _vae(of, histories, "kl_loss", "KL divergence (nats a picture)"),
        "gan_losses": of.chart(
            "The GAN's losses over epochs",
            gan,
            lambda tables: charts.columns_as_lines(
                tables["history"],
                "epoch",
                {"generator_loss": "generator", "discriminator_loss": "discriminator"},
                x_title="epoch",
                y_title="loss",
            ),
        ),
        "gan_accuracy": of.chart(
            "Accuracy of the GAN's discriminator over epochs",
            gan,
            lambda tables: charts.columns_as_lines(
                tables["history"],
                "epoch",
                {"accuracy_on_real": "on real leaves", "accuracy_on_generated": "on drawn leaves"},
                x_title="epoch",
                y_title="accuracy",
            ),
        ),
        "measures": of.numbers(
            "Drawn leaves against held-out leaves",
            {name: f"metrics/generator/{name}.json" for name in GENERATORS},
            _measures,
            note="Features of a classifier of real leaves; 95 % intervals. The second row of each measure's name is "
            "what training leaves reach in place of drawn ones.",
        ),
        "claims": of.table(
            "The report's claims about its generators",
            "plots/generator/claims.csv",
            lambda table: arrange(
                table,
                (
                    Column("Claim", "claim"),
                    Column("Verdict", "verdict", mark=lambda value: f"verdict {value.replace(' ', '-')}"),
                    Column("Smallest effect that counts", "smallest_effect"),
                    Column("Measured", "numbers"),
                ),
            ),
        ),
    }


def _vae(of: Exhibitor, files: dict[str, str], column: str, title: str) -> Exhibit:
    def draw(tables: dict[str, pd.DataFrame]) -> alt.Chart | None:
        return charts.tables_as_lines(tables, "epoch", column, x_title="epoch", y_title=title)

    return of.chart(f"The VAEs: {title}, over epochs", files, draw)


def _measures(found: Mapping[str, Mapping[str, Any]]) -> Table:
    rows = []
    for name, content in found.items():
        rows.append(
            {
                "generator": _NAMES[name],
                "images": content["images"],
                "collapsed": "yes" if content["collapsed"] else "no",
                **content["classifier"],
                **{key: value for key, value in content.items() if key.startswith("sharpness")},
            }
        )
    columns = (
        Column("Generator", "generator"),
        Column("Pictures", "images", whole),
        Column("Fréchet distance", "frechet_distance", decimals(1), interval=True),
        Column("of training leaves", "frechet_distance_of_training", decimals(1)),
        Column("Precision", "precision", decimals(2), interval=True),
        Column("of training leaves", "precision_of_training", decimals(2)),
        Column("Recall", "recall", decimals(2), interval=True),
        Column("of training leaves", "recall_of_training", decimals(2)),
        Column("Density", "density", decimals(2), interval=True),
        Column("Coverage", "coverage", decimals(2), interval=True),
        Column("Copying", "copying", decimals(2), interval=True),
        Column("Sharpness", "sharpness", decimals(3), interval=True),
        Column("Collapsed", "collapsed"),
    )
    return arrange(pd.DataFrame(rows), columns)
