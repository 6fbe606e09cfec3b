"""Check every setting, also those that no stage depends on; DVC does not notice an unknown key."""

from imagelab.settings import params
from stages import run


def main() -> None:
    """Read ``params.yaml`` and stop at the first setting that is unknown, missing or wrong."""
    params.load()


if __name__ == "__main__":
    run(main)
