"""The command ``evidence``: copy a run's settings and results, and say which code made them and how long it took."""

import shutil
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from dvc.dependency.param import ParamsDependency
from dvc.exceptions import DvcException
from dvc.repo import Repo, lock_repo
from dvc.stage import Stage

from imagelab.datasets import data_record, source_names
from imagelab.pipeline.stages import load
from imagelab.reproduction import reproduction_table
from imagelab.reproduction.evidence_folder import DURATIONS, FURTHER, RUN, SETTINGS
from imagelab.runtime import yaml_reading
from imagelab.runtime.commit import Commit, read_commit
from imagelab.runtime.errors import InputError, of_system
from imagelab.settings import params
from imagelab.settings.data import Fetch
from imagelab.storage import reading, writing
from imagelab.training import durations
from imagelab.training.environment import describe_for_training

_COPIED = ("metrics", "plots")  # folders
_WRITTEN = (RUN, SETTINGS, DURATIONS, *_COPIED)  # in this order: the first one marks a folder as this command's
_TEMPORARY = ".evidence.partial"  # folder, in the folder of the evidence

_RAW = Path("data/raw")
_NEEDED = ("data/leaves", "metrics/models.json", *(f"{_RAW}/{name}" for name in Fetch.model_fields))  # for verdicts

_COMPARES = "compare_with_report"
_OF_ALL = (_COMPARES, "describe_environment", "write_report")  # stages about the results of all others

_RESULTS = (SETTINGS, "dvc.lock", *_COPIED, "results")  # what a run changes without being another code
_SHOWN = 3  # names in a message
_ANIMATION = ".gif"  # large, and it shows what a picture beside it shows


class _Found(NamedTuple):
    """What the stages that are up to date have made, and which stages are not; stages without results are left out."""

    results: dict[str, list[Path]]  # metrics and plots, files, by stage
    outputs: set[Path]  # all files and folders
    missing: dict[str, list[Path]]  # the metrics and plots of the other stages
    settings: dict[str, list[str]]  # keys that decide the results of a stage: its own, and those of stages before it

    def files(self) -> list[Path]:
        return [path for paths in self.results.values() for path in paths]


def collect(folder: Path, *, partly: bool = False, uncommitted: bool = False) -> str:
    """Collect the evidence of the last run in the current folder, and return a line about it.

    Written are ``params.yaml`` as it is; the metrics and plots of the stages that are up to date; ``durations.json``:
    the records of ``durations`` about outputs of these stages; and ``run.json``: the commit, also of each stage, the
    machine on which the evidence was collected, and the stages that are missing. Other files in the folder stay.

    With ``partly``, results of a stage that is not up to date stay in the folder, with the commit at which they were
    collected: so a long run can be collected in parts, from several clones.

    If the run has no verdicts on the report's numbers yet, they are made here from the trainings that are there, and so
    is the record of the raw data. That needs all data to be prepared.

    Evidence of other runs may lie in folders of ``further/``: of longer trainings, for example, that one claim needs.
    Numbers and claims that this run has not at the report's size come from there, with their verdicts.

    Args:
        folder: where to write; made if it is not there.
        partly: whether stages may be missing because they are not up to date.
        uncommitted: whether the code may differ from the commit.

    Raises:
        InputError: if the code has changes, or results are not up to date, and this is not allowed; if there are none;
            if the folder has files of these names that this command did not write, or results that would stay and that
            other settings made; if DVC is running or cannot read its files; or if the folder cannot be written.
    """
    here = Path().resolve()
    is_own = (folder / RUN).exists() and folder.resolve().is_relative_to(here)
    own = [folder.resolve().relative_to(here).as_posix()] if is_own else []
    code = read_commit(Path(), results=[*_RESULTS, *own])
    if not code.clean and not uncommitted:
        expected = "code as it was committed, or --uncommitted"
        raise InputError("code", where="evidence", expected=expected, received=f"changes since {code.commit[:7]}")
    try:
        with Repo() as repo, lock_repo(repo):  # until all is copied, so that no other run changes it meanwhile
            _bring_back(folder)
            _check_own(folder)
            return _collect(repo, folder, code, partly=partly)
    except DvcException as error:
        expected = "a repository of DVC, in which no other DVC is running"
        raise InputError("pipeline", where=here, expected=expected, received=error) from None


