"""The typed sections of ``params.yaml``, one module per task: fields, validators and descriptions only."""
