"""The commands `imagelab read-clock` and `imagelab measure-reader`: no stage uses what is only here."""
