"""The pipeline from outside: DVC runs two stages at a time, and is repaired after it was killed."""
