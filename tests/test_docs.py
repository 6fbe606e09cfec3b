"""README and docs: links lead somewhere, the front page is short, and something runs every command."""

import ast
import math
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest
from dvc.utils.hydra import apply_overrides
from PIL import Image

from imagelab.clocks.rendering.renderer import render_clock
from imagelab.clocks.rendering.views import View
from imagelab.settings import params
from tests.conftest import REPOSITORY, read_yaml, write_yaml
from tests.pipeline.tiny import tiny_settings

MOST_LINES, MOST_WORDS = 150, 1_500  # of the front page: ten minutes of reading
MOST_WORDS_OF_RESULTS = 1_200  # two pages, words of tables included

README = REPOSITORY / "README.md"
DOCS = [README, *sorted((REPOSITORY / "docs").glob("*.md")), REPOSITORY / "benchmarks" / "README.md"]
PAGES = [*DOCS, *sorted((REPOSITORY / "results").rglob("README.md"))]

NOT_HERE = ("needs a network", "needs a GPU")  # how a comment after a command ends if no test can run it
SHELLS = ("", "bash", "console", "sh")  # languages of code blocks that hold commands
PATHS = ("src", "stages", "tests", "docs", "benchmarks", "params", "plots", "metrics", "results", ".ci")


class Test(NamedTuple):
    """A test that runs a command."""

    __test__ = False

    function: str
    says: str  # what its module contains of the command


class Ci(NamedTuple):
    """A line of a script in ``.ci`` that runs a command."""

    script: str
    line: str


