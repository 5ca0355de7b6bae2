"""Encoders: how the cells of a column become numbers, fitted on the training part alone."""
