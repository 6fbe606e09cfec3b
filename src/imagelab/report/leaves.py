"""Task 3 on the page: leaves, what the generators draw, how they are measured, and the report's claims."""

from collections.abc import Callable, Mapping
from typing import Any, get_args

import altair as alt
import pandas as pd

from imagelab.report import charts, evidence
from imagelab.report.exhibits import Exhibit, Exhibitor
from imagelab.report.score import style
from imagelab.report.tables import Column, Table, arrange, decimals, whole
from imagelab.reproduction.answers import NOT_MEASURED
from imagelab.reproduction.evidence_folder import CLAIMS_OF_SEEDS, SEEDS
from imagelab.settings.leaves import VAES, Generator
from imagelab.storage import reading

GENERATORS = get_args(Generator)
_FIGURES = {"vae_small": 20, "vae_medium": 21, "vae_large": 22, "gan": 23}
_REPORTED = {"vae_small": "VAE, small", "vae_medium": "VAE, medium", "vae_large": "VAE, large", "gan": "GAN"}
_NAMES = {name: _REPORTED.get(name, name.replace("_", " ")) for name in GENERATORS}
_CLAIMS = "plots/generator/claims.csv"
_IN_CLAIMS = {r"\bvae_(\w+)": r"the \1 VAE", r"\bgan\b": "GAN"}
_WIDE, _NARROW = 760, 520  # pixels, of a figure and of one beside another


def _figure(name: str) -> str:
    """Begin the title of what a generator draws; the report has figures of its own generators only."""
    return f"Figure {_FIGURES[name]}: leaves" if name in _FIGURES else "Leaves"


def exhibits(of: Exhibitor) -> dict[str, Exhibit]:
    """Return the figures and tables of task 3 by name; those of several seeds only where there are such runs."""
    histories = {_NAMES[name]: f"plots/generator/{name}/history.csv" for name in VAES}
    gan = {"history": "plots/generator/gan/history.csv"}
    return {
        **_of_seeds(of),
        "data": of.picture(
            "Leaves as the networks see them",
            "plots/data/leaves.png",
            alternative="Forty-eight leaves as the networks see them",
            width=_WIDE,
        ),
        **{
            f"samples_{name}": _samples(of, name, f"{_figure(name)} drawn by the {_NAMES[name]}") for name in GENERATORS
        },
        **{f"interpolations_{name}": _interpolations(of, name, _NAMES[name]) for name in GENERATORS},
        **{f"progress_{name}": _progress(of, name, _NAMES[name]) for name in GENERATORS},
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
        "measures": _table_of_measures(of, "Drawn leaves against held-out leaves"),
        "codes": of.numbers(
            "Latent codes, and whether a generator collapsed",
            {name: f"metrics/generator/{name}.json" for name in GENERATORS},
            _collapsed,
        ),
        "claims": of.table(
            "The report's claims about its generators, one run",
            _CLAIMS,
            lambda table: _claims(_with_further(table, of)),
        ),
    }


def of_better(of: Exhibitor) -> dict[str, Exhibit]:
    """Return figures and a table of generators that are better than the report's, in the order that they are shown."""
    return {
        "measures": _table_of_measures(of, "Leaves that better generators draw, against held-out leaves"),
        **_of_seeds(of),
        **{
            f"samples_{name}": _samples(of, name, f"Leaves drawn by the better {_NAMES[name]}, a class a column", _WIDE)
            for name in ("vae_large", "gan")
        },
        "interpolations_gan": _interpolations(of, "gan", "Better GAN"),
        "progress_gan": _progress(of, "gan", "Better GAN"),
    }


def _claims(table: pd.DataFrame) -> Table:
    columns = (
        Column("Claim", "claim"),
        Column("Holds of these leaves", "verdict", mark=style),
        Column("Smallest effect that counts", "smallest_effect"),
        Column("Measured", "numbers"),
    )
    return arrange(table.replace(_IN_CLAIMS, regex=True), columns)


def _with_further(table: pd.DataFrame, of: Exhibitor) -> pd.DataFrame:
    """Take claims that a run has not measured from its further runs.

    Raises:
        InputError: if a file of a further run is damaged.
    """
    if (folder := of.results.folder_of(_CLAIMS)) is None:
        return table
    for name, _ in evidence.further(folder):
        if (path := folder.place / name / _CLAIMS).is_file():
            other = reading.read_csv(path, columns=list(table.columns))
            other["numbers"] = other["numbers"].astype(str) + f" (from {folder.path.as_posix()}/{name})"
            lacking = table.loc[table["verdict"] == NOT_MEASURED, "claim"]
            taken = other[other["claim"].isin(lacking) & (other["verdict"] != NOT_MEASURED)].drop_duplicates("claim")
            order = table["claim"]
            kept = table[~order.isin(taken["claim"])]
            table = pd.concat([kept, taken[list(table.columns)]]).set_index("claim").loc[order].reset_index()
    return table


def _table_of_measures(of: Exhibitor, title: str) -> Exhibit:
    return of.numbers(
        title,
        {name: f"metrics/generator/{name}.json" for name in GENERATORS},
        _measures,
        note="In the features of a classifier of real leaves, with 95 % intervals, which say nothing of another seed. "
        "Precision and density: whether drawn leaves lie among real ones; recall and coverage: how much of the variety "
        "of real leaves is drawn. The last column is what training leaves reach in place of drawn ones.",
    )


