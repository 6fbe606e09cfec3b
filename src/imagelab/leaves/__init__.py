"""Task 3: generate pictures of plant leaves."""
