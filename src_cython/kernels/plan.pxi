# A plan: an operator made ready for one type of image. It walks the rows of the image and runs each through the stages
#
#     rows of the image --combine--> lines --combine--> derivatives --gradient, view--> rows of the output
#                        (vertical)         (horizontal)
#
# Everything between the image and the output is one tile of columns wide and stays in the nearest cache. A row of the
# output depends on nothing but the image, so strips of rows and columns can be done in any order by any thread.
#
# IN: arrays and stencils that edgecalc.core has checked   OUT: written rows
cimport cython
cimport numpy as cnp
from libc.stdlib cimport free, malloc
from libc.string cimport memset

cnp.import_array()

cdef enum:
    EACH = 0                # every derivative to its own output
    L2 = 1                  # two derivatives to their magnitude
    L1 = 2
    ANGLE = 3
    POLAR = 4               # magnitude and orientation
    LEAST_AND_MOST = 5      # nothing is written: the range of the derivative

    TILE_BYTES = 8192       # of one line of wide numbers
    MOST_LINES = 8
    SMALL = 1 << 20         # pixels: larger images are worth a second thread

cdef struct Combination:
    int taps
    int fold
    Py_ssize_t* places      # a line's: an offset per outer axis for each tap; an output's: a column offset for each tap
    int* lines              # an output's: the line that each tap reads
    void* weights

cdef struct Walk:
    # one call of run: where the image and the outputs lie, which part is wanted, where the rows between them are kept
    const char* image
    const Py_ssize_t* sizes
    const Py_ssize_t* strides
    char* out[2]
    const Py_ssize_t* out_strides[2]
    const Py_ssize_t* out_sizes
    Py_ssize_t row0, row1, column0, column1, tile
    Py_ssize_t index[32]            # of the row in work, along each outer axis
    Py_ssize_t column, count        # the tile in work: its first column, how many
    Py_ssize_t begin, low, high     # the image's columns that its lines cover: wanted from, inside from, inside to
    const char** pointers
    const char** bases
    char* lines
    Py_ssize_t line_bytes
    char* derivative[2]
    char* real
    char* constant
    double least, most


cdef inline int code_of(int kind) noexcept nogil:
    """The type's place in the tables, -1 if no kernel reads it."""
    if kind == cnp.NPY_BOOL or kind == cnp.NPY_UBYTE:
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


cdef int[10] NUMPY_TYPE = [
    cnp.NPY_UINT8, cnp.NPY_INT8, cnp.NPY_UINT16, cnp.NPY_INT16, cnp.NPY_UINT32,
    cnp.NPY_INT32, cnp.NPY_UINT64, cnp.NPY_INT64, cnp.NPY_FLOAT32, cnp.NPY_FLOAT64,
]


cdef inline char* aligned(char* place) noexcept nogil:
    return place + (64 - <size_t> place % 64) % 64


cdef inline void copy_one(char* target, const char* source, Py_ssize_t size) noexcept nogil:
    if size == 2:
        (<int16_t*> target)[0] = (<const int16_t*> source)[0]
    elif size == 4:
        (<int32_t*> target)[0] = (<const int32_t*> source)[0]
    else:
        (<int64_t*> target)[0] = (<const int64_t*> source)[0]


