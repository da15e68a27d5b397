# From the two derivatives of a row to what is asked of them: both, their magnitude, their orientation.
#
# IN: either the derivatives x and y, or (near) the lines they come from, of the 3x3 family:
#
#         smoothed down   s  s  s          x[j] = s[j+1] - s[j-1]
#         differenced     d  d  d          y[j] = side * (d[j-1] + d[j+1]) + mid * d[j]
#
#     Taken from the lines, a derivative never leaves the registers.
# OUT: one or two rows of `count`
from libc.math cimport copysign, copysignf, fabs, fabsf, hypot, sqrt, sqrtf, NAN
from libc.stdlib cimport abs

cdef extern from *:
    """
    #include <math.h>
    #if EDGECALC_BYTES == 32
    /* Roots of eight whole numbers, in the lowest bits: see below. */
    static inline __m256i edgecalc_eight_roots(const uint16_t *squares) {
        __m256 square = _mm256_cvtepi32_ps(_mm256_cvtepu16_epi32(_mm_loadu_si128((const __m128i *) squares)));
        __m256 inverse = _mm256_rsqrt_ps(square), root = _mm256_mul_ps(square, inverse);
        __m256 missed = _mm256_fnmadd_ps(root, root, square);
        root = _mm256_fmadd_ps(_mm256_mul_ps(inverse, _mm256_set1_ps(0.5f)), missed, root);
        return _mm256_and_si256(_mm256_castps_si256(_mm256_add_ps(root, _mm256_set1_ps(8388608.0f))), _mm256_set1_epi32(255));
    }
    #endif
    /* Roots of whole numbers to 65280, rounded. None is nearer to a half than 1.9e-6 of its size, so that an approximation to 2^-11 and one step by Newton
       round as the processor's own root does, which takes twice as long. Adding 2^23 rounds to the lowest bits; 0 comes as a NaN, whose are 0. */
    static void edgecalc_roots(const uint16_t *squares, uint8_t *out, ptrdiff_t count) {
        ptrdiff_t k = 0;
    #if EDGECALC_BYTES == 64
        for (; k + 16 <= count; k += 16) {
            __m512 square = _mm512_cvtepi32_ps(_mm512_cvtepu16_epi32(_mm256_loadu_si256((const __m256i *) (squares + k))));
            __m512 inverse = _mm512_rsqrt14_ps(square), root = _mm512_mul_ps(square, inverse);
            __m512 missed = _mm512_fnmadd_ps(root, root, square);
            root = _mm512_fmadd_ps(_mm512_mul_ps(inverse, _mm512_set1_ps(0.5f)), missed, root);
            _mm_storeu_si128((__m128i *) (out + k), _mm512_cvtepi32_epi8(_mm512_castps_si512(_mm512_add_ps(root, _mm512_set1_ps(8388608.0f)))));
        }
    #elif EDGECALC_BYTES == 32
        for (; k + 32 <= count; k += 32) {
            __m256i low = _mm256_packus_epi32(edgecalc_eight_roots(squares + k), edgecalc_eight_roots(squares + k + 8));
            __m256i high = _mm256_packus_epi32(edgecalc_eight_roots(squares + k + 16), edgecalc_eight_roots(squares + k + 24));
            __m256i all = _mm256_permutevar8x32_epi32(_mm256_packus_epi16(low, high), _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7));
            _mm256_storeu_si256((__m256i *) (out + k), all);
        }
    #endif
        for (; k < count; k++) out[k] = (uint8_t) (int) (sqrtf((float) squares[k]) + 0.5f);
    }
    /* The arc tangent's polynomial: minimax, relative error 1.5e-8. */
    static const double ARC[] = {
        0.999999984766, -0.333330733452, 0.199926193919, -0.142036444602, 0.106409339875, -0.0750429444554, 0.0426915180946, -0.0160686282131, 0.00284988943095
    };
    /* polar_near, below, step by step, in two thirds of the steps that a compiler makes of its conditions. Tells how many pixels are done. */
    static ptrdiff_t edgecalc_polar(const int16_t *x, const int16_t *y, int16_t side, int16_t mid, float *out, float *second, ptrdiff_t count) {
        ptrdiff_t j = 0;
    #if defined(EDGECALC_BYTES)
    #define TERM(k) ((float) ARC[k] + (float) ARC[k + 1] * s)
    #if EDGECALC_BYTES == 64
    #define FLOATS(row) _mm512_cvtepi32_ps(_mm512_cvtepi16_epi32(half ? _mm512_extracti64x4_epi64((__m512i) row, 1) : _mm512_castsi512_si256((__m512i) row)))
    #define UNFOLD(where, whole) _mm512_mask_sub_ps(a, (__mmask16) ((where) >> 16 * half), _mm512_set1_ps(whole), a)
    #else
    #define FLOATS(row) _mm256_cvtepi32_ps(_mm256_cvtepi16_epi32(half ? _mm256_extracti128_si256((__m256i) row, 1) : _mm256_castsi256_si128((__m256i) row)))
    #define UNFOLD(where, whole) _mm256_blendv_ps(a, (float) whole - a, where)
    #define ABSOLUTE(row) _mm256_andnot_ps(_mm256_set1_ps(-0.0f), row)
    #endif
        for (; j + EDGECALC_PIXELS <= count; j += EDGECALC_PIXELS) {
            edgecalc_shorts h = EDGECALC_SHORTS_OF(x + j + 1) - EDGECALC_SHORTS_OF(x + j - 1);
            edgecalc_shorts v = side * (EDGECALC_SHORTS_OF(y + j + 1) + EDGECALC_SHORTS_OF(y + j - 1)) + mid * EDGECALC_SHORTS_OF(y + j);
    #if EDGECALC_BYTES == 64
            __m512i long_x = _mm512_abs_epi16((__m512i) h), long_y = _mm512_abs_epi16((__m512i) v);
            __m512i most = _mm512_max_epi16(long_x, long_y), least = _mm512_min_epi16(long_x, long_y);
            __mmask32 steep = _mm512_cmpgt_epi16_mask(long_y, long_x), left = _mm512_movepi16_mask((__m512i) h), below = _mm512_movepi16_mask((__m512i) v);
    #endif
            for (int half = 0; half < 2; half++) {
    #if EDGECALC_BYTES == 64
                edgecalc_floats larger = FLOATS(most), smaller = FLOATS(least);
    #else
                edgecalc_floats left = FLOATS(h), below = FLOATS(v), steep = ABSOLUTE(left) - ABSOLUTE(below);
                edgecalc_floats larger = _mm256_max_ps(ABSOLUTE(left), ABSOLUTE(below)), smaller = _mm256_min_ps(ABSOLUTE(left), ABSOLUTE(below));
    #endif
                edgecalc_floats ratio = smaller / EDGECALC_VECTORS(max_ps)(larger, EDGECALC_VECTORS(set1_ps)(1)), s = ratio * ratio, q = s * s;
                edgecalc_floats a = ((float) ARC[0] + s * (TERM(1) + q * TERM(3) + q * q * (TERM(5) + q * TERM(7)))) * ratio;
                a = UNFOLD(steep, 1.5707963267948966f);
                a = UNFOLD(left, 3.141592653589793f);
                a = UNFOLD(below, 0);
                *(edgecalc_floats_there *) (second + j + EDGECALC_PIXELS / 2 * half) = a;
                *(edgecalc_floats_there *) (out + j + EDGECALC_PIXELS / 2 * half) = EDGECALC_VECTORS(sqrt_ps)(larger * larger + smaller * smaller);
            }
        }
    #endif
        return j;
    }
    """
    const double[9] ARC
    Py_ssize_t edgecalc_polar(const int16_t* x, const int16_t* y, int16_t side, int16_t mid, float* out, float* second, Py_ssize_t count) noexcept nogil
    void edgecalc_roots(const uint16_t* squares, uint8_t* out, Py_ssize_t count) noexcept nogil

