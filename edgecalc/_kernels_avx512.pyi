from edgecalc._kernels_base import EdgeMap as EdgeMap
from edgecalc._kernels_base import Plan as Plan
from edgecalc._kernels_base import luma as luma
from edgecalc._kernels_base import skeleton as skeleton
