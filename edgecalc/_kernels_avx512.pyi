from edgecalc._kernels_base import Plan as Plan