SHORT = (  # run by a test of this module, in a folder with what is committed
    "source .venv/bin/activate",
    "imagelab summary",
    "imagelab read-clock clock.jpg",
    "imagelab read-clock clock.jpg --json",
    "imagelab read-clock clock.jpg --show found.png",
    "imagelab read-clock clock.jpg --box 10,12,140,138",
    "imagelab measure-reader pictures --out measured",
    "imagelab repeats runs/seed_1 runs/seed_2 --out runs/joined",
)
IN_A_CLONE = (  # run by a slow test of this module, in this order, in a clone with small settings
    "dvc repro -f fetch@leaves",
    "dvc metrics diff main --targets metrics/environment.json",
    "dvc plots show",
    "dvc repro rank_grid",
    "dvc exp run -S 'search.cnn.grid.0.learning_rate=[0.001,0.002]' rank_grid",
    "IMAGELAB_WORKERS=4 dvc repro rank_grid",
    "IMAGELAB_LIVE=1 dvc repro rank_grid",
    "IMAGELAB_ANY_PROCESSOR=1 dvc repro rank_grid",
    "imagelab recover",
)
EXPERIMENTS = (
    'git commit --quiet --all --allow-empty --message "Results of this machine"',
    "dvc exp run -n more-epochs -S keras_example.mlp.epochs=8",
    "dvc metrics diff --targets metrics/summary.json",
    "git restore .",
    "dvc checkout",
    "dvc exp run --queue -n batch-32 -S keras_example.batch_size=32",
    "dvc exp run --queue -n batch-64 -S keras_example.batch_size=64",
    "dvc exp run --run-all",
    "make exp-show",
    "dvc exp branch batch-32 small-batches",
    "dvc metrics diff main small-batches --targets metrics/summary.json",
    "dvc plots diff main small-batches --targets plots/keras_example/mlp/history.csv",
    "git switch -c paper",
    "dvc repro check_params",
    'git commit -qam "Settings of the report"',
    "dvc params diff main",
    "git switch main",
    "dvc remote add --default storage ../storage",
    "git commit -qam Storage",
    "dvc push",
    "dvc pull",
    'git tag -a clock-reader@v1.0.0 -m "The reader of the default profile"',
    "dvc artifacts get . clock-reader -o reader.keras",
    "dvc exp run -S sample.interpolation=spherical",
)
SHOWN = r"mnist\.|(fashion_mnist|cifar10)\.best|clocks\.reader|leaves\.gan"  # by make exp-show
MERGE = "test_a_branch_with_a_conflicting_lock_is_merged_with_the_two_commands_of_the_docs"
OWN = "test_the_best_classifier_learns_the_classes_and_tells_them_apart_in_new_pictures"
PUZZLES = "test_a_puzzles_guesses_are_trained_with_the_reports_settings"
ELSEWHERE = {
    "make run": Ci("run", "make run"),
    "make test": Ci("run", "make test"),
    "make lint": Ci("run", "make test"),  # the target test depends on the target lint
    "make same-bits": Ci("run", ".ci/same-bits"),
    "make test-slow": Ci("nightly", "make test-slow"),
    "make fuzz": Ci("nightly", "make fuzz"),
    "make experiments": Ci("nightly", "make experiments"),
    "make torture": Ci("nightly", "make torture"),
    "dvc repro": Test("test_dvc_lock_has_the_bytes_that_dvc_repro_writes", '"-m", "dvc", "repro"'),
    **{shlex.join(shlex.split(command)): Ci("experiments", command) for command in EXPERIMENTS},
    f"dvc exp show --no-pager --drop '.*' --keep 'Experiment|{SHOWN}'": Ci("experiments", "make exp-show"),
    r"make exp-show 'COLUMNS_SHOWN=mnist\.|keras_example\.(batch|mlp)'": Ci(
        "experiments", r"make exp-show COLUMNS_SHOWN='mnist\.|keras_example\.(batch|mlp)'"
    ),
    "git checkout --ours dvc.lock metrics plots": Test(MERGE, "git checkout --ours dvc.lock metrics plots"),
    "git commit -a": Test(MERGE, "git commit -qam merged"),
    "imagelab sample --model gan --count 64 --seed 1 --out grid.png": Test(
        "test_a_generator_draws_a_grid_that_its_seed_decides", '"--model", "gan", "--count", 5, "--seed"'
    ),
    "imagelab sample --count 64 --seed 1 --out grid.png": Test(
        "test_without_a_name_the_committed_generator_draws", '"--count", 5, "--out", "a.png"'
    ),
    "imagelab classify --model fashion_mnist shirt.jpg boot.png": Test(
        "test_each_picture_is_named_with_the_probabilities_of_the_best_classes",
        'run("--model", "fashion_mnist", "tower.png", "bridge.png")',
    ),
    "imagelab classify --model fashion_mnist 'own_pictures/fashion_mnist/*.png'": Test(
        "test_each_picture_is_named_with_the_probabilities_of_the_best_classes",
        'run("--model", "fashion_mnist", "tower.png", "bridge.png")',
    ),
    "imagelab classify --model cifar10 ship.jpg --top 1": Test(
        "test_a_committed_classifier_of_colour_pictures_has_a_name_too",
        'run("--model", "cifar10", "sea.png", "--top", 1)',
    ),
    "imagelab classify --model fashion_mnist shirt.jpg --json": Test(
        "test_json_holds_every_class_and_what_the_model_was_trained_on", '"bridge.png", "tower.png", "--json"'
    ),
    "imagelab classify --model data/models/best_classifier/fashion_mnist/model.keras shirt.jpg": Test(
        "test_a_model_that_was_trained_on_stand_ins_is_used_by_its_path_and_says_so",
        'run("--model", "mine.keras", "tower.png")',
    ),
    "imagelab publish data/models/best_classifier/cifar10/model.keras --out cifar10.keras": Test(
        "test_a_network_of_bfloat16_becomes_half_as_large_and_says_nearly_the_same", "publish(before, after)"
    ),
    "imagelab report --committed": Test(
        "test_the_page_of_the_committed_evidence_needs_no_run_of_ones_own_and_shows_none", '"report", "--committed"'
    ),
    "imagelab evidence results/my_run": Test("test_the_command_collects", '"imagelab", "evidence", "results/mine"'),
    "python -m benchmarks.classify_pictures --model fashion_mnist --data data/fashion_mnist": Test(
        "test_test_pictures_that_are_written_as_files_are_classified_alike", '"benchmarks.classify_pictures"'
    ),
    "python -m benchmarks.classifier_parts fashion_mnist --data data/fashion_mnist": Test(
        "test_the_parts_of_a_training_are_measured_on_the_validation_split", '"-m", "benchmarks.classifier_parts"'
    ),
    "python -m benchmarks.report_puzzles batch_normalization --data data/fashion_mnist --out bn.json": Test(
        PUZZLES, '"-m", "benchmarks.report_puzzles"'
    ),
    "python -m benchmarks.cnn_grid data/search/cnn.csv --out cnn_grid.json": Test(
        "test_the_table_of_a_grid_is_read_from_its_file", '"-m", "benchmarks.cnn_grid"'
    ),
    "python -m benchmarks.report_puzzles cifar10 --data data/cifar10 --out cifar10.json": Test(
        PUZZLES, '"-m", "benchmarks.report_puzzles"'
    ),
    "python -m benchmarks.report_puzzles best_settings --data data/fashion_mnist --out best_settings.json": Test(
        PUZZLES, '"-m", "benchmarks.report_puzzles"'
    ),
    "python -m benchmarks.own_pictures own_pictures": Test(
        "test_ten_pictures_of_our_own_are_drawn", '"-m", "benchmarks.own_pictures"'
    ),
    "python -m imagelab.clocks.rendering.pairs pairs.png --originals FOLDER": Test(
        "test_each_original_is_above_ours_with_the_same_view", '"-m", "imagelab.clocks.rendering.pairs"'
    ),
    "python -m tests.own_pictures shapes": Test(OWN, '"-m", "tests.own_pictures"'),
    "python -m tests.own_pictures new --pictures 1 --seed 1": Test(OWN, '"new", "--pictures", "4", "--seed", "1"'),
    "dvc repro evaluate_best_classifier@cifar10": Test(OWN, '"evaluate_best_classifier cifar10"'),
    "imagelab classify --model data/models/best_classifier/cifar10/model.keras 'new/train/*/*'": Test(
        OWN, "imagelab classify --model data/models/best_classifier/cifar10/model.keras"
    ),
    "python -m benchmarks.leaves": Ci("nightly", ".venv/bin/python -m benchmarks.leaves --rounds 1"),
    "python -m benchmarks.leaves --data data/raw/leaves/leaves.tar": Ci(
        "nightly", ".venv/bin/python -m benchmarks.leaves --data data/raw/leaves/leaves.tar --rounds 1"
    ),
    "python -m benchmarks.search --data data/raw/fashion_mnist": Ci(
        "nightly", ".venv/bin/python -m benchmarks.search --data data/raw/fashion_mnist --rounds 1"
    ),
    "python -m benchmarks.clocks": Ci("nightly", ".venv/bin/python -m benchmarks.clocks --rounds 1"),
    "python -m benchmarks.generators": Ci("nightly", ".venv/bin/python -m benchmarks.generators --rounds 1"),
    "python -m benchmarks.best_classifiers": Ci(
        "nightly", ".venv/bin/python -m benchmarks.best_classifiers --rounds 1 --steps 1"
    ),
    "python -m benchmarks.workers --data data/raw/fashion_mnist": Ci(
        "nightly", ".venv/bin/python -m benchmarks.workers --data data/raw/fashion_mnist --rounds 1"
    ),
    "python -m benchmarks.profile_cnn --data data/raw/fashion_mnist": Ci(
        "nightly", ".venv/bin/python -m benchmarks.profile_cnn --data data/raw/fashion_mnist --rounds 1"
    ),
    "python -m benchmarks.photographs_without_clocks without_clocks": Test(
        "test_photographs_without_a_clock_are_cut_where_their_packages_are_installed",
        '"-m", "benchmarks.photographs_without_clocks"',
    ),
    "cp params/paper.yaml params.yaml": Test(
        "test_every_profile_is_complete_and_valid", '(REPOSITORY / "params").glob("*.yaml")'
    ),
    "cp params/best.yaml params.yaml": Test(
        "test_every_profile_is_complete_and_valid", '(REPOSITORY / "params").glob("*.yaml")'
    ),
}
"""Commands of README and docs, and what else runs them."""


