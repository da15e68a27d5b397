# From a row of derivatives to the row that is written: another type, unit slope, a picture.
#
# IN: one row of wide or real numbers   OUT: one row of the result's type, saturated and rounded half to even; NaN becomes 0 in integers
from libc.math cimport INFINITY, rint

cdef enum:
    AS_IT_IS = 0
    MAGNITUDE = 1           # |d|, at most 255
    SHIFT = 2               # d + 127.5 in 0 .. 255; floored where the picture is uint8
    SCALE = 3               # least to greatest becomes 0 .. 255

ctypedef void (*cast_row)(const void* row, void* out, Py_ssize_t count) noexcept nogil
ctypedef void (*affine_row)(const void* row, double base, double gain, double unit, void* out, Py_ssize_t count) noexcept nogil
ctypedef void (*picture_row)(void* row, int view, bint floored, Py_ssize_t count) noexcept nogil
ctypedef void (*extent_row)(const void* row, double* low, double* high, Py_ssize_t count) noexcept nogil


cdef inline real rounded(real value) noexcept nogil:
    """Half to even, of numbers below 2^22 (2^51): 3 times that is added, where a float's last bit counts ones, and taken away."""
    cdef real ones = 12582912.0 if real is float else 6755399441055744.0
    return (value + ones) - ones


cdef inline result lowest(result dummy) noexcept nogil:
    if result is int8_t:
        return -128
    elif result is int16_t:
        return -32768
    elif result is int32_t:
        return -2147483647 - 1
    elif result is int64_t:
        return -9223372036854775807 - 1
    else:
        return 0


cdef inline result highest(result dummy) noexcept nogil:
    if result is int8_t:
        return 127
    elif result is int16_t:
        return 32767
    elif result is int32_t:
        return 2147483647
    elif result is int64_t:
        return 9223372036854775807
    elif result is uint8_t:
        return 255
    elif result is uint16_t:
        return 65535
    elif result is uint32_t:
        return <uint32_t> 4294967295
    elif result is uint64_t:
        return <uint64_t> 18446744073709551615
    else:
        return 0


cdef void cast_integers(const wide* row, result* out, Py_ssize_t count) noexcept nogil:
    """From integers: saturate; to floats: convert."""
    cdef Py_ssize_t j
    cdef wide value, low, high
    if result is float or result is double:
        for j in range(count):
            out[j] = <result> row[j]
    elif sizeof(result) < sizeof(wide):
        low, high = <wide> lowest[result](0), <wide> highest[result](0)
        for j in range(count):
            value = row[j]
            value = low if value < low else value
            out[j] = <result> (high if value > high else value)
    elif lowest[result](0) == 0:
        for j in range(count):
            value = row[j]
            out[j] = <result> (value if value > 0 else 0)
    else:
        for j in range(count):
            out[j] = <result> row[j]


cdef void cast_reals(const real* row, result* out, Py_ssize_t count) noexcept nogil:
    """From floats."""
    cdef Py_ssize_t j, done = 0
    cdef real value, low, high
    cdef double wider
    if result is float or result is double:
        for j in range(count):
            out[j] = <result> row[j]
    elif sizeof(result) <= 2:
        low, high = <real> lowest[result](0), <real> highest[result](0)
        if real is float and result is uint8_t:
            done = edgecalc_bytes(row, out, count)
        for j in range(done, count):
            value = row[j]
            value = value if value == value else 0
            value = low if value < low else value
            value = high if value > high else value
            out[j] = <result> <int> rounded[real](value)
    else:
        for j in range(count):
            wider = rint(row[j])
            if wider != wider:
                out[j] = 0
            elif wider <= <double> lowest[result](0):
                out[j] = lowest[result](0)
            elif wider >= <double> highest[result](0):
                out[j] = highest[result](0)
            else:
                out[j] = <result> wider


cdef void magnitude_of_integers(const wide* row, uint8_t* out, Py_ssize_t count) noexcept nogil:
    cdef Py_ssize_t j
    cdef wide value
    for j in range(count):
        value = row[j]
        value = <wide> max(value, <wide> -255)
        value = <wide> max(value, <wide> -value)                             # as comparisons with branches this is no vector code
        out[j] = <uint8_t> min(value, <wide> 255)


cdef void shift_of_integers(const wide* row, uint8_t* out, Py_ssize_t count) noexcept nogil:
    """floor(d + 127.5) = d + 127 for a whole d."""
    cdef Py_ssize_t j
    cdef wide value
    for j in range(count):
        value = row[j]
        value = -127 if value < -127 else value
        value = 128 if value > 128 else value
        out[j] = <uint8_t> (value + 127)


cdef void affine(const wide* row, double base, double gain, double unit, real* out, Py_ssize_t count) noexcept nogil:
    """(d - base) * gain / unit"""
    cdef Py_ssize_t j
    cdef real b = <real> base, g = <real> gain, u = <real> unit
    for j in range(count):
        out[j] = (<real> row[j] - b) * g / u


cdef inline void shown(real* row, Py_ssize_t count, bint absolute, bint shifted, bint floored) noexcept nogil:
    """In 0 .. 255, where NaN stays; the last three are literals where it is called."""
    cdef Py_ssize_t j
    cdef real value
    for j in range(count):
        value = row[j]
        if absolute:
            value = size[real](value)
        if shifted:
            value = value + <real> 127.5
        value = 0 if value < 0 else value
        value = 255 if value > 255 else value
        if floored:
            value = rounded[real](value) - 1 if rounded[real](value) > value else rounded[real](value)
        row[j] = value


