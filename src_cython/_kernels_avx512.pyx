# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False, embedsignature=True
"""The compiled core for processors with AVX-512 (x86-64-v4). How it is made: src_cython/README.md"""
include "kernels/all.pxi"
