"""Measurements: each figure is a ratio to a reference run beside it in the same process, on the same machine."""
