"""The clock networks, layer by layer, as they are built."""

import pandas as pd

from imagelab.report.tables import Column, Table, arrange, whole


def tables(layers: pd.DataFrame) -> dict[str, Table]:
    """Return the layers of each clock network: layer, output shape, parameters, as the report prints them.

    Args:
        layers: as ``network_sizes.layers`` returns it.
    """
    columns = (
        Column("Layer", "layer"),
        Column("Kind", "kind"),
        Column("Output shape", "output_shape"),
        Column("Parameters", "parameters", whole),
    )
    return {
        str(name).removeprefix("clock_"): arrange(part, columns) for name, part in layers.groupby("network", sort=False)
    }


def totals(layers: pd.DataFrame) -> dict[str, str]:
    """Return the number of parameters of each clock network."""
    sums = layers.groupby("network", sort=False)["parameters"].sum()
    return {str(name).removeprefix("clock_"): whole(count) for name, count in sums.items()}


def image_shape(layers: pd.DataFrame) -> str:
    """Return height, width and channels of the pictures that the multi-head network reads.

    Args:
        layers: as ``network_sizes.layers`` returns it.
    """
    first = layers[(layers["network"] == "clock_multi_head") & layers["after"].isna()]
    return str(first["output_shape"].iloc[0])


def branches(layers: pd.DataFrame) -> list[list[dict[str, str]]]:
    """Return the branches of the multi-head network, in the order of its outputs.

    Args:
        layers: as ``network_sizes.layers`` returns it.

    Returns:
        Branches of layers, the first layer first: ``kind``, ``output_shape``, ``parameters`` (empty if it has none) and
        ``layer``, its name. The image itself is left out.
    """
    rows = {row["layer"]: row for row in layers[layers["network"] == "clock_multi_head"].to_dict("records")}
    read = {row["after"] for row in rows.values()}
    found = []
    for end in (name for name in rows if name not in read):
        branch, name = [], end
        while not pd.isna(rows[name]["after"]):
            parameters = rows[name]["parameters"]
            texts = {key: str(rows[name][key]) for key in ("layer", "kind", "output_shape")}
            branch.append(texts | {"parameters": whole(parameters) if parameters else ""})
            name = rows[name]["after"]
        found.append(branch[::-1])
    return found
