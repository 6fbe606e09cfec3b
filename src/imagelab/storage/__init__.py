"""Files: the only writer, the readers, and the form in which splits of data sets lie on disk."""
