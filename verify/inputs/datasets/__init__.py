"""Readers of images with labels, one for each format: IDX, .npz, CSV, folders of pictures, and built-in data."""
