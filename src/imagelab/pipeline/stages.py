"""What DVC does with a stage before and after its command: check, restore, save, record."""

from pathlib import Path
from typing import Any

from dvc.exceptions import DvcException
from dvc.repo import Repo
from dvc.repo.reproduce import get_active_graph, plan_repro
from dvc.stage import Stage
from dvc.stage.cache import RunCacheNotFoundError

from imagelab.pipeline.lock_file import LockFile
from imagelab.pipeline.recovery import restore
from imagelab.runtime.errors import InputError


class Stages:
    """The stages of ``dvc.yaml``, and what they depend on.

    Args:
        repo: whose lock is held.
        graph: its edges go from a stage to those that it depends on.

    Attributes:
        dependencies: the stages that each stage depends on, in the order in which ``dvc repro`` runs them.
    """

    def __init__(self, repo: Repo, graph: Any) -> None:
        self._repo = repo
        self._pipeline = Path(repo.root_dir, "dvc.yaml")
        plan = plan_repro(graph, [stage for stage in repo.index.stages if self._is_own(stage)])
        self.dependencies: dict[Stage, list[Stage]] = {stage: list(graph.successors(stage)) for stage in plan}
        self._lock_file: LockFile | None = None  # read when there is something to record
        self._read: dict[Stage, list[Any]] = {}  # hashes of the dependencies with which a command began

    def check(self, stage: Stage) -> bool:
        """Tell whether a stage has changed; if not, it is up to date now. Its outputs stay."""
        if not stage.cmd or stage.frozen:  # a file or folder that DVC tracks; a stage that only verifies its outputs
            if stage.reproduce():
                self._record(stage)
            return False
        if not stage.changed():
            print(f"Stage '{stage.addressing}' didn't change, skipping", flush=True)
            return False
        return True

    def begin(self, stage: Stage) -> bool:
        """Tell whether the command of a changed stage has to run; if not, its outputs are restored from the run-cache.

        Before a command runs, its outputs are removed, and its dependencies are saved.
        """
        stage.remove_outs()
        try:
            self._repo.stage_cache.restore(stage)
        except RunCacheNotFoundError:
            stage.save_deps()
            self._read[stage] = _hashes(stage)
            return True
        self.save(stage)
        return False

    def save(self, stage: Stage) -> None:
        """Save and record what a command has made, as DVC's ``Stage.run`` does.

        Raises:
            InputError: if code, data or settings that the command depends on changed while it ran. DVC itself records
                the new ones then, as if the command had run with them.
        """
        if stage in self._read:
            stage.save_deps()
            pairs = zip(stage.deps, self._read.pop(stage), strict=True)
            if changed := [str(dependency) for dependency, before in pairs if dependency.hash_info != before]:
                expected = "dependencies that stay as they are while it runs (run again)"
                raise InputError("stage", where=stage.addressing, expected=expected, received=f"other {changed[0]}")
        files = [out for out in stage.outs if not (out.is_metric or out.is_plot)]
        stage.save(run_cache=all(out.use_cache for out in files))
        stage.commit()
        self._record(stage)

    def _record(self, stage: Stage) -> None:
        if not self._is_own(stage):
            stage.dump(update_pipeline=False)
            return
        path = self._pipeline.with_suffix(".lock")
        if self._lock_file is None:
            self._lock_file = LockFile(path, [stage.name for stage in self.dependencies if self._is_own(stage)])
        self._lock_file.record(stage)
        self._repo.scm_context.track_file(path.name)

    def _is_own(self, stage: Stage) -> bool:
        return bool(stage.path == str(self._pipeline))


def _hashes(stage: Stage) -> list[Any]:
    return [dependency.hash_info for dependency in stage.deps]


def load(repo: Repo, root: Path) -> tuple[Stages, list[str]]:
    """Load the stages; restore ``dvc.lock`` first if it is half-written.

    Args:
        repo: whose lock is held.
        root: its folder, as messages name it.

    Returns:
        The stages, and what ``recovery.restore`` did.
    """
    restored: list[str] = []
    try:
        graph = repo.index.graph
    except DvcException:
        restored = restore(root)  # takes a third of a second, so it is not the first thing to do
        if not restored:
            raise
        repo._reset()  # else it keeps what it has read
        graph = repo.index.graph
    return Stages(repo, get_active_graph(graph)), restored
