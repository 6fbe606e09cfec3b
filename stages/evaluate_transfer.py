"""Table 4: the settings that are best on Fashion-MNIST, ours and the report's, on CIFAR-10."""

from pathlib import Path

from imagelab.datasets import data_names
from imagelab.reproduction import published, search_tables
from imagelab.settings import params
from imagelab.settings.classification import SETTINGS
from imagelab.storage import reading, writing
from stages import run


def main() -> None:
    """Write the table, with who chose each setting, and the accuracies as metrics."""
    data = data_names.describe_classified("cifar10", params.load().fetch.cifar10, Path("data/cifar10"))
    chosen = reading.read_json(Path("data/search/best_cnn_settings.json"), keys=["best", "published"])
    results = reading.read_csv(Path("data/transfer/cifar10.csv"), columns=[*SETTINGS, "test_accuracy"])
    results = search_tables.beside(results, search_tables.comparable(published.transfer(), data))
    table = search_tables.transfer_table(results, chosen)
    writing.write_metrics({"data": data, **search_tables.transfer_metrics(table)}, Path("metrics/transfer.json"))
    writing.write_table(table, Path("plots/transfer/table_4.csv"), data=data)


if __name__ == "__main__":
    run(main)
