"""The clock reader: a network in polar coordinates around the picture's centre."""
