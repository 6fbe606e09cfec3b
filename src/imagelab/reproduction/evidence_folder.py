"""Names in a folder with the evidence of a run: ``imagelab evidence`` writes it, the page shows it."""

SETTINGS = "params.yaml"
RUN = "run.json"  # the commit of each stage, the machine, and what is missing
DURATIONS = "durations.json"  # of the trainings
FURTHER = "further"  # folder with folders of evidence of further runs
SEEDS, CLAIMS_OF_SEEDS = (f"seeds/{name}.csv" for name in ("metrics", "claims"))
"""Of runs that differ in their seed only, joined: ``imagelab repeats``."""
