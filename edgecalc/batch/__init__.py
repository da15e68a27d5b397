"""Operators over many image files."""