cdef void picture(real* row, int view, bint floored, Py_ssize_t count) noexcept nogil:
    if view == MAGNITUDE:
        shown[real](row, count, True, False, False)
    elif floored:
        shown[real](row, count, False, True, True)
    else:
        shown[real](row, count, False, view == SHIFT, False)


cdef inline wide finite(wide value) noexcept nogil:
    """NaN in place of an infinity."""
    if wide is float or wide is double:
        return value + (value - value)
    else:
        return value


cdef void extent(const wide* row, double* low, double* high, Py_ssize_t count) noexcept nogil:
    """Widens low .. high by the row; NaN and infinities count for nothing. In lanes, as many as a vector has, each with its own least and most."""
    cdef Py_ssize_t j, k
    cdef wide least[64]
    cdef wide most[64]
    cdef wide value
    for k in range(64):
        if wide is float or wide is double:
            least[k], most[k] = <wide> INFINITY, <wide> -INFINITY
        else:
            least[k], most[k] = row[0], row[0]
    for j in range(0, count - 63, 64):
        for k in range(64):
            value = finite(row[j + k])
            least[k] = value if value < least[k] else least[k]
            most[k] = value if value > most[k] else most[k]
    for j in range(count // 64 * 64, count):
        value = finite(row[j])
        least[0] = value if value < least[0] else least[0]
        most[0] = value if value > most[0] else most[0]
    for k in range(64):
        low[0] = least[k] if least[k] < low[0] else low[0]
        high[0] = most[k] if most[k] > high[0] else high[0]


cdef cast_row CAST[TYPES][TYPES]                  # [wide or real][result]
cdef cast_row MAGNITUDE_PICTURE[TYPES]         # [wide]
cdef cast_row SHIFT_PICTURE[TYPES]
cdef affine_row AFFINE[TYPES][TYPES]              # [wide][real]
cdef picture_row PICTURE[TYPES]                # [real]
cdef extent_row EXTENT[TYPES]                  # [wide]

cdef void fill_from_integers(cast_row* table, wide dummy) noexcept:
    table[U8], table[I8] = <cast_row> cast_integers[wide, uint8_t], <cast_row> cast_integers[wide, int8_t]
    table[U16], table[I16] = <cast_row> cast_integers[wide, uint16_t], <cast_row> cast_integers[wide, int16_t]
    table[U32], table[I32] = <cast_row> cast_integers[wide, uint32_t], <cast_row> cast_integers[wide, int32_t]
    table[U64], table[I64] = <cast_row> cast_integers[wide, uint64_t], <cast_row> cast_integers[wide, int64_t]
    table[F32], table[F64] = <cast_row> cast_integers[wide, float], <cast_row> cast_integers[wide, double]


cdef void fill_from_reals(cast_row* table, real dummy) noexcept:
    table[U8], table[I8] = <cast_row> cast_reals[real, uint8_t], <cast_row> cast_reals[real, int8_t]
    table[U16], table[I16] = <cast_row> cast_reals[real, uint16_t], <cast_row> cast_reals[real, int16_t]
    table[U32], table[I32] = <cast_row> cast_reals[real, uint32_t], <cast_row> cast_reals[real, int32_t]
    table[U64], table[I64] = <cast_row> cast_reals[real, uint64_t], <cast_row> cast_reals[real, int64_t]
    table[F32], table[F64] = <cast_row> cast_reals[real, float], <cast_row> cast_reals[real, double]


fill_from_integers[int16_t](CAST[I16], 0)
fill_from_integers[int32_t](CAST[I32], 0)
fill_from_integers[int64_t](CAST[I64], 0)
fill_from_reals[float](CAST[F32], 0)
fill_from_reals[double](CAST[F64], 0)
MAGNITUDE_PICTURE[I16] = <cast_row> magnitude_of_integers[int16_t]
MAGNITUDE_PICTURE[I32] = <cast_row> magnitude_of_integers[int32_t]
MAGNITUDE_PICTURE[I64] = <cast_row> magnitude_of_integers[int64_t]
SHIFT_PICTURE[I16] = <cast_row> shift_of_integers[int16_t]
SHIFT_PICTURE[I32] = <cast_row> shift_of_integers[int32_t]
SHIFT_PICTURE[I64] = <cast_row> shift_of_integers[int64_t]
AFFINE[I16][F32] = <affine_row> affine[int16_t, float]
AFFINE[I16][F64] = <affine_row> affine[int16_t, double]
AFFINE[I32][F64] = <affine_row> affine[int32_t, double]
AFFINE[I64][F64] = <affine_row> affine[int64_t, double]
AFFINE[F32][F32] = <affine_row> affine[float, float]
AFFINE[F32][F64] = <affine_row> affine[float, double]
AFFINE[F64][F64] = <affine_row> affine[double, double]
PICTURE[F32] = <picture_row> picture[float]
PICTURE[F64] = <picture_row> picture[double]
EXTENT[I16] = <extent_row> extent[int16_t]
EXTENT[I32] = <extent_row> extent[int32_t]
EXTENT[I64] = <extent_row> extent[int64_t]
EXTENT[F32] = <extent_row> extent[float]
EXTENT[F64] = <extent_row> extent[double]