def _collect(repo: Repo, folder: Path, code: Commit, *, partly: bool) -> str:
    found = _find(repo)
    if found.missing and not partly:
        shown = ", ".join([*found.missing][:_SHOWN]) + (", ..." if len(found.missing) > _SHOWN else "")
        expected = "stages that are up to date (dvc repro makes them so), or --partly"
        received = f"{len(found.missing)} that are not: {shown}"
        raise InputError("results", where="evidence", expected=expected, received=received)
    if not found.results:
        raise InputError("results", where="evidence", expected="metrics or plots of one stage", received="none")
    kept = _find_kept(folder, found) if found.missing else {}
    records = [record for record in durations.of_present() if _is_of(record, found.outputs)]
    if kept:
        names = {record["name"] for record in records}
        earlier = reading.read_json(folder / DURATIONS, keys=["records"])["records"]
        records += [record for record in earlier if record["name"] not in names]
    _write(folder, found, kept, code, records)
    missing = len(found.missing) - len(kept)
    without = f", without {missing} stages that are not up to date" if missing else ""
    stayed = f", {len(kept)} stages as they were in the folder" if kept else ""
    seconds = sum(record["seconds"] for record in records)
    trained = f"{len(records)} records of trainings, {seconds / 60:.1f} minutes"
    count = len(found.files())
    return f"{folder}: {count} files of metrics and plots{without}{stayed}; {trained}; commit {code.commit[:7]}"


def _bring_back(folder: Path) -> None:
    """Put back what a process that was killed between two moves had moved aside; ``run.json`` may be among it."""
    for name in _WRITTEN:
        former = _former(folder / _TEMPORARY / name)
        if former.exists() and not (folder / name).exists():
            with writing.writing_to(folder):
                former.replace(folder / name)


def _check_own(folder: Path) -> None:
    """Refuse a folder with files of these names that this command did not write: it would replace them."""
    if (folder / RUN).exists():
        return
    for name in _WRITTEN:
        if (folder / name).exists():
            expected = f"a folder without {name}, or one that this command wrote (with {RUN})"
            raise InputError("folder", where=folder, expected=expected, received=f"{name} of another origin")


def _find(repo: Repo) -> _Found:
    stages, restored = load(repo, Path())
    for line in restored:
        print(line, file=sys.stderr)
    current: set[Any] = set()
    for stage, dependencies in stages.dependencies.items():  # each after those that it depends on
        if current.issuperset(dependencies) and not stage.changed():
            current.add(stage)
    outputs = {Path(out.fs_path).relative_to(repo.root_dir) for stage in current for out in stage.outs}
    results: dict[str, list[Path]] = {}
    missing: dict[str, list[Path]] = {}
    settings: dict[Stage, set[str]] = {}
    for stage, dependencies in stages.dependencies.items():
        own = {key for dep in stage.deps if isinstance(dep, ParamsDependency) for key in dep.params}
        settings[stage] = own.union(*(settings[before] for before in dependencies))
        paths = [Path(out.fs_path).relative_to(repo.root_dir) for out in stage.outs if out.is_metric or out.is_plot]
        if files := [path for path in paths if path.suffix != _ANIMATION]:
            found = results if stage in current else missing
            found[stage.addressing] = files
    return _Found(results, outputs, missing, {stage.addressing: sorted(keys) for stage, keys in settings.items()})


def _find_kept(folder: Path, found: _Found) -> dict[str, list[Path]]:
    """Return the results in the folder of stages that are not up to date here, by stage: all of a stage, or none.

    Raises:
        InputError: if other settings made them.
    """
    kept = {
        name: paths
        for name, paths in found.missing.items()
        if name not in _OF_ALL and all((folder / path).is_file() for path in paths)
    }
    if kept:
        earlier, now = (yaml_reading.read(path, what="settings") for path in (folder / SETTINGS, Path(SETTINGS)))
        for name in kept:
            for key in found.settings[name]:
                if _value(earlier, key) != _value(now, key):
                    expected = f"that of this run, because results of {name} would stay (or another folder)"
                    raise InputError(key, where=folder / SETTINGS, expected=expected, received="another value")
    return kept