ctypedef void (*pair_row)(const void* x, const void* y, double side, double mid, void* out, void* second, Py_ssize_t count) noexcept nogil


cdef inline wide across(const wide* x, Py_ssize_t j, bint near) noexcept nogil:
    return <wide> (x[j + 1] - x[j - 1]) if near else x[j]


cdef inline wide down(const wide* y, Py_ssize_t j, wide side, wide mid, bint near) noexcept nogil:
    return <wide> (side * (y[j + 1] + y[j - 1]) + mid * y[j]) if near else y[j]


cdef inline real root(real square) noexcept nogil:
    if real is float:
        return sqrtf(square)
    else:
        return sqrt(square)


cdef inline real size(real value) noexcept nogil:
    if real is float:
        return fabsf(value)
    else:
        return fabs(value)


cdef inline real with_sign(real value, real sign) noexcept nogil:
    """The sign bit counts, as in atan2: -0.0 lies below."""
    if real is float:
        return copysignf(value, sign)
    else:
        return copysign(value, sign)


cdef void both_near(const wide* x, const wide* y, double side, double mid, wide* first, wide* second, Py_ssize_t count) noexcept nogil:
    cdef Py_ssize_t j
    cdef wide s = <wide> side, m = <wide> mid
    for j in range(count):
        first[j] = across(x, j, True)
        second[j] = down(y, j, s, m, True)