def relative(path: Path) -> str:
    return path.relative_to(REPOSITORY).as_posix()


def prose(page: Path) -> str:
    """The page without its code blocks."""
    return re.sub(r"^```.*?^```$", "", page.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)


def links(page: Path) -> list[str]:
    """The targets of links and pictures that do not leave the repository."""
    found = re.findall(r"\]\(([^)\s]+)\)", prose(page))
    return [target for target in found if not target.startswith(("http://", "https://", "mailto:"))]


def anchors(page: Path) -> set[str]:
    """The anchors that GitHub gives a page's headings."""
    headings = re.findall(r"^#{1,6} (.+)$", prose(page), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def lines_of_commands(page: Path) -> Iterator[str]:
    """The lines of code blocks that are for a shell."""
    text = page.read_text(encoding="utf-8")
    for language, content in re.findall(r"^```(\w*)\n(.*?)^```$", text, re.MULTILINE | re.DOTALL):
        if language in SHELLS:
            yield from (line for line in content.splitlines() if line.strip())


def commands(page: Path) -> Iterator[str]:
    """The commands of a page, without comments and prompts; not those that no test can run."""
    for line in lines_of_commands(page):
        if line.rstrip().endswith(NOT_HERE):
            continue
        words = shlex.split(line.removeprefix("$ "), comments=True)
        while "&&" in words:
            first = words.index("&&")
            yield shlex.join(words[:first])
            words = words[first + 1 :]
        yield shlex.join(words)


@cache
def functions_of_tests() -> dict[str, str]:
    """The text of each test function by its name: its own, and that of everything in its module that is no test."""
    found = {}
    for path in (REPOSITORY / "tests").rglob("*.py"):
        if path == Path(__file__):
            continue
        lines = path.read_text(encoding="utf-8").splitlines()
        own, shared = {}, []
        for node in ast.parse("\n".join(lines)).body:
            is_test = isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
            first = min([node.lineno, *(part.lineno for part in getattr(node, "decorator_list", []))])
            text = "\n".join(lines[first - 1 : node.end_lineno])
            if is_test:
                own[node.name] = text
            else:
                shared.append(text)
        found |= {name: "\n".join([text, *shared]) for name, text in own.items()}
    return found


# What pages say.


def test_pages_are_found() -> None:
    """An empty list would pass every other test."""
    assert {"README.md", "docs/data.md", "benchmarks/README.md", "results/clock_reader/README.md"} <= set(
        map(relative, PAGES)
    )
    assert len(links(README)) > 10
    assert len(list(commands(README))) > 5


@pytest.mark.parametrize("page", PAGES, ids=relative)
def test_every_link_and_picture_leads_to_a_file_and_every_anchor_to_a_heading(page: Path) -> None:
    for target in links(page):
        path, _, anchor = target.partition("#")
        found = (page.parent / path).resolve() if path else page
        assert found.exists(), f"{target}: no such file"
        assert found.is_relative_to(REPOSITORY), f"{target}: outside the repository"
        if anchor:
            assert anchor in anchors(found), f"{target}: no such heading in {relative(found)}"


def test_the_front_page_is_read_in_ten_minutes() -> None:
    text = README.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= MOST_LINES
    assert len(text.split()) <= MOST_WORDS


def test_what_holds_of_the_report_fits_two_pages() -> None:
    text = (REPOSITORY / "docs" / "results.md").read_text(encoding="utf-8")
    words = [word for word in text.split() if word.strip("|-")]  # not the lines of tables
    assert len(words) <= MOST_WORDS_OF_RESULTS


def test_the_front_page_leads_to_every_page_of_docs() -> None:
    reached, to_read = set(), [README]
    while to_read:
        page = to_read.pop()
        reached.add(page)
        targets = {(page.parent / target.partition("#")[0]).resolve() for target in links(page) if target[0] != "#"}
        to_read += [found for found in targets if found.suffix == ".md" and found not in reached]
    assert set(PAGES) <= reached


@pytest.mark.parametrize("page", PAGES, ids=relative)
def test_no_line_of_prose_is_too_long_to_be_read(page: Path) -> None:
    """Rows of tables cannot be wrapped."""
    for line in page.read_text(encoding="utf-8").splitlines():
        assert len(line) <= 120 or line.lstrip("> ").startswith(("|", "![")), line


@pytest.mark.parametrize("page", DOCS, ids=relative)
def test_every_path_in_backticks_exists(page: Path) -> None:
    """``<name>`` in a path stands for anything."""
    for code in re.findall(r"`([^`\n]+)`", prose(page)):
        if not code.startswith(tuple(f"{folder}/" for folder in PATHS)) or " " in code:
            continue
        pattern = re.sub(r"<[^>]+>", "*", code).rstrip("/")
        assert any(REPOSITORY.glob(pattern)), f"`{code}`: no such file"


@pytest.mark.parametrize("page", PAGES, ids=relative)
def test_every_make_target_that_a_page_names_exists(page: Path) -> None:
    makefile = (REPOSITORY / "Makefile").read_text(encoding="utf-8")
    named = re.findall(r"`make ([a-z-]+)`", prose(page)) + [
        word
        for command in commands(page)
        if command.startswith("make ")
        for word in shlex.split(command)[1:]
        if "=" not in word  # a variable
    ]
    for target in named:
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), f"make {target}"


