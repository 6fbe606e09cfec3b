"""Table 4: the best Fashion-MNIST settings on CIFAR-10."""

from pathlib import Path

from imagelab import artifacts
from stages import run


def main() -> None:
    """Write the table, in the order of the settings' rank on Fashion-MNIST, and its accuracies as metrics."""
    results = artifacts.read_csv(Path("data/transfer/cifar10.csv"))
    results.insert(0, "rank_on_fashion_mnist", results.index + 1)
    columns = ["validation_accuracy", "test_accuracy"]
    metrics = {f"rank_{rank}": row for rank, row in results.set_index("rank_on_fashion_mnist")[columns].T.items()}
    artifacts.write_json({name: row.to_dict() for name, row in metrics.items()}, Path("metrics/transfer.json"))
    artifacts.write_csv(results, Path("plots/transfer/table_4.csv"))


if __name__ == "__main__":
    run(main)