cdef inline void l2(const wide* x, const wide* y, wide side, wide mid, real* out, Py_ssize_t count, bint near) noexcept nogil:
    """sqrt(x*x + y*y); where a float square would overflow or vanish, that pixel is done again by hypot."""
    cdef Py_ssize_t j
    cdef real square, h, v, low, high
    cdef int lost = 0
    if wide is float or wide is double:
        low, high = (1e-30, 1e37) if real is float else (1e-290, 1e307)
        for j in range(count):
            h, v = <real> across(x, j, near), <real> down(y, j, side, mid, near)
            square = h * h + v * v
            lost |= (square > high) | ((square < low) & ((h != 0) | (v != 0)))
            out[j] = root[real](square) if square == square else <real> NAN
        if lost:
            for j in range(count):
                h, v = <real> across(x, j, near), <real> down(y, j, side, mid, near)
                square = h * h + v * v
                if square > high or (square < low and (h != 0 or v != 0)):
                    out[j] = <real> hypot(h, v)
    else:
        for j in range(count):
            h, v = <real> across(x, j, near), <real> down(y, j, side, mid, near)
            out[j] = root[real](h * h + v * v)


cdef void magnitude_l2(const wide* x, const wide* y, double side, double mid, real* out, void* second, Py_ssize_t count) noexcept nogil:
    l2(x, y, <wide> side, <wide> mid, out, count, False)


cdef void magnitude_l2_near(const wide* x, const wide* y, double side, double mid, real* out, void* second, Py_ssize_t count) noexcept nogil:
    l2(x, y, <wide> side, <wide> mid, out, count, True)


cdef void magnitude_l1(const wide* x, const wide* y, double side, double mid, real* out, void* second, Py_ssize_t count) noexcept nogil:
    cdef Py_ssize_t j
    for j in range(count):
        out[j] = size(<real> x[j]) + size(<real> y[j])


cdef void l1_picture_near(const int16_t* x, const int16_t* y, double side, double mid, uint8_t* out, void* second, Py_ssize_t count) noexcept nogil:
    """|x| + |y| of int16 derivatives, saturated: the sum fits 16 bits without a sign, so 32 pixels go at once."""
    cdef Py_ssize_t j
    cdef int16_t h, v, s = <int16_t> side, m = <int16_t> mid
    cdef uint16_t sum
    for j in range(count):
        h, v = across(x, j, True), down(y, j, s, m, True)
        h, v = <int16_t> abs(h), <int16_t> abs(v)
        sum = <uint16_t> (<uint16_t> h + <uint16_t> v)
        sum = 255 if sum > 255 else sum
        out[j] = <uint8_t> sum


cdef void l2_picture_near(const int16_t* x, const int16_t* y, double side, double mid, uint8_t* out, void* second, Py_ssize_t count) noexcept nogil:
    """sqrt(x*x + y*y) rounded and saturated.

    A derivative of 255 saturates, so squares fit 16 bits, where 32 pixels go at once, and so does the sum that saturates: 65280 is 255.4998 squared."""
    cdef Py_ssize_t first, j, size
    cdef int16_t h, v, s = <int16_t> side, m = <int16_t> mid
    cdef uint16_t along, up, rest
    cdef uint16_t[512] squares
    for first in range(0, count, 512):
        size = min(count - first, 512)
        for j in range(size):
            h, v = across(x + first, j, True), down(y + first, j, s, m, True)
            along, up = <uint16_t> <int16_t> abs(h), <uint16_t> <int16_t> abs(v)
            along, up = (along if along < 255 else 255), (up if up < 255 else 255)
            along, up = <uint16_t> (along * along), <uint16_t> (up * up)
            rest = <uint16_t> (65280 - along)
            squares[j] = <uint16_t> (along + (up if up < rest else rest))
        edgecalc_roots(squares, out + first, size)


