"""Raw data in, one official layout out: downloads, local copies, stand-ins made by the project."""