@pytest.mark.parametrize("page", PAGES, ids=relative)
def test_every_profile_that_a_page_copies_exists(page: Path) -> None:
    for line in lines_of_commands(page):
        if copied := re.match(r"(?:cp |git show main:)(\S+) (?:> )?params\.yaml", line):
            assert (REPOSITORY / copied[1]).exists(), line


# Commands.


def test_the_makefile_shows_experiments_with_the_command_of_the_page() -> None:
    makefile = (REPOSITORY / "Makefile").read_text(encoding="utf-8")
    assert f"\nCOLUMNS_SHOWN ?= {SHOWN}\n" in makefile
    assert "\tdvc exp show --no-pager --drop '.*' --keep 'Experiment|$(COLUMNS_SHOWN)'\n" in makefile.replace(
        "$(BIN)/dvc", "dvc"
    )


def test_every_command_is_run_by_something_or_needs_a_network_or_a_gpu() -> None:
    said = {command for page in DOCS for command in commands(page)}
    run = {*SHORT, *IN_A_CLONE, *ELSEWHERE}
    assert said - run == set(), "run by nothing"
    assert run - said == set(), "on no page"


@pytest.mark.parametrize("command", ELSEWHERE)
def test_what_runs_a_command_exists(command: str) -> None:
    match ELSEWHERE[command]:
        case Test(function, says):
            assert says in functions_of_tests()[function]
        case Ci(script, line):
            content = (REPOSITORY / ".ci" / script).read_text(encoding="utf-8")
            lines = re.sub(r"(^|\s)#.*", "", content)
            assert re.search(rf"(^|\s){re.escape(line)}(;|\s|$)", lines)


