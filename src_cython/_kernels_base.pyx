# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False, embedsignature=True
"""The compiled core for any processor. How it is made: src_cython/README.md"""
include "kernels/all.pxi"
