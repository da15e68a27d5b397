# Thinning: a pixel is kept where its gradient is longer than both neighbours in the gradient's direction.
#
#     falling   up   rising        the angle of the gradient, in steps of 45 degrees, chooses two of the eight neighbours;
#      left   pixel   right        on a plateau the right and the lower of two equal pixels are dropped, as in OpenCV
#     rising   down  falling
#
# IN: the derivatives of one row, the lengths of it and of the rows above and below, with a zero at either end
# OUT: a byte for each pixel: 0, CANDIDATE, or CANDIDATE | STRONG

cdef enum:
    CANDIDATE = 1           # longest across its edge, and longer than `low`
    STRONG = 2              # longer than `high` too
    AT_ONCE = 64            # pixels that are looked at together

ctypedef fused length:
    int16_t
    int32_t
    double

ctypedef void (*length_row)(const void* x, const void* y, void* out, Py_ssize_t count) noexcept nogil
ctypedef void (*thin_row)(
    const void* x, const void* y, const void* above, const void* here, const void* below, double low, double high, uint8_t* out, Py_ssize_t count
) noexcept nogil
ctypedef void (*strongest_row)(const void* x, const void* y, const void* lengths, void* best_x, void* best_y, void* best, Py_ssize_t count) noexcept nogil
ctypedef void (*masked_row)(void* lengths, const uint8_t* unknown, Py_ssize_t count) noexcept nogil


cdef void length_l1(const wide* x, const wide* y, length* out, Py_ssize_t count) noexcept nogil:
    cdef Py_ssize_t j
    cdef length h, v
    for j in range(count):
        if length is double:
            h = fabs(<double> x[j]) + fabs(<double> y[j])
            out[j] = h if h == h else 0                                   # not a number: as outside the image
        else:
            out[j] = <length> (<length> abs(<int> x[j]) + <length> abs(<int> y[j]))


cdef void length_l2(const wide* x, const wide* y, length* out, Py_ssize_t count) noexcept nogil:
    """The square, which orders pixels alike."""
    cdef Py_ssize_t j
    cdef length h, v
    for j in range(count):
        h, v = <length> x[j], <length> y[j]
        h = <length> (h * h + v * v)
        out[j] = h if h == h else 0


cdef inline void thin_part(
    const wide* x, const wide* y, const length* above, const length* here, const length* below, length weak, length strong, uint8_t* out, Py_ssize_t count
) noexcept nogil:
    """tan 22.5 degrees is 13573 / 32768, as in OpenCV; its tangent of 67.5 is that plus 2."""
    cdef Py_ssize_t j
    cdef length first, last, m
    cdef length left, right, up, down, up_left, up_right, down_left, down_right
    cdef uint16_t h, v, t
    cdef double along, across
    cdef bint horizontal, vertical, opposite
    for j in range(count):
        m, left, right = here[j], here[j - 1], here[j + 1]
        up, up_left, up_right = above[j], above[j - 1], above[j + 1]
        down, down_left, down_right = below[j], below[j - 1], below[j + 1]
        if wide is int16_t:
            h, v = <uint16_t> abs(x[j]), <uint16_t> abs(y[j])
            t = <uint16_t> ((<uint32_t> <uint16_t> (h + h) * 13573) >> 16)
            horizontal = v <= t
            vertical = <uint16_t> (v - t) > <uint16_t> (h + h)           # where v <= t this is not looked at
            opposite = (x[j] ^ y[j]) < 0
        else:
            along, across = fabs(<double> x[j]) * 13573, fabs(<double> y[j]) * 32768
            horizontal = across < along
            vertical = across > along + fabs(<double> x[j]) * 65536
            opposite = (x[j] < 0) != (y[j] < 0)
        first = left if horizontal else up if vertical else up_right if opposite else up_left
        last = right if horizontal else down if vertical else down_left if opposite else down_right
        if wide is int16_t:
            last = <length> (last + (0 if horizontal or vertical else 1))
            out[j] = ((m > first) & (m >= last) & (m > weak)) * (CANDIDATE + STRONG * (m > strong))
        else:
            out[j] = ((m > first) & ((m >= last) if horizontal or vertical else (m > last)) & (m > weak)) * (CANDIDATE + STRONG * (m > strong))


