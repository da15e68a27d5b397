from edgecalc._kernels_base import EdgeMap as EdgeMap
from edgecalc._kernels_base import Plan as Plan
