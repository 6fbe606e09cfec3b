"""Task 2: tell the time from pictures of analogue clocks."""
