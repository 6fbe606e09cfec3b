"""The clock reader: a network that looks around the picture's centre."""