def overrides() -> list[str]:
    """What the commands set, as in ``-S key=value``."""
    words = [shlex.split(command) for page in DOCS for command in commands(page)]
    return [word for line in words for option, word in pairwise(line) if option == "-S"]


def test_every_setting_that_a_command_changes_can_be_set(settings: dict[str, Any], tmp_path: Path) -> None:
    assert len(overrides()) > 3
    path = tmp_path / "params.yaml"
    for override in overrides():
        write_yaml(settings, path)
        apply_overrides(path, [override])
        assert read_yaml(path) != settings, override
    write_yaml(settings, path)
    apply_overrides(path, overrides())
    run(f"PYTHONPATH={shlex.quote(str(REPOSITORY))} python -m stages.check_params", tmp_path)


def test_every_stage_that_a_command_names_exists() -> None:
    stages = read_yaml(REPOSITORY / "dvc.yaml")["stages"]
    lines = [shlex.split(line, comments=True) for page in DOCS for line in lines_of_commands(page)]
    targets = {
        word
        for line in lines
        if "dvc" in line and {"repro", "run"} & set(line)
        for word in line[line.index("dvc") + 1 :]
        if re.fullmatch(r"[a-z_0-9]+(@[a-z_0-9]+)?", word) and word not in ("repro", "exp", "run")
    }
    assert len(targets) > 3
    for target in targets:
        name, _, item = target.partition("@")
        assert name in stages, target
        assert not item or item in stages[name].get("foreach", stages[name].get("matrix")), target


