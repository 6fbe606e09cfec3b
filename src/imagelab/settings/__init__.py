"""The typed sections of ``params.yaml``, one module a task: fields, validators and descriptions only."""
