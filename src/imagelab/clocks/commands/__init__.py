"""The commands `imagelab read-clock` and `imagelab measure-reader`: no stage imports this folder."""