cdef inline real arc(real ratio, bint steep, bint left, bint below) noexcept nogil:
    """The arc tangent of the smaller derivative over the larger, by a polynomial, then unfolded.

    Its halves wait for each other as little as can be: a chain of eight steps leaves the processor idle.

        \\  steep  /
          \\     /           steep: pi/2 - a; left half: pi - a; below: -a
      left  \\ /
    """
    cdef real s = ratio * ratio, q = s * s
    cdef real low = (<real> ARC[1] + <real> ARC[2] * s) + q * (<real> ARC[3] + <real> ARC[4] * s)
    cdef real high = (<real> ARC[5] + <real> ARC[6] * s) + q * (<real> ARC[7] + <real> ARC[8] * s)
    cdef real a = (<real> ARC[0] + s * (low + q * q * high)) * ratio
    a = <real> 1.5707963267948966 - a if steep else a
    a = <real> 3.141592653589793 - a if left else a
    return -a if below else a


cdef inline void angle(wide x, wide y, real* out) noexcept nogil:
    """atan2(y, x)"""
    cdef real h = <real> x, v = <real> y
    cdef real up = size[real](v), along = size[real](h)
    cdef real larger = up if up > along else along, smaller = along if up > along else up
    cdef real ratio = smaller / (larger if larger > 0 else 1)
    if wide is float or wide is double:
        ratio = 1 if smaller == larger and larger > 0 else ratio          # two infinities are one diagonal
    out[0] = arc[real](ratio, up > along, with_sign[real](1, h) < 0, with_sign[real](1, v) < 0)
    if wide is float or wide is double:
        out[0] = out[0] if h == h and v == v else <real> NAN              # one NaN for all: its sign depends on the order of a sum


cdef void orientation(const wide* x, const wide* y, double side, double mid, real* out, void* second, Py_ssize_t count) noexcept nogil:
    cdef Py_ssize_t j
    for j in range(count):
        angle[wide, real](x[j], y[j], out + j)


cdef void polar_near(const int16_t* x, const int16_t* y, double side, double mid, float* out, float* second, Py_ssize_t count) noexcept nogil:
    """Magnitude and orientation of int16 derivatives, compared before they become floats, when twice as many go at once."""
    cdef Py_ssize_t j
    cdef int16_t h, v, along, up, larger, smaller, s = <int16_t> side, m = <int16_t> mid
    for j in range(edgecalc_polar(x, y, s, m, out, second, count), count):
        h, v = across(x, j, True), down(y, j, s, m, True)
        along, up = <int16_t> abs(h), <int16_t> abs(v)
        larger, smaller = (up if up > along else along), (along if up > along else up)
        out[j] = sqrtf(<float> larger * <float> larger + <float> smaller * <float> smaller)
        larger = larger if larger > 1 else 1
        second[j] = arc[float](<float> smaller / <float> larger, up > along, h < 0, v < 0)


cdef pair_row MAGNITUDE_L2[TYPES][TYPES]          # [wide][real], of derivatives
cdef pair_row MAGNITUDE_L1[TYPES][TYPES]
cdef pair_row ORIENTATION[TYPES][TYPES]
cdef pair_row BOTH_NEAR[TYPES]                 # [wide], of lines
cdef pair_row MAGNITUDE_L2_NEAR[TYPES][TYPES]
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
ORIENTATION[I16][F32] = <pair_row> orientation[int16_t, float]
ORIENTATION[I32][F64] = <pair_row> orientation[int32_t, double]
ORIENTATION[I64][F64] = <pair_row> orientation[int64_t, double]
ORIENTATION[F32][F32] = <pair_row> orientation[float, float]
ORIENTATION[F64][F64] = <pair_row> orientation[double, double]
BOTH_NEAR[I16] = <pair_row> both_near[int16_t]
BOTH_NEAR[I32] = <pair_row> both_near[int32_t]
BOTH_NEAR[F32] = <pair_row> both_near[float]
BOTH_NEAR[F64] = <pair_row> both_near[double]
MAGNITUDE_L2_NEAR[I16][F32] = <pair_row> magnitude_l2_near[int16_t, float]
MAGNITUDE_L2_NEAR[F32][F32] = <pair_row> magnitude_l2_near[float, float]
MAGNITUDE_L2_NEAR[F64][F64] = <pair_row> magnitude_l2_near[double, double]
