"""The heads of the clock networks: ``head`` says what one is, ``available`` lists them, each has a file."""
