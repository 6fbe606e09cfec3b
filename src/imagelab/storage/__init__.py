"""Files: the only writer, the readers, and splits of data sets on disk."""
