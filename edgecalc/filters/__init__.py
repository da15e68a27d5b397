"""Derivatives of images and of sampled functions."""
