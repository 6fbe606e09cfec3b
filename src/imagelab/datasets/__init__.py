"""Raw data in, the official layout out: downloads, local copies, and stand-ins that the project makes."""
