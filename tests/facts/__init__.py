"""Numbers and statements of common course notes, held against what is computed."""
