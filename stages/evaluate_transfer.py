"""Table 4: the best Fashion-MNIST settings on CIFAR-10."""

from pathlib import Path

from imagelab import artifacts, params, published
from stages import run


def main() -> None:
    """Write the table, in the order of the settings' rank on Fashion-MNIST, and its accuracies as metrics."""
    runs = published.transfer()
    stand_in = params.load().fetch.cifar10 == "demo"  # other pictures: nothing of the report compares with them
    results = published.beside(
        artifacts.read_csv(Path("data/transfer/cifar10.csv")), runs.head(0) if stand_in else runs
    )
    results.insert(0, "rank_on_fashion_mnist", results.index + 1)
    trained = results[results["test_accuracy"].notna()].set_index("rank_on_fashion_mnist")
    metrics = trained[["validation_accuracy", "test_accuracy"]].to_dict("index")
    artifacts.write_metrics({f"rank_{rank}": row for rank, row in metrics.items()}, Path("metrics/transfer.json"))
    artifacts.write_table(results, Path("plots/transfer/table_4.csv"))


if __name__ == "__main__":
    run(main)