def _value(settings: Any, key: str) -> Any:
    """Return a setting by its key, such as ``gan.epochs``; None if it is not there."""
    for part in key.split("."):
        settings = settings.get(part) if isinstance(settings, Mapping) else None
    return settings


def _is_of(record: dict[str, Any], outputs: set[Path]) -> bool:
    return all(outputs & {Path(path), *Path(path).parents} for path in record["outputs"])


def _commits_of(kept: Mapping[str, list[Path]], folder: Path) -> dict[str, str]:
    """Return the commit at which the results of each stage that stay were collected."""
    if not kept:
        return {}
    earlier = reading.read_json(folder / RUN, keys=["code"])
    return {name: earlier.get("commits", {}).get(name, earlier["code"]["commit"]) for name in kept}


def _write(
    folder: Path, found: _Found, kept: Mapping[str, list[Path]], code: Commit, records: list[dict[str, Any]]
) -> None:
    """Write all files beside their places, then move them there, so that no file is half-written.

    Whoever is killed between two moves leaves old and new files, and ``run.json`` is new; the next call puts back what
    was moved aside.
    """
    temporary = folder / _TEMPORARY
    shutil.rmtree(temporary, ignore_errors=True)  # left by a killed process
    staying = {path: folder / path for paths in kept.values() for path in paths}
    is_prepared = found.outputs.issuperset(map(Path, _NEEDED))
    compares = is_prepared and reproduction_table.METRICS not in found.files()
    run: dict[str, Any] = {
        "code": code._asdict(),
        "collected_on": describe_for_training(),
        "missing": [name for name in found.missing if name not in kept and not (compares and name == _COMPARES)],
        "commits": dict.fromkeys([*found.results, *([_COMPARES] if compares else [])], code.commit)
        | _commits_of(kept, folder),
    }
    try:
        for path in (Path(SETTINGS), *found.files(), *staying):
            (temporary / path).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(staying.get(path, path), temporary / path)
        if compares:
            compared = reproduction_table.compare(Path(), outputs=found.outputs, elsewhere=staying)
            reproduction_table.write(compared, temporary)
        if (temporary / reproduction_table.METRICS).is_file():
            run[FURTHER] = _take_further(folder / FURTHER, temporary)
        if is_prepared and data_record.METRICS not in found.files():
            names = source_names.of_run(params.load().fetch, _RAW)
            record = {data_record.KEY: data_record.describe(names, _RAW)}
            writing.write_metrics(record, temporary / data_record.METRICS)
        writing.write_json({"records": records}, temporary / DURATIONS)
        writing.write_json(run, temporary / RUN)
        for name in _WRITTEN:
            _exchange(temporary / name, folder / name)
    except OSError as error:
        raise of_system(error, what="output", where=error.filename or folder) from None
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def _take_further(further: Path, temporary: Path) -> dict[str, list[str]]:
    """Take what the run has not at the report's size from further runs, the first one that has it.

    Returns:
        The ids of the entries that come from each folder.
    """
    own, taken = reproduction_table.read(temporary), {}
    for path in sorted(further.glob(f"*/{reproduction_table.METRICS}")):
        new = reproduction_table.run_only(reproduction_table.read(path.parents[1]), own)
        own = reproduction_table.replaced(own, new)
        taken[path.parents[1].name] = [entry.id for entry in new]
    if any(taken.values()):
        reproduction_table.write(own, temporary)
    return taken


def _exchange(new: Path, place: Path) -> None:
    """Put a new file or folder, if there is one, in the place of the former one, which stays beside the new one.

    The former one comes back if that fails: results of another machine are nowhere else.
    """
    former = _former(new)
    if place.exists():
        place.replace(former)
    try:
        if new.exists():
            new.replace(place)
    except BaseException:
        if former.exists():
            former.replace(place)
        raise


def _former(new: Path) -> Path:
    """Return where the former file or folder of a new one is kept while both are there."""
    return new.with_name(f"{new.name}.former")
