"""Pictures of clocks drawn by the project, and what it knows of each."""
