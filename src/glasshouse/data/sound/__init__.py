"""Sounds: WAV files, spectrograms, and what a network sees of them."""
