"""Strokes of a pen: how they are written down, and what a network takes of them."""
