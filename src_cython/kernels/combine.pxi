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


cdef inline void folded(const pixel** rows, const wide* weights, wide* out, Py_ssize_t count, int taps, int sign, bint more) noexcept nogil:
    """Up to seven mirrored taps in one pass; taps, sign and more are literals where it is called, so nothing of them is left in the loop."""
    cdef Py_ssize_t j
    cdef const pixel* a = rows[0]
    cdef const pixel* z = rows[taps - 1]
    cdef const pixel* b = rows[1 if taps > 3 else 0]
    cdef const pixel* y = rows[taps - 2 if taps > 3 else 0]
    cdef const pixel* c = rows[2 if taps > 5 else 0]
    cdef const pixel* x = rows[taps - 3 if taps > 5 else 0]
    cdef const pixel* middle = rows[taps // 2]
    cdef wide outer = weights[taps - 1], next = weights[taps - 2 if taps > 3 else 0], inner = weights[taps - 3 if taps > 5 else 0]
    cdef wide mid = weights[taps // 2], total
    for j in range(count):
        total = <wide> (
            outer * (<wide> z[j] + sign * <wide> a[j])
            + (next * (<wide> y[j] + sign * <wide> b[j]) if taps > 3 else 0)
            + (inner * (<wide> x[j] + sign * <wide> c[j]) if taps > 5 else 0)
            + (mid * <wide> middle[j] if taps & 1 else 0)
        )
        out[j] = <wide> (out[j] + total) if more else total


cdef inline void copied(const pixel** rows, const wide* weights, wide* out, Py_ssize_t count) noexcept nogil:
    cdef Py_ssize_t j
    cdef const pixel* row = rows[0]
    cdef wide weight = weights[0]
    if weight == 1:
        for j in range(count):
            out[j] = <wide> row[j]
    else:
        for j in range(count):
            out[j] = <wide> (weight * <wide> row[j])


cdef inline void added(const pixel* row, wide weight, wide* out, Py_ssize_t count) noexcept nogil:
    cdef Py_ssize_t j
    for j in range(count):
        out[j] = <wide> (out[j] + weight * <wide> row[j])


cdef void combine(const pixel** rows, const wide* weights, int fold, int taps, wide* out, Py_ssize_t count) noexcept nogil:
    cdef int k
    if taps == 1:
        copied(rows, weights, out, count)
    elif fold == SUM and taps == 2:
        folded(rows, weights, out, count, 2, 1, False)
    elif fold == SUM and taps == 3:
        folded(rows, weights, out, count, 3, 1, False)
    elif fold == SUM and taps == 5:
        folded(rows, weights, out, count, 5, 1, False)
    elif fold == SUM and taps == 7:
        folded(rows, weights, out, count, 7, 1, False)
    elif fold == DIFFERENCE and taps == 2:
        folded(rows, weights, out, count, 2, -1, False)
    elif fold == DIFFERENCE and taps == 4:
        folded(rows, weights, out, count, 4, -1, False)
    elif fold == DIFFERENCE and taps == 6:
        folded(rows, weights, out, count, 6, -1, False)
    elif fold == PLAIN or taps < 4:
        copied(rows, weights, out, count)
        for k in range(1, taps):
            added(rows[k], weights[k], out, count)
    else:
        longer(rows, weights, fold, taps, out, count)


cdef void longer(const pixel** rows, const wide* weights, int fold, int taps, wide* out, Py_ssize_t count) noexcept nogil:
    """Mirrored stencils of any length: the outermost two pairs first, then two pairs at a time."""
    cdef int k, pairs = taps // 2
    cdef const pixel* four[4]
    cdef wide weight[4]
    for k in range(0, pairs - 1, 2):
        four[0], four[1], four[2], four[3] = rows[k], rows[k + 1], rows[taps - 2 - k], rows[taps - 1 - k]
        weight[2], weight[3] = weights[taps - 2 - k], weights[taps - 1 - k]
        if fold == SUM:
            if k == 0:
                folded(four, weight, out, count, 4, 1, False)
            else:
                folded(four, weight, out, count, 4, 1, True)
        elif k == 0:
            folded(four, weight, out, count, 4, -1, False)
        else:
            folded(four, weight, out, count, 4, -1, True)
    if pairs & 1:
        four[0], four[1], weight[0], weight[1] = rows[pairs - 1], rows[taps - pairs], weights[pairs - 1], weights[taps - pairs]
        if fold == SUM:
            folded(four, weight, out, count, 2, 1, True)
        else:
            folded(four, weight, out, count, 2, -1, True)
    if taps & 1:
        added(rows[pairs], weights[pairs], out, count)


ctypedef void (*joint_row)(const void** rows, const void* weights, void* smoothed, void* differenced, Py_ssize_t count) noexcept nogil


cdef void combine_jointly(const pixel** rows, const wide* weights, wide* smoothed, wide* differenced, Py_ssize_t count) noexcept nogil:
    """Both lines of a 3x3 operator from the same three rows: the weighted sum, and the last row minus the first."""
    cdef Py_ssize_t j
    cdef const pixel* above = rows[0]
    cdef const pixel* here = rows[1]
    cdef const pixel* below = rows[2]
    cdef wide a, z, outer = weights[2], mid = weights[1]
    for j in range(count):
        a, z = <wide> above[j], <wide> below[j]
        smoothed[j] = <wide> (outer * (z + a) + mid * <wide> here[j])
        differenced[j] = <wide> (z - a)


cdef combine_row COMBINE[10][10]           # [pixel][wide]
COMBINE[U8][I16] = <combine_row> combine[uint8_t, int16_t]
COMBINE[U8][I32] = <combine_row> combine[uint8_t, int32_t]
COMBINE[U8][I64] = <combine_row> combine[uint8_t, int64_t]
COMBINE[U8][F64] = <combine_row> combine[uint8_t, double]
COMBINE[I8][I16] = <combine_row> combine[int8_t, int16_t]
COMBINE[I8][I32] = <combine_row> combine[int8_t, int32_t]
COMBINE[I8][I64] = <combine_row> combine[int8_t, int64_t]
COMBINE[I8][F64] = <combine_row> combine[int8_t, double]
COMBINE[U16][I32] = <combine_row> combine[uint16_t, int32_t]
COMBINE[U16][I64] = <combine_row> combine[uint16_t, int64_t]
COMBINE[U16][F64] = <combine_row> combine[uint16_t, double]
COMBINE[I16][I16] = <combine_row> combine[int16_t, int16_t]
COMBINE[I16][I32] = <combine_row> combine[int16_t, int32_t]
COMBINE[I16][I64] = <combine_row> combine[int16_t, int64_t]
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
cdef joint_row JOINT[10][10]                # [pixel][wide], where it is worth a kernel of its own
JOINT[U8][I16] = <joint_row> combine_jointly[uint8_t, int16_t]
JOINT[U16][I32] = <joint_row> combine_jointly[uint16_t, int32_t]