def _samples(of: Exhibitor, name: str, title: str, width: int = _NARROW) -> Exhibit:
    return of.picture(
        title,
        f"plots/generator/{name}/samples.png",
        alternative=f"A grid of pictures: {title}",
        width=width,
    )


def _interpolations(of: Exhibitor, name: str, called: str) -> Exhibit:
    return of.picture(
        f"{called}: interpolations",
        f"plots/generator/{name}/interpolations.png",
        alternative=f"{called}: leaves that change from left to right between two latent vectors",
        width=_NARROW,
    )


def _progress(of: Exhibitor, name: str, called: str) -> Exhibit:
    return of.picture(
        f"{called}: the same latent vectors after more and more epochs",
        f"plots/generator/{name}/progress.png",
        alternative=f"{called}: leaves drawn from the same latent vectors, one row an epoch",
        width=_NARROW,
    )


def _of_seeds(of: Exhibitor) -> dict[str, Exhibit]:
    """Return the tables of runs with several seeds; none without such runs, as in a run of one's own."""
    if of.key == "run":
        return {}

    def show_claims(table: pd.DataFrame) -> Table:
        return _claims(_with_further(table, of))

    tables: tuple[tuple[str, str, str, Callable[[pd.DataFrame], Table]], ...] = (
        ("measures", "Drawn leaves against held-out leaves, several seeds", SEEDS, _measures_of_seeds),
        ("claims", "The report's claims about its generators, several seeds", CLAIMS_OF_SEEDS, show_claims),
    )
    return {
        f"{name}_of_seeds": of.table(
            title,
            file,
            show,
            note=f"From {(folder.path / file).as_posix()}, by imagelab repeats. A seed also decides which leaves are "
            "held out, and trains another classifier to measure with."
            + (" The mean of all runs and, in brackets, the lowest and the highest." if file == SEEDS else ""),
        )
        for name, title, file, show in tables
        if (folder := of.results.folder_of(file)) is not None
    }


def _vae(of: Exhibitor, files: dict[str, str], column: str, title: str) -> Exhibit:
    def draw(tables: dict[str, pd.DataFrame]) -> alt.Chart:
        return charts.tables_as_lines(tables, "epoch", column, x_title="epoch", y_title=title)

    return of.chart(f"The VAEs: {title}, over epochs", files, draw)


_MEASURES: dict[str, tuple[str, Callable[[float], str]]] = {  # key in the metrics: title, how it is written
    "frechet_distance": ("Fréchet distance (smaller is better)", decimals(1)),
    "precision": ("precision", decimals(2)),
    "density": ("density", decimals(2)),
    "recall": ("recall", decimals(2)),
    "coverage": ("coverage", decimals(2)),
    "copying": (
        "distance to the nearest training leaf, over that of held-out leaves (far below 1: copies)",
        decimals(2),
    ),
    "sharpness": ("sharpness (held-out leaves: 1)", decimals(3)),
}


def _measures(found: Mapping[str, Mapping[str, Any]]) -> Table:
    """Return one row a measure, one column a generator, and one for training leaves in place of drawn ones."""
    rows = []
    for key, (title, write) in _MEASURES.items():
        row: dict[str, Any] = {"measure": title}
        for name, content in found.items():
            values = content if key == "sharpness" else content["classifier"]
            low, high = (values[f"{key}_{end}"] for end in ("low", "high"))
            row[name] = f"{write(values[key])} [{write(low)}, {write(high)}]"
            row["training"] = write(values[f"{key}_of_training"]) if f"{key}_of_training" in values else None
        rows.append(row)
    columns = [Column("Measure", "measure"), *(Column(_NAMES[name], name) for name in found)]
    return arrange(pd.DataFrame(rows), [*columns, Column("Training leaves", "training")])


def _measures_of_seeds(table: pd.DataFrame) -> Table:
    """Return one row a measure, one column a generator; generators that not all runs have are left out."""
    found = table.set_index("metric").to_dict("index")
    names = [name for name in GENERATORS if f"generator/{name}/images" in found]
    rows: list[dict[str, Any]] = [
        {"measure": "runs", **{name: whole(found[f"generator/{name}/images"]["runs"]) for name in names}}
    ]
    for key, (title, write) in _MEASURES.items():
        row = {"measure": title}
        for name in names:
            values = found[f"generator/{name}/{key}" if key == "sharpness" else f"generator/{name}/classifier/{key}"]
            mean, lowest, highest = (write(values[column]) for column in ("mean", "lowest", "highest"))
            row[name] = f"{mean} ({lowest} to {highest})"
        rows.append(row)
    return arrange(pd.DataFrame(rows), [Column("Measure", "measure"), *(Column(_NAMES[name], name) for name in names)])


def _collapsed(found: Mapping[str, Mapping[str, Any]]) -> Table:
    rows = [
        {"generator": _NAMES[name], **content, "collapsed": "yes" if content["collapsed"] else "no"}
        for name, content in found.items()
    ]
    columns = (  # those that are optional a GAN does not have
        Column("Generator", "generator"),
        Column("Pictures measured", "images", whole),
        Column("Latent dimensions", "latent_dimension", whole, optional=True),
        Column("KL divergence, nats", "kl_nats", decimals(1), optional=True),
        Column("Active units", "active_units", whole, optional=True),
        Column("Collapsed", "collapsed"),
    )
    return arrange(pd.DataFrame(rows), columns)
