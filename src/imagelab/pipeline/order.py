"""Which stage starts next, where several could."""

from collections.abc import Iterable, Mapping
from typing import Generic, TypeVar

Stage = TypeVar("Stage")


class Order(Generic[Stage]):
    """Stages that wait to start. The one on which the longest chain of others waits goes before the others.

    The first stage of all goes first, whatever waits on it: the project's first stage checks the settings.

    Args:
        dependencies: the other stages that each stage depends on, in the order in which ``dvc repro`` runs them: a
            stage comes after its dependencies. Of two with chains of one length, the earlier goes first.
    """

    def __init__(self, dependencies: Mapping[Stage, Iterable[Stage]]) -> None:
        self._missing = {stage: set(others) for stage, others in dependencies.items()}
        chains = dict.fromkeys(self._missing, 0)  # how many stages wait, one after the other
        for stage in reversed(self._missing):
            for other in self._missing[stage]:
                chains[other] = max(chains[other], chains[stage] + 1)
        plan = list(self._missing)
        self._waiting = plan[:1] + sorted(plan[1:], key=lambda stage: -chains[stage])

    def take(self) -> Stage | None:
        """Remove and return the next stage whose dependencies are all done; None if there is none at present."""
        found = next((stage for stage in self._waiting if not self._missing[stage]), None)
        if found is not None:
            self._waiting.remove(found)
        return found

    def done(self, stage: Stage) -> None:
        """Let those start that waited for this stage only."""
        for missing in self._missing.values():
            missing.discard(stage)
