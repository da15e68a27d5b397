# What flows through the core: a pixel of the image, a wide number that cannot overflow, a real for views, a result.
from libc.stdint cimport int8_t, int16_t, int32_t, int64_t, uint8_t, uint16_t, uint32_t, uint64_t

ctypedef fused pixel:
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

cdef Py_ssize_t[10] ITEMSIZE = [1, 1, 2, 2, 4, 4, 8, 8, 4, 8]
