# From the two derivatives of a row to its magnitude or orientation.
#
# IN: x and y, `count` wide numbers each   OUT: one row
from libc.math cimport hypot, sqrt, sqrtf

ctypedef void (*pair_row)(const void* x, const void* y, void* out, Py_ssize_t count) noexcept nogil


cdef inline real root(real square) noexcept nogil:
    if real is float:
        return sqrtf(square)
    else:
        return sqrt(square)


cdef void magnitude_l2(const wide* x, const wide* y, real* out, Py_ssize_t count) noexcept nogil:
    """sqrt(x*x + y*y); where a float square would overflow or vanish, that pixel is done again by hypot."""
    cdef Py_ssize_t j
    cdef real square, h, v, low, high
    cdef int lost = 0
    if wide is float or wide is double:
        low, high = (1e-30, 1e37) if real is float else (1e-290, 1e307)
        for j in range(count):
            h, v = <real> x[j], <real> y[j]
            square = h * h + v * v
            lost |= (square > high) | ((square < low) & ((h != 0) | (v != 0)))
            out[j] = root[real](square)
        if lost:
            for j in range(count):
                h, v = <real> x[j], <real> y[j]
                square = h * h + v * v
                if square > high or (square < low and (h != 0 or v != 0)):
                    out[j] = <real> hypot(x[j], y[j])
    else:
        for j in range(count):
            h, v = <real> x[j], <real> y[j]
            out[j] = root[real](h * h + v * v)


cdef void magnitude_l1(const wide* x, const wide* y, real* out, Py_ssize_t count) noexcept nogil:
    cdef Py_ssize_t j
    cdef real h, v
    for j in range(count):
        h, v = <real> x[j], <real> y[j]
        out[j] = (h if h >= 0 else -h) + (v if v >= 0 else -v)


cdef void magnitude_l1_picture(const wide* x, const wide* y, uint8_t* out, Py_ssize_t count) noexcept nogil:
    """|x| + |y| of int16 derivatives, saturated: it fits an unsigned 16-bit number, so 32 pixels go at once."""
    cdef Py_ssize_t j
    cdef uint16_t h, v, both
    for j in range(count):
        h = <uint16_t> (x[j] if x[j] >= 0 else -x[j])
        v = <uint16_t> (y[j] if y[j] >= 0 else -y[j])
        both = <uint16_t> (h + v)
        out[j] = <uint8_t> (both if both < 255 else 255)


cdef void orientation(const wide* x, const wide* y, real* out, Py_ssize_t count) noexcept nogil:
    """atan2(y, x): the arc tangent of smaller/larger by a polynomial (minimax, relative error 1.5e-8), then unfolded.

             \\  y > |x| /
              \\        /          smaller/larger lies in [0, 1];
        x < 0   \\    /   x > 0    over the diagonal: pi/2 - a; left half: pi - a; lower half: -a
    """
    cdef Py_ssize_t j
    cdef real h, v, across, along, larger, smaller, ratio, s, angle
    for j in range(count):
        h, v = <real> x[j], <real> y[j]
        across, along = (v if v >= 0 else -v), (h if h >= 0 else -h)
        larger = across if across > along else along
        smaller = along if across > along else across
        ratio = smaller / (larger if larger > 0 else 1)
        ratio = 1 if smaller == larger and larger > 0 else ratio          # two infinities are one diagonal
        s = ratio * ratio
        angle = <real> 0.00284988943095
        angle = angle * s + <real> -0.0160686282131
        angle = angle * s + <real> 0.0426915180946
        angle = angle * s + <real> -0.0750429444554
        angle = angle * s + <real> 0.106409339875
        angle = angle * s + <real> -0.142036444602
        angle = angle * s + <real> 0.199926193919
        angle = angle * s + <real> -0.333330733452
        angle = angle * s + <real> 0.999999984766
        angle = angle * ratio
        angle = <real> 1.5707963267948966 - angle if across > along else angle
        angle = <real> 3.141592653589793 - angle if negative[real](h) else angle
        angle = -angle if negative[real](v) else angle
        out[j] = angle if h == h and v == v else h + v                    # NaN stays NaN


cdef inline bint negative(real value) noexcept nogil:
    """The sign bit, as atan2 reads it: -0.0 counts as below."""
    if real is float:
        return (<int32_t*> &value)[0] < 0
    else:
        return (<int64_t*> &value)[0] < 0


cdef pair_row MAGNITUDE_L2[10][10]          # [wide][real]
cdef pair_row MAGNITUDE_L1[10][10]
cdef pair_row ORIENTATION[10][10]
MAGNITUDE_L2[I16][F32] = <pair_row> magnitude_l2[int16_t, float]
MAGNITUDE_L2[I16][F64] = <pair_row> magnitude_l2[int16_t, double]
MAGNITUDE_L2[I32][F64] = <pair_row> magnitude_l2[int32_t, double]
MAGNITUDE_L2[I64][F64] = <pair_row> magnitude_l2[int64_t, double]
MAGNITUDE_L2[F32][F32] = <pair_row> magnitude_l2[float, float]
MAGNITUDE_L2[F32][F64] = <pair_row> magnitude_l2[float, double]
MAGNITUDE_L2[F64][F64] = <pair_row> magnitude_l2[double, double]
MAGNITUDE_L1[I16][F32] = <pair_row> magnitude_l1[int16_t, float]
MAGNITUDE_L1[I16][F64] = <pair_row> magnitude_l1[int16_t, double]
MAGNITUDE_L1[I32][F64] = <pair_row> magnitude_l1[int32_t, double]
MAGNITUDE_L1[I64][F64] = <pair_row> magnitude_l1[int64_t, double]
MAGNITUDE_L1[F32][F32] = <pair_row> magnitude_l1[float, float]
MAGNITUDE_L1[F32][F64] = <pair_row> magnitude_l1[float, double]
MAGNITUDE_L1[F64][F64] = <pair_row> magnitude_l1[double, double]
MAGNITUDE_L1[I16][U8] = <pair_row> magnitude_l1_picture[int16_t]
ORIENTATION[I16][F32] = <pair_row> orientation[int16_t, float]
ORIENTATION[I32][F64] = <pair_row> orientation[int32_t, double]
ORIENTATION[I64][F64] = <pair_row> orientation[int64_t, double]
ORIENTATION[F32][F32] = <pair_row> orientation[float, float]
ORIENTATION[F64][F64] = <pair_row> orientation[double, double]
