"""The clock reader: finds a clock in a picture, and reads it in polar coordinates around its pivot."""