def environment() -> dict[str, str]:
    """That of a user who has activated the environment."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("IMAGELAB_", "DVC_", "CI"))}
    kept["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), kept["PATH"]])
    kept |= {f"GIT_CONFIG_{level}": os.devnull for level in ("GLOBAL", "SYSTEM")}
    return kept | {
        f"GIT_{who}_{what}": "somebody@example.com" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")
    }


def run(command: str, folder: Path) -> str:
    """Run a command in a shell; return what it prints."""
    done = subprocess.run(
        ["bash", "-c", command],
        cwd=folder,
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"{command}\n{done.stdout}"
    return done.stdout


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with what is committed, a picture of a clock, and two runs."""
    folder = tmp_path_factory.mktemp("workspace")
    (folder / ".venv").symlink_to(sys.prefix)
    for name in ("metrics", "results"):
        (folder / name).symlink_to(REPOSITORY / name)
    settings = params.load(REPOSITORY / "params" / "paper.yaml").render
    view = View(0, 25, 0, 0.85, 75, 72, 0.95, 0.4, 30, math.nan, math.nan, math.nan)  # upright, without glare
    picture = render_clock(1, 2, view, settings, np.random.default_rng(0))
    Image.fromarray(picture).save(folder / "clock.jpg", quality=95)
    (folder / "pictures").mkdir()
    shutil.copy(folder / "clock.jpg", folder / "pictures" / "clock_1-02.jpg")
    for seed in (1, 2):
        one = folder / "runs" / f"seed_{seed}"
        one.mkdir(parents=True)
        for name in ("metrics", "plots"):
            (one / name).symlink_to(REPOSITORY / name)
        write_yaml(read_yaml(REPOSITORY / "params.yaml") | {"seed": seed}, one / "params.yaml")
    return folder


@pytest.mark.parametrize("command", SHORT)
def test_a_short_command_runs(command: str, workspace: Path) -> None:
    said = run(command, workspace)
    if "read-clock" in command:
        assert re.search(r"\b1:02\b", said)  # as the picture's title says
    if "measure-reader" in command:
        assert "pictures with a clock: 1\n" in said
        assert (workspace / "measured" / "metrics.json").exists()
    if "repeats" in command:
        assert {path.name for path in (workspace / "runs" / "joined").iterdir()} == {"metrics.csv", "claims.csv"}


@pytest.mark.slow
def test_commands_of_dvc_run_one_after_the_other_in_a_clone(tmp_path: Path) -> None:
    folder = tmp_path / "clone"
    copied = (
        ".dvc/config",
        ".dvc/plots",
        ".dvcignore",
        ".gitignore",
        "dvc.yaml",
        "metrics",
        "params",
        "plots",
        "results/paper",
        "src",
        "stages",
    )
    for name in copied:
        source, copy = REPOSITORY / name, folder / name
        copy.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, copy, ignore=shutil.ignore_patterns("__pycache__", "*.egg-info"))
        else:
            shutil.copy(source, copy)
    settings = tiny_settings()
    write_yaml(settings, folder / "params.yaml")
    run("git init -q -b main && git add . && git commit -qm start", folder)
    for command in IN_A_CLONE:
        if command.startswith("IMAGELAB_"):  # something to do for each
            settings["seed"] += 1
            write_yaml(settings, folder / "params.yaml")
        run(command, folder)
        match command:
            case "dvc plots show":
                assert (folder / "dvc_plots" / "index.html").exists()
            case "IMAGELAB_LIVE=1 dvc repro rank_grid":
                assert (folder / "dvclive" / "cnn" / "report.html").exists()
