"""Series as windows of steps: what turns the numbers of some steps into what a network takes."""