cdef inline bint any_longer(const length* here, length weak, Py_ssize_t count) noexcept nogil:
    cdef Py_ssize_t j
    cdef int found = 0
    for j in range(count):
        found |= here[j] > weak
    return found


cdef void thin(
    const wide* x, const wide* y, const length* above, const length* here, const length* below, double low, double high, uint8_t* out, Py_ssize_t count
) noexcept nogil:
    """Most pixels of most images are no longer than `low`, and most of these lie together: to look first pays where a length is wide."""
    cdef Py_ssize_t j = 0, part
    while j < count:
        part = min(count - j, <Py_ssize_t> AT_ONCE) if length is double else count
        if length is not double or any_longer(here + j, <length> low, part):
            thin_part(x + j, y + j, above + j, here + j, below + j, <length> low, <length> high, out + j, part)
        else:
            memset(out + j, 0, part)
        j += part


cdef void strongest(const wide* x, const wide* y, const length* lengths, wide* best_x, wide* best_y, length* best, Py_ssize_t count) noexcept nogil:
    """Of several channels the longest gradient, the first of equal ones."""
    cdef Py_ssize_t j
    for j in range(count):                                                # apart, so that each is vector code
        best_x[j] = x[j] if lengths[j] > best[j] else best_x[j]
    for j in range(count):
        best_y[j] = y[j] if lengths[j] > best[j] else best_y[j]
    for j in range(count):
        best[j] = lengths[j] if lengths[j] > best[j] else best[j]


cdef void masked(length* lengths, const uint8_t* unknown, Py_ssize_t count) noexcept nogil:
    cdef Py_ssize_t j
    for j in range(count):
        lengths[j] = 0 if unknown[j] else lengths[j]


cdef length_row LENGTH[TYPES][2]               # [derivative][whether squares]
cdef thin_row THIN[TYPES][2]
cdef strongest_row STRONGEST[TYPES][2]
cdef masked_row MASKED[TYPES][2]
LENGTH[I16][0], LENGTH[I16][1] = <length_row> length_l1[int16_t, int16_t], <length_row> length_l2[int16_t, int32_t]
LENGTH[I32][0], LENGTH[I32][1] = <length_row> length_l1[int32_t, double], <length_row> length_l2[int32_t, double]
LENGTH[F32][0], LENGTH[F32][1] = <length_row> length_l1[float, double], <length_row> length_l2[float, double]
LENGTH[F64][0], LENGTH[F64][1] = <length_row> length_l1[double, double], <length_row> length_l2[double, double]
THIN[I16][0], THIN[I16][1] = <thin_row> thin[int16_t, int16_t], <thin_row> thin[int16_t, int32_t]
THIN[I32][0], THIN[I32][1] = <thin_row> thin[int32_t, double], <thin_row> thin[int32_t, double]
THIN[F32][0], THIN[F32][1] = <thin_row> thin[float, double], <thin_row> thin[float, double]
THIN[F64][0], THIN[F64][1] = <thin_row> thin[double, double], <thin_row> thin[double, double]
STRONGEST[I16][0], STRONGEST[I16][1] = <strongest_row> strongest[int16_t, int16_t], <strongest_row> strongest[int16_t, int32_t]
STRONGEST[I32][0], STRONGEST[I32][1] = <strongest_row> strongest[int32_t, double], <strongest_row> strongest[int32_t, double]
STRONGEST[F32][0], STRONGEST[F32][1] = <strongest_row> strongest[float, double], <strongest_row> strongest[float, double]
STRONGEST[F64][0], STRONGEST[F64][1] = <strongest_row> strongest[double, double], <strongest_row> strongest[double, double]
MASKED[I16][0], MASKED[I16][1] = <masked_row> masked[int16_t], <masked_row> masked[int32_t]
MASKED[I32][0] = MASKED[I32][1] = MASKED[F32][0] = MASKED[F32][1] = MASKED[F64][0] = MASKED[F64][1] = <masked_row> masked[double]
