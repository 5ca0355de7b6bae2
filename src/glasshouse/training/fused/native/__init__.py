"""What Numba compiles. Nothing here is imported before a run needs it."""
