# What flows through the core: a pixel of the image, a wide number that cannot overflow, a real for views, a result.
cimport numpy as cnp
from libc.stdint cimport int8_t, int16_t, int32_t, int64_t, uint8_t, uint16_t, uint32_t, uint64_t

cdef extern from *:
    """
    typedef int16_t edgecalc_half;
    """
    ctypedef short half "edgecalc_half"     # an int16 whose sums and differences of two fit int16, too

ctypedef fused pixel:
    uint8_t
    int8_t
    uint16_t
    int16_t
    half
    uint32_t
    int32_t
    uint64_t
    int64_t
    float
    double

ctypedef fused wide:
    int16_t
    int32_t
    int64_t
    float
    double

ctypedef fused real:
    float
    double

ctypedef fused result:
    uint8_t
    int8_t
    uint16_t
    int16_t
    uint32_t
    int32_t
    uint64_t
    int64_t
    float
    double

# One number for each type: its place in every table of functions below and in edgecalc.core.kernels.CODES.
cdef enum:
    U8 = 0
    I8 = 1
    U16 = 2
    I16 = 3
    U32 = 4
    I32 = 5
    U64 = 6
    I64 = 7
    F32 = 8
    F64 = 9
    TYPES = 10

cdef Py_ssize_t[TYPES] ITEMSIZE = [1, 1, 2, 2, 4, 4, 8, 8, 4, 8]


cdef inline int code_of(int kind) noexcept nogil:
    """The type's place in the tables, -1 if no kernel reads it, as bool, whose True may be any byte."""
    if kind == cnp.NPY_UBYTE:
        return U8
    if kind == cnp.NPY_BYTE:
        return I8
    if kind == cnp.NPY_USHORT:
        return U16
    if kind == cnp.NPY_SHORT:
        return I16
    if kind == cnp.NPY_FLOAT:
        return F32
    if kind == cnp.NPY_DOUBLE:
        return F64
    if kind == cnp.NPY_UINT:
        return U32
    if kind == cnp.NPY_INT:
        return I32
    if kind == cnp.NPY_ULONG:
        return U64 if sizeof(long) == 8 else U32
    if kind == cnp.NPY_LONG:
        return I64 if sizeof(long) == 8 else I32
    if kind == cnp.NPY_ULONGLONG:
        return U64
    if kind == cnp.NPY_LONGLONG:
        return I64
    return -1


cdef int[TYPES] NUMPY_TYPE = [
    cnp.NPY_UINT8, cnp.NPY_INT8, cnp.NPY_UINT16, cnp.NPY_INT16, cnp.NPY_UINT32,
    cnp.NPY_INT32, cnp.NPY_UINT64, cnp.NPY_INT64, cnp.NPY_FLOAT32, cnp.NPY_FLOAT64,
]
