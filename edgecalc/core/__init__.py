"""What every wing stands on: checks of arrays, the choice of kernels, threads, and the door to the compiled plans."""
