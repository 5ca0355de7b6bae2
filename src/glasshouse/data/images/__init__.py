"""Pictures: read from folders and binary files, brought to one size, prepared and changed at random."""
