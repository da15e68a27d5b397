# The one difference kernel: a weighted sum of rows.
#
# Rows of the image above each other make it the vertical half of a stencil; one row seen through shifted pointers makes
# it the horizontal half. A stencil whose weights mirror (SUM) or mirror with a changed sign (DIFFERENCE) is folded
# first, so that it costs half the products and a mirrored image gives exactly the mirrored result, in floats too.
#
# IN: `taps` rows and their weights   OUT: one row of `count` wide numbers

cdef enum:
    PLAIN = 0
    SUM = 1
    DIFFERENCE = -1

ctypedef void (*combine_row)(const void** rows, const void* weights, int fold, int taps, void* out, Py_ssize_t count) noexcept nogil


cdef inline wide both(pixel last, pixel first, int sign, wide dummy) noexcept nogil:
    """Two mirrored samples, added or subtracted; small integers before they become floats, which is one conversion for two."""
    if pixel is half:
        return <wide> <half> (last + sign * first)
    elif (wide is float or wide is double) and (pixel is uint8_t or pixel is int8_t or pixel is uint16_t or pixel is int16_t):
        return <wide> (<int> last + sign * <int> first)
    else:
        return <wide> (<wide> last + sign * <wide> first)


cdef inline void folded(const pixel** rows, const wide* weights, wide* out, Py_ssize_t count, int taps, int sign, bint more) noexcept nogil:
    """Up to nine mirrored taps in one pass; taps, sign and more are literals where it is called, so nothing of them is left in the loop."""
    cdef Py_ssize_t j, done = 0
    cdef const pixel* a = rows[0]
    cdef const pixel* z = rows[taps - 1]
    cdef const pixel* b = rows[1 if taps > 3 else 0]
    cdef const pixel* y = rows[taps - 2 if taps > 3 else 0]
    cdef const pixel* c = rows[2 if taps > 5 else 0]
    cdef const pixel* x = rows[taps - 3 if taps > 5 else 0]
    cdef const pixel* d = rows[3 if taps > 7 else 0]
    cdef const pixel* w = rows[taps - 4 if taps > 7 else 0]
    cdef const pixel* middle = rows[taps // 2]
    cdef wide first = weights[taps - 1], second = weights[taps - 2 if taps > 3 else 0]
    cdef wide third = weights[taps - 3 if taps > 5 else 0], fourth = weights[taps - 4 if taps > 7 else 0]
    cdef wide mid = weights[taps // 2], total
    if pixel is uint8_t and wide is int16_t:
        done = edgecalc_shorts_folded(<const void**> rows, weights, out, count, taps, sign, more)
    elif pixel is uint8_t and wide is float:
        done = edgecalc_floats_folded(<const void**> rows, weights, out, count, taps, sign, more)
    elif pixel is half and wide is int32_t:
        done = edgecalc_ints_folded(<const void**> rows, weights, out, count, taps, sign, more)
    for j in range(done, count):
        total = <wide> (
            first * both[pixel, wide](z[j], a[j], sign, 0)
            + (second * both[pixel, wide](y[j], b[j], sign, 0) if taps > 3 else 0)
            + (third * both[pixel, wide](x[j], c[j], sign, 0) if taps > 5 else 0)
            + (fourth * both[pixel, wide](w[j], d[j], sign, 0) if taps > 7 else 0)
            + (mid * <wide> middle[j] if taps & 1 else 0)
        )
        out[j] = <wide> (out[j] + total) if more else total


cdef inline void copied(const pixel** rows, const wide* weights, wide* out, Py_ssize_t count) noexcept nogil:
    cdef Py_ssize_t j, done = 0
    cdef const pixel* row = rows[0]
    cdef wide weight = weights[0]
    if pixel is uint8_t and wide is int16_t:
        done = edgecalc_shorts_folded(<const void**> rows, weights, out, count, 1, 1, False)
    if weight == 1:
        for j in range(done, count):
            out[j] = <wide> row[j]
    else:
        for j in range(done, count):
            out[j] = <wide> (weight * <wide> row[j])


cdef inline void added(const pixel* row, wide weight, wide* out, Py_ssize_t count) noexcept nogil:
    cdef Py_ssize_t j
    for j in range(count):
        out[j] = <wide> (out[j] + weight * <wide> row[j])


cdef void combine(const pixel** rows, const wide* weights, int fold, int taps, wide* out, Py_ssize_t count) noexcept nogil:
    """Long stencils take the innermost taps first, then four pairs at a time outwards; the last of an even number of taps in a SUM has no mirror."""
    cdef int k, outer = 0
    if fold == SUM and taps > 2 and taps % 2 == 0:
        combine[pixel, wide](rows, weights, fold, taps - 1, out, count)
        added[pixel, wide](rows[taps - 1], weights[taps - 1], out, count)
        return
    if fold != PLAIN and taps > 9:
        outer = (taps - 2) // 8 * 4
    if taps == 1:
        copied[pixel, wide](rows, weights, out, count)
    elif fold == SUM:
        whole_sum[pixel, wide](rows + outer, weights + outer, taps - 2 * outer, out, count)
        for k in range(outer - 4, -1, -4):
            four_pairs[pixel, wide](rows + k, weights + k, taps - 2 * k, 1, out, count)
    elif fold == DIFFERENCE:
        whole_difference[pixel, wide](rows + outer, weights + outer, taps - 2 * outer, out, count)
        for k in range(outer - 4, -1, -4):
            four_pairs[pixel, wide](rows + k, weights + k, taps - 2 * k, -1, out, count)
    else:
        copied[pixel, wide](rows, weights, out, count)
        for k in range(1, taps):
            added[pixel, wide](rows[k], weights[k], out, count)


cdef void whole_sum(const pixel** rows, const wide* weights, int taps, wide* out, Py_ssize_t count) noexcept nogil:
    if taps == 2:
        folded[pixel, wide](rows, weights, out, count, 2, 1, False)
    elif taps == 3:
        folded[pixel, wide](rows, weights, out, count, 3, 1, False)
    elif taps == 5:
        folded[pixel, wide](rows, weights, out, count, 5, 1, False)
    elif taps == 7:
        folded[pixel, wide](rows, weights, out, count, 7, 1, False)
    else:
        folded[pixel, wide](rows, weights, out, count, 9, 1, False)


cdef void whole_difference(const pixel** rows, const wide* weights, int taps, wide* out, Py_ssize_t count) noexcept nogil:
    if taps == 2:
        folded[pixel, wide](rows, weights, out, count, 2, -1, False)
    elif taps == 4:
        folded[pixel, wide](rows, weights, out, count, 4, -1, False)
    elif taps == 6:
        folded[pixel, wide](rows, weights, out, count, 6, -1, False)
    else:
        folded[pixel, wide](rows, weights, out, count, 8, -1, False)


cdef void four_pairs(const pixel** rows, const wide* weights, int taps, int sign, wide* out, Py_ssize_t count) noexcept nogil:
    """Adds the outermost four pairs of `taps` rows."""
    cdef int k
    cdef const pixel* eight[8]
    cdef wide weight[8]
    for k in range(4):
        eight[k], eight[7 - k] = rows[k], rows[taps - 1 - k]
        weight[k], weight[7 - k] = weights[k], weights[taps - 1 - k]
    if sign > 0:
        folded[pixel, wide](eight, weight, out, count, 8, 1, True)
    else:
        folded[pixel, wide](eight, weight, out, count, 8, -1, True)


ctypedef void (*joint_row)(const void** rows, const void* weights, void* smoothed, void* differenced, Py_ssize_t count) noexcept nogil


cdef void combine_jointly(const pixel** rows, const wide* weights, wide* smoothed, wide* differenced, Py_ssize_t count) noexcept nogil:
    """Both lines of a 3x3 operator from the same three rows: the weighted sum, and the last row minus the first."""
    cdef Py_ssize_t j, done = 0
    cdef const pixel* above = rows[0]
    cdef const pixel* here = rows[1]
    cdef const pixel* below = rows[2]
    cdef wide a, z, outer = weights[2], mid = weights[1]
    if pixel is uint8_t and wide is int16_t:
        done = edgecalc_joint(above, here, below, outer, mid, smoothed, differenced, count)
    for j in range(done, count):
        a, z = <wide> above[j], <wide> below[j]
        smoothed[j] = <wide> (outer * (z + a) + mid * <wide> here[j])
        differenced[j] = <wide> (z - a)


cdef combine_row COMBINE[TYPES][TYPES]           # [pixel][wide]
COMBINE[U8][I16] = <combine_row> combine[uint8_t, int16_t]
COMBINE[U8][I32] = <combine_row> combine[uint8_t, int32_t]
COMBINE[U8][I64] = <combine_row> combine[uint8_t, int64_t]
COMBINE[U8][F32] = <combine_row> combine[uint8_t, float]
COMBINE[U8][F64] = <combine_row> combine[uint8_t, double]
COMBINE[I8][I16] = <combine_row> combine[int8_t, int16_t]
COMBINE[I8][I32] = <combine_row> combine[int8_t, int32_t]
COMBINE[I8][I64] = <combine_row> combine[int8_t, int64_t]
COMBINE[I8][F32] = <combine_row> combine[int8_t, float]
COMBINE[I8][F64] = <combine_row> combine[int8_t, double]
COMBINE[U16][I32] = <combine_row> combine[uint16_t, int32_t]
COMBINE[U16][I64] = <combine_row> combine[uint16_t, int64_t]
COMBINE[U16][F32] = <combine_row> combine[uint16_t, float]
COMBINE[U16][F64] = <combine_row> combine[uint16_t, double]
COMBINE[I16][I16] = <combine_row> combine[int16_t, int16_t]
COMBINE[I16][I32] = <combine_row> combine[int16_t, int32_t]
COMBINE[I16][I64] = <combine_row> combine[int16_t, int64_t]
COMBINE[I16][F32] = <combine_row> combine[int16_t, float]
COMBINE[I16][F64] = <combine_row> combine[int16_t, double]
COMBINE[U32][I64] = <combine_row> combine[uint32_t, int64_t]
COMBINE[U32][F64] = <combine_row> combine[uint32_t, double]
COMBINE[I32][I32] = <combine_row> combine[int32_t, int32_t]
COMBINE[I32][I64] = <combine_row> combine[int32_t, int64_t]
COMBINE[I32][F64] = <combine_row> combine[int32_t, double]
COMBINE[U64][F64] = <combine_row> combine[uint64_t, double]
COMBINE[I64][I64] = <combine_row> combine[int64_t, int64_t]
COMBINE[I64][F64] = <combine_row> combine[int64_t, double]
COMBINE[F32][F32] = <combine_row> combine[float, float]
COMBINE[F32][F64] = <combine_row> combine[float, double]
COMBINE[F64][F64] = <combine_row> combine[double, double]
cdef joint_row JOINT[TYPES][TYPES]                # [pixel][wide], where it is worth a kernel of its own
JOINT[U8][I16] = <joint_row> combine_jointly[uint8_t, int16_t]
JOINT[U16][I32] = <joint_row> combine_jointly[uint16_t, int32_t]
cdef combine_row ACROSS[TYPES][TYPES]             # [line][wide]: as COMBINE, but what is narrower than its sum has room for two
memcpy(ACROSS, COMBINE, sizeof(COMBINE))
ACROSS[I16][I32] = <combine_row> combine[half, int32_t]
