# The luma of colour images as ITU-R BT.601 has it, in units of 1/65536 as Pillow's "L"; alpha is composited on white.
#
# IN: a row of pixels of 1 to 4 channels, `apart` numbers from pixel to pixel and `step` from channel to channel   OUT: gray of the same type

ctypedef fused shade:
    uint8_t
    uint16_t
    float
    double

ctypedef void (*luma_row)(const void* colours, Py_ssize_t apart, Py_ssize_t step, int channels, void* gray, Py_ssize_t count) noexcept nogil

cdef enum:
    RED = 19595
    GREEN = 38470
    BLUE = 7471
    UNIT = 65536


cdef inline uint32_t whole_on_white(uint32_t value, uint32_t alpha, uint32_t white) noexcept nogil:
    return (value * alpha + white * (white - alpha) + white // 2) // white


cdef inline double real_on_white(double value, double alpha) noexcept nogil:
    return value * alpha + (1 - alpha)


cdef inline void mixed(const shade* colours, Py_ssize_t apart, Py_ssize_t step, int channels, shade* gray, Py_ssize_t count) noexcept nogil:
    """`channels` is a literal where it is called, and where it pays, so are the distances."""
    cdef Py_ssize_t j
    cdef const shade* one
    cdef Py_ssize_t green = step if channels > 2 else 0, blue = 2 * green, last = (channels - 1) * step
    cdef bint seen_through = channels == 2 or channels == 4
    cdef uint32_t r, g, b, white = 255 if shade is uint8_t else 65535
    cdef double x, y, z
    for j in range(count):
        one = colours + j * apart
        if shade is uint8_t or shade is uint16_t:
            r, g, b = one[0], one[green], one[blue]
            if seen_through:
                r = whole_on_white(r, one[last], white)
                g = whole_on_white(g, one[last], white)
                b = whole_on_white(b, one[last], white)
            gray[j] = <shade> ((r * RED + g * GREEN + b * BLUE + UNIT // 2) >> 16)
        else:
            x, y, z = one[0], one[green], one[blue]
            if seen_through:
                x = real_on_white(x, one[last])
                y = real_on_white(y, one[last])
                z = real_on_white(z, one[last])
            gray[j] = <shade> ((x * RED + y * GREEN + z * BLUE) / UNIT)


cdef void luma_of(const shade* colours, Py_ssize_t apart, Py_ssize_t step, int channels, shade* gray, Py_ssize_t count) noexcept nogil:
    if channels == 3 and apart == 3 and step == 1:
        mixed(colours, 3, 1, 3, gray, count)
    elif channels == 3 and apart == 3 and step == -1:
        mixed(colours, 3, -1, 3, gray, count)
    elif channels == 4 and apart == 4 and step == 1:
        mixed(colours, 4, 1, 4, gray, count)
    elif channels == 4:
        mixed(colours, apart, step, 4, gray, count)
    elif channels == 3:
        mixed(colours, apart, step, 3, gray, count)
    elif channels == 2:
        mixed(colours, apart, step, 2, gray, count)
    else:
        mixed(colours, apart, step, 1, gray, count)


cdef luma_row LUMA[TYPES]                      # [shade]
LUMA[U8] = <luma_row> luma_of[uint8_t]
LUMA[U16] = <luma_row> luma_of[uint16_t]
LUMA[F32] = <luma_row> luma_of[float]
LUMA[F64] = <luma_row> luma_of[double]


def luma(cnp.ndarray colours not None, cnp.ndarray gray not None):
    """Writes the gray of (rows, columns, channels) into (rows, columns) of the same type, whose columns are adjacent."""
    cdef int kind = code_of(cnp.PyArray_TYPE(gray)), channels = <int> cnp.PyArray_DIM(colours, 2)
    cdef Py_ssize_t apart = cnp.PyArray_STRIDE(colours, 1) // ITEMSIZE[kind], step = cnp.PyArray_STRIDE(colours, 2) // ITEMSIZE[kind]
    cdef const char* source = <const char*> cnp.PyArray_DATA(colours)
    cdef char* target = <char*> cnp.PyArray_DATA(gray)
    cdef Py_ssize_t row, rows = cnp.PyArray_DIM(gray, 0), columns = cnp.PyArray_DIM(gray, 1)
    cdef Py_ssize_t source_bytes = cnp.PyArray_STRIDE(colours, 0), target_bytes = cnp.PyArray_STRIDE(gray, 0)
    with nogil:
        for row in range(rows):
            LUMA[kind](source + row * source_bytes, apart, step, channels, target + row * target_bytes, columns)