@cython.final
cdef class Plan:
    """Plan(types, outer, lines, outputs, border, cval, blank, finish, view, base, unit): see edgecalc.core.slide.build."""

    cdef int pixel, wide, real, result, outer, lines, outputs, border, finish, view, most_taps
    cdef bint blank, scaled, vertical
    cdef double base, unit
    cdef Py_ssize_t left, right, tile
    cdef Combination line[MOST_LINES]
    cdef Combination output[2]
    cdef Py_ssize_t before[2][32]
    cdef Py_ssize_t after[2][32]
    cdef char cval[8]
    cdef list alive
    cdef readonly bint shrinks
    cdef readonly int results                    # arrays that a call gives
    cdef Py_ssize_t origin[32]

    def __init__(self, types, int outer, lines, outputs, int border, bytes cval, bint blank, start, int finish, int view, double base, double unit):
        cdef int k, axis
        self.pixel, self.wide, self.real, self.result = types
        self.outer, self.border, self.blank, self.finish, self.view = outer, border, blank, finish, view
        self.base, self.unit, self.scaled = base, unit, base != 0 or unit != 1
        self.lines, self.outputs = len(lines), len(outputs)
        self.alive = []
        self.most_taps = 1
        if COMBINE[self.pixel][self.wide] is NULL or COMBINE[self.wide][self.wide] is NULL:
            raise TypeError(f"no kernel combines type {self.pixel} into type {self.wide}")
        for k, (fold, places, weights) in enumerate(lines):
            self.line[k] = self.combination(fold, places, weights, None)
        for k, (fold, columns, weights, which, before, after) in enumerate(outputs):
            self.output[k] = self.combination(fold, columns, weights, which)
            self.left, self.right = max(self.left, -min(columns)), max(self.right, max(columns))
            for axis in range(outer + 1):
                self.before[k][axis], self.after[k][axis] = before[axis], after[axis]
        for k in range(8):
            self.cval[k] = cval[k]
        self.shrinks = any(start)
        self.results = self.outputs if finish == EACH else 2 if finish == POLAR else 1
        for axis in range(outer + 1):
            self.origin[axis] = start[axis]
        self.tile = TILE_BYTES // ITEMSIZE[self.wide]
        _, columns, weights, _, _, _ = outputs[0]
        self.vertical = len(outputs) == len(lines) == 1 and len(columns) == 1 and columns[0] == 0 and weights[0] == 1

    cdef Combination combination(self, int fold, places, weights, which):
        cdef Combination made
        cdef cnp.ndarray flat = cnp.PyArray_ContiguousFromAny(places, cnp.NPY_INTP, 0, 0)
        cdef cnp.ndarray weight = cnp.PyArray_ContiguousFromAny(weights, NUMPY_TYPE[self.wide], 1, 1)
        cdef cnp.ndarray source = cnp.PyArray_ContiguousFromAny(which or [0], cnp.NPY_INT, 1, 1)
        self.alive += [flat, weight, source]
        made.taps, made.fold = len(weights), fold
        made.places = <Py_ssize_t*> cnp.PyArray_DATA(flat)
        made.weights = cnp.PyArray_DATA(weight)
        made.lines = <int*> cnp.PyArray_DATA(source)
        self.most_taps = max(self.most_taps, made.taps)
        return made

    def small(self, image):
        """The finished output for the common case: a native, aligned array with adjacent columns, under a megapixel; None for any other."""
        cdef cnp.ndarray array, first, second
        cdef int axis, ndim
        if not cnp.PyArray_CheckExact(image) or self.shrinks:
            return None
        array = image
        ndim = cnp.PyArray_NDIM(array)
        if (
            ndim != self.outer + 1 or code_of(cnp.PyArray_TYPE(array)) != self.pixel or not cnp.PyArray_ISBEHAVED_RO(array)
            or cnp.PyArray_STRIDE(array, ndim - 1) != ITEMSIZE[self.pixel] or not 0 < cnp.PyArray_SIZE(array) <= SMALL
        ):
            return None
        first = cnp.PyArray_EMPTY(ndim, cnp.PyArray_DIMS(array), NUMPY_TYPE[F32 if self.finish == ANGLE else self.result], 0)
        second = None
        if self.results == 2:
            second = cnp.PyArray_EMPTY(ndim, cnp.PyArray_DIMS(array), NUMPY_TYPE[F32 if self.finish == POLAR else self.result], 0)
        self.run(array, first, second, 0, self.rows(first), 0, cnp.PyArray_DIM(first, ndim - 1), None)
        return first if second is None else (first, second)

    cdef Py_ssize_t rows(self, cnp.ndarray out):
        cdef Py_ssize_t rows = 1
        cdef int axis
        for axis in range(self.outer):
            rows *= cnp.PyArray_DIM(out, axis)
        return rows

    def strip(self, cnp.ndarray image not None, cnp.ndarray first not None, cnp.ndarray second, Py_ssize_t row0, Py_ssize_t row1, Py_ssize_t column0, Py_ssize_t column1):
        """Rows row0 .. row1 (outer axes flattened), columns column0 .. column1 of the output; gives the range of the derivative when that is the finish."""
        extent = [float("inf"), -float("inf")]
        self.run(image, first, second, row0, row1, column0, column1, extent)
        return extent

    cdef int run(self, cnp.ndarray image, cnp.ndarray first, cnp.ndarray second,
                 Py_ssize_t row0, Py_ssize_t row1, Py_ssize_t column0, Py_ssize_t column1, list extent) except -1:
        cdef Walk walk
        cdef int axis
        cdef Py_ssize_t least_tile = min(self.tile, max(column1 - column0, 1))
        cdef Py_ssize_t line_bytes = (least_tile + self.left + self.right) * ITEMSIZE[self.wide] + 64
        cdef Py_ssize_t constant_bytes = (least_tile + self.left + self.right) * ITEMSIZE[self.pixel] + 64 if self.border == CONSTANT else 64
        cdef char* scratch = <char*> malloc(
            self.lines * line_bytes + 2 * (least_tile * 8 + 64) + least_tile * 8 + 64 + constant_bytes + 2 * self.most_taps * sizeof(void*) + 8 * 64)
        if scratch is NULL:
            raise MemoryError("no memory for the rows of one tile")
        walk.image = <char*> cnp.PyArray_DATA(image)
        walk.sizes, walk.strides = <Py_ssize_t*> cnp.PyArray_DIMS(image), <Py_ssize_t*> cnp.PyArray_STRIDES(image)
        walk.out_sizes = <Py_ssize_t*> cnp.PyArray_DIMS(first)
        walk.out[0], walk.out_strides[0] = <char*> cnp.PyArray_DATA(first), <Py_ssize_t*> cnp.PyArray_STRIDES(first)
        walk.out[1], walk.out_strides[1] = walk.out[0], walk.out_strides[0]
        if second is not None:
            walk.out[1], walk.out_strides[1] = <char*> cnp.PyArray_DATA(second), <Py_ssize_t*> cnp.PyArray_STRIDES(second)
        walk.tile = least_tile
        walk.row0, walk.row1, walk.column0, walk.column1 = row0, row1, column0, column1
        walk.least, walk.most = float("inf"), -float("inf")
        walk.pointers = <const char**> aligned(scratch)
        walk.bases = walk.pointers + self.most_taps
        walk.lines = aligned(<char*> (walk.bases + self.most_taps))
        walk.line_bytes = line_bytes // 64 * 64
        walk.derivative[0] = aligned(walk.lines + self.lines * walk.line_bytes)
        walk.derivative[1] = aligned(walk.derivative[0] + least_tile * 8)
        walk.real = aligned(walk.derivative[1] + least_tile * 8)
        walk.constant = aligned(walk.real + least_tile * 8)
        with nogil:
            self.walk(&walk)
        free(scratch)
        if extent is not None:
            extent[0], extent[1] = walk.least, walk.most
        return 0

    cdef void walk(self, Walk* w) noexcept nogil:
        cdef Py_ssize_t row, column, rest, k
        cdef int axis
        if self.border == CONSTANT:
            for k in range(w.tile + self.left + self.right):
                for axis in range(ITEMSIZE[self.pixel]):
                    w.constant[k * ITEMSIZE[self.pixel] + axis] = self.cval[axis]
        column = w.column0
        while column < w.column1:
            w.column = column
            w.count = min(w.tile, w.column1 - column)
            w.begin = column + self.origin[self.outer] - self.left
            w.low = max(w.begin, 0)
            w.high = min(column + self.origin[self.outer] + w.count + self.right, w.sizes[self.outer])
            rest = w.row0
            for axis in range(self.outer - 1, -1, -1):
                w.index[axis] = rest % w.out_sizes[axis]
                rest = rest // w.out_sizes[axis]
            for row in range(w.row0, w.row1):
                self.one_row(w)
                for axis in range(self.outer - 1, -1, -1):
                    w.index[axis] += 1
                    if w.index[axis] < w.out_sizes[axis]:
                        break
                    w.index[axis] = 0
            column += w.tile

    cdef void one_row(self, Walk* w) noexcept nogil:
        cdef int k, axis
        cdef char* target[2]
        for k in range(2):
            target[k] = w.out[k] + w.column * ITEMSIZE[F32 if self.finish == ANGLE or (self.finish == POLAR and k) else self.result]
            for axis in range(self.outer):
                target[k] += w.index[axis] * w.out_strides[k][axis]
        cdef bint direct = self.finish == EACH and self.view == AS_IT_IS and not self.scaled and self.result == self.wide
        cdef char* lines = target[0] if direct and self.vertical else w.lines
        for k in range(self.lines):
            self.vertical_half(w, &self.line[k], lines + k * w.line_bytes)
        cdef void* derivative[2]
        for k in range(self.outputs):
            derivative[k] = <void*> (target[k] if direct else w.derivative[k])
            if self.vertical:
                derivative[k] = lines
            else:
                self.horizontal_half(w, &self.output[k], derivative[k])
            if self.blank:
                self.blank_ends(w, k, <char*> derivative[k])
        if not direct:
            self.finish_row(w, derivative, target)

    cdef void vertical_half(self, Walk* w, Combination* c, char* line) noexcept nogil:
        """line = the weighted sum of rows, for the columns of this tile and those that its stencil reaches on either side."""
        cdef int tap, axis
        cdef Py_ssize_t position, column, size = ITEMSIZE[self.pixel], wide = ITEMSIZE[self.wide]
        cdef const char* place
        for tap in range(c.taps):
            place = w.image
            for axis in range(self.outer):
                position = inside(w.index[axis] + self.origin[axis] + c.places[tap * self.outer + axis], w.sizes[axis], self.border)
                if position < 0:
                    place = NULL
                    break
                place = place + position * w.strides[axis]
            w.bases[tap] = place
            w.pointers[tap] = w.constant if place is NULL else place + w.low * size
        COMBINE[self.pixel][self.wide](<const void**> w.pointers, c.weights, c.fold, c.taps, line + (w.low - w.begin) * wide, w.high - w.low)
        for column in range(w.begin, w.low):
            self.outside(w, c, line, column)
        for column in range(w.high, w.begin + self.left + w.count + self.right):
            self.outside(w, c, line, column)

    cdef void outside(self, Walk* w, Combination* c, char* line, Py_ssize_t column) noexcept nogil:
        """One number of a line beyond the left or right side of the image."""
        cdef Py_ssize_t wide = ITEMSIZE[self.wide], stand_in = inside(column, w.sizes[self.outer], self.border)
        cdef int tap
        cdef char* target = line + (column - w.begin) * wide
        if w.low <= stand_in < w.high:
            copy_one(target, line + (stand_in - w.begin) * wide, wide)
            return
        for tap in range(c.taps):
            w.pointers[tap] = w.constant if w.bases[tap] is NULL or stand_in < 0 else w.bases[tap] + stand_in * ITEMSIZE[self.pixel]
        COMBINE[self.pixel][self.wide](<const void**> w.pointers, c.weights, c.fold, c.taps, target, 1)

    cdef void horizontal_half(self, Walk* w, Combination* c, void* derivative) noexcept nogil:
        cdef int tap
        for tap in range(c.taps):
            w.pointers[tap] = w.lines + c.lines[tap] * w.line_bytes + (self.left + c.places[tap]) * ITEMSIZE[self.wide]
        COMBINE[self.wide][self.wide](<const void**> w.pointers, c.weights, c.fold, c.taps, derivative, w.count)

    cdef void blank_ends(self, Walk* w, int k, char* derivative) noexcept nogil:
        """0 where the stencil leaves the image."""
        cdef int axis
        cdef Py_ssize_t wide = ITEMSIZE[self.wide]
        cdef Py_ssize_t last = w.sizes[self.outer] - self.after[k][self.outer] - w.column, first = self.before[k][self.outer] - w.column
        for axis in range(self.outer):
            if not self.before[k][axis] <= w.index[axis] < w.sizes[axis] - self.after[k][axis]:
                first = w.count
        first, last = min(max(first, 0), w.count), min(max(last, 0), w.count)
        memset(derivative, 0, first * wide)
        memset(derivative + last * wide, 0, (w.count - last) * wide)

    cdef void finish_row(self, Walk* w, void** derivative, char** target) noexcept nogil:
        cdef int k
        if self.finish == LEAST_AND_MOST:
            EXTENT[self.wide](derivative[0], &w.least, &w.most, w.count)
        elif self.finish == EACH:
            for k in range(self.outputs):
                self.view_row(w, self.wide, derivative[k], target[k])
        elif self.finish == L1 and self.wide == I16 and self.result == U8 and not self.scaled:
            MAGNITUDE_L1[I16][U8](derivative[0], derivative[1], target[0], w.count)
        elif self.finish == ANGLE:
            self.angle_row(w, derivative, target[0])
        else:
            if self.finish == POLAR:
                self.angle_row(w, derivative, target[1])
            if self.finish == L1:
                MAGNITUDE_L1[self.wide][self.real](derivative[0], derivative[1], w.real, w.count)
            else:
                MAGNITUDE_L2[self.wide][self.real](derivative[0], derivative[1], w.real, w.count)
            self.view_row(w, self.real, w.real, target[0])

    cdef void angle_row(self, Walk* w, void** derivative, char* target) noexcept nogil:
        cdef int real = F32 if self.wide == I16 or self.wide == F32 else F64
        ORIENTATION[self.wide][real](derivative[0], derivative[1], w.real, w.count)
        CAST[real][F32](w.real, target, w.count)

    cdef void view_row(self, Walk* w, int wide, void* row, char* target) noexcept nogil:
        if not self.scaled and self.view == AS_IT_IS:
            CAST[wide][self.result](row, target, w.count)
        elif not self.scaled and self.view == MAGNITUDE and self.result == U8 and MAGNITUDE_PICTURE[wide] is not NULL:
            MAGNITUDE_PICTURE[wide](row, target, w.count)
        elif not self.scaled and self.view == SHIFT and self.result == U8 and SHIFT_PICTURE[wide] is not NULL:
            SHIFT_PICTURE[wide](row, target, w.count)
        else:
            AFFINE[wide][self.real](row, self.base, self.unit, w.real, w.count)
            if self.view != AS_IT_IS:
                PICTURE[self.real](w.real, self.view, self.view == SHIFT and self.result == U8, w.count)
            CAST[self.real][self.result](w.real, target, w.count)

