# A plan: an operator made ready for one type of image. It walks the image tile by tile through the stages
#
#     rows of the image --combine--> lines --combine--> derivatives --gradient, view--> rows of the output
#                        (vertical)        (horizontal)
#
# A tile is part of one row. What lies between the image and the output stays in the nearest cache, and what is written
# depends on nothing but the image, so rows and columns can be cut into strips for any number of threads.
#
# IN: arrays and stencils that edgecalc.core has checked   OUT: written rows
cimport cython
from libc.stdlib cimport free, malloc
from libc.string cimport memset

cnp.import_array()


@cython.final
cdef class Plan:
    """Plan(types, outer, lines, outputs, border, cval, blank, origin, finish, view, base, unit, near): edgecalc.core.plans.build makes it."""

    cdef int pixel, narrow, wide, real, result          # types: image, lines, derivatives, between, output
    cdef int outer, lines, outputs, border, finish, view, most_taps
    cdef bint blank, scaled, vertical, direct
    cdef double base, unit, side, mid
    cdef Py_ssize_t left, right, tile
    cdef Combination line[MOST_LINES]
    cdef Combination output[2]
    cdef Py_ssize_t before[2][32]
    cdef Py_ssize_t after[2][32]
    cdef Py_ssize_t origin[32]                          # the image's place of the output's first element
    cdef char cval[8]
    cdef list alive
    cdef pair_row near                                  # the shortcut from lines to outputs, or NULL
    cdef joint_row joint                                # both lines at once, or NULL
    cdef readonly int results                           # arrays that a call gives

    def __init__(self, types, int outer, lines, outputs, int border, bytes cval, bint blank, origin, int finish, int view, double base, double unit, near):
        cdef int k, axis
        self.pixel, self.narrow, self.wide, self.real, self.result = types
        self.outer, self.border, self.blank, self.finish, self.view = outer, border, blank, finish, view
        self.base, self.unit, self.scaled = base, unit, base != 0 or unit != 1
        self.lines, self.outputs = len(lines), len(outputs)
        self.alive = []
        self.most_taps = 1
        if COMBINE[self.pixel][self.narrow] is NULL or ACROSS[self.narrow][self.wide] is NULL or self.lines > MOST_LINES:
            raise TypeError(f"no kernel takes types {types} and {self.lines} lines")
        for k, (fold, places, weights) in enumerate(lines):
            self.line[k] = self.combination(fold, places, weights, [0], self.narrow)
        for k, (fold, columns, weights, which, before, after) in enumerate(outputs):
            self.output[k] = self.combination(fold, columns, weights, which, self.wide)
            self.vertical = self.lines == self.outputs == 1 and self.narrow == self.wide and (list(columns), list(weights)) == ([0], [1])
            self.left, self.right = max(self.left, -min(columns)), max(self.right, max(columns))
            for axis in range(outer + 1):
                self.before[k][axis], self.after[k][axis] = before[axis], after[axis]
        for k in range(8):
            self.cval[k] = cval[k]
        for axis in range(outer + 1):
            self.origin[axis] = origin[axis]
        self.results = self.outputs if finish == EACH else 2 if finish == POLAR else 1
        self.tile = min(TILE_BYTES // ITEMSIZE[self.pixel], WIDE_BYTES // ITEMSIZE[self.wide])
        self.direct = finish == EACH and view == AS_IT_IS and not self.scaled and self.result == self.wide
        self.near = self.shortcut() if near else NULL
        self.side, self.mid = near or (0, 0)
        self.joint = JOINT[self.pixel][self.narrow] if self.near is not NULL and three_rows(lines) else NULL

    cdef Combination combination(self, int fold, places, weights, which, int kind):
        cdef Combination made
        cdef cnp.ndarray flat = cnp.PyArray_ContiguousFromAny(places, cnp.NPY_INTP, 0, 0)
        cdef cnp.ndarray weight = cnp.PyArray_ContiguousFromAny(weights, NUMPY_TYPE[kind], 1, 1)
        cdef cnp.ndarray source = cnp.PyArray_ContiguousFromAny(which, cnp.NPY_INT, 1, 1)
        self.alive += [flat, weight, source]
        made.taps, made.fold = len(weights), fold
        made.places = <Py_ssize_t*> cnp.PyArray_DATA(flat)
        made.weights = cnp.PyArray_DATA(weight)
        made.lines = <int*> cnp.PyArray_DATA(source)
        self.most_taps = max(self.most_taps, made.taps)
        return made

    cdef pair_row shortcut(self) noexcept:
        if self.blank or self.scaled or self.view != AS_IT_IS or self.narrow != self.wide:
            return NULL
        if self.direct:
            return BOTH_NEAR[self.wide]
        if self.finish == L2 and self.result == self.real:
            return MAGNITUDE_L2_NEAR[self.wide][self.real]
        if self.wide != I16:
            return NULL
        if self.finish == L2 and self.result == U8:
            return <pair_row> l2_picture_near
        if self.finish == L1 and self.result == U8:
            return <pair_row> l1_picture_near
        if self.finish == POLAR and self.result == F32:
            return <pair_row> polar_near
        return NULL

    cdef inline int result_type(self, int k) noexcept nogil:
        return F32 if self.finish == ANGLE or (self.finish == POLAR and k == 1) else self.result

    def small(self, image, out):
        """The finished output for the common case: a native, aligned array with adjacent columns, under a megapixel, and `out` alike or None.

        None for any other. Not for "valid"."""
        cdef cnp.ndarray array, first, second = None
        cdef int ndim
        if not cnp.PyArray_CheckExact(image):
            return None
        array = image
        ndim = cnp.PyArray_NDIM(array)
        if (
            ndim != self.outer + 1 or code_of(cnp.PyArray_TYPE(array)) != self.pixel or not cnp.PyArray_ISBEHAVED_RO(array)
            or cnp.PyArray_STRIDE(array, ndim - 1) != ITEMSIZE[self.pixel] or not 0 < cnp.PyArray_SIZE(array) <= SMALL
        ):
            return None
        if out is None:
            first = cnp.PyArray_EMPTY(ndim, cnp.PyArray_DIMS(array), NUMPY_TYPE[self.result_type(0)], 0)
            if self.results == 2:
                second = cnp.PyArray_EMPTY(ndim, cnp.PyArray_DIMS(array), NUMPY_TYPE[self.result_type(1)], 0)
        elif self.results == 1:
            if not self.fits(out, array, 0):
                return None
            first = out
        elif type(out) is tuple and len(out) == 2 and self.fits(out[0], array, 0) and self.fits(out[1], array, 1) and apart(out[0], out[1]):
            first, second = out
        else:
            return None
        cdef Py_ssize_t columns = cnp.PyArray_DIM(array, ndim - 1)
        self.run(array, first, second, 0, cnp.PyArray_SIZE(array) // columns, 0, columns, False, NULL)
        return first if second is None else (first, second)

    cdef bint fits(self, out, cnp.ndarray image, int k) except -1:
        """Whether `out` can be written in place, as it stands; both must be whole blocks of memory, so that two addresses tell whether they overlap."""
        if not cnp.PyArray_CheckExact(out):
            return False
        cdef cnp.ndarray array = out
        if not (
            cnp.PyArray_ISCARRAY(array) and cnp.PyArray_ISCARRAY_RO(image) and cnp.PyArray_SAMESHAPE(array, image)
            and code_of(cnp.PyArray_TYPE(array)) == self.result_type(k)
        ):
            return False
        return apart(array, image)

    def strip(self, cnp.ndarray image not None, cnp.ndarray first not None, cnp.ndarray second,
              Py_ssize_t row0, Py_ssize_t row1, Py_ssize_t column0, Py_ssize_t column1, bint fresh=False):
        """Rows row0 .. row1 (outer axes flattened), columns column0 .. column1 of the output; gives the range of the derivative when that is the finish.

        `fresh`: the output was allocated for this call. The system clears such memory when it is first touched, so it is in the caches already."""
        cdef double extent[2]
        self.run(image, first, second, row0, row1, column0, column1, fresh, extent)
        return extent[0], extent[1]

    cdef int run(self, cnp.ndarray image, cnp.ndarray first, cnp.ndarray second,
                 Py_ssize_t row0, Py_ssize_t row1, Py_ssize_t column0, Py_ssize_t column1, bint fresh, double* extent) except -1:
        cdef Walk w
        cdef cnp.ndarray other = first if second is None else second
        w.image, w.sizes, w.strides = <char*> cnp.PyArray_DATA(image), <Py_ssize_t*> cnp.PyArray_DIMS(image), <Py_ssize_t*> cnp.PyArray_STRIDES(image)
        w.out[0], w.out_strides[0] = <char*> cnp.PyArray_DATA(first), <Py_ssize_t*> cnp.PyArray_STRIDES(first)
        w.out[1], w.out_strides[1] = <char*> cnp.PyArray_DATA(other), <Py_ssize_t*> cnp.PyArray_STRIDES(other)
        w.out_sizes = <Py_ssize_t*> cnp.PyArray_DIMS(first)
        w.row0, w.row1, w.column0, w.column1 = row0, row1, column0, column1
        w.least, w.most = float("inf"), -float("inf")
        w.large = cnp.PyArray_NBYTES(first) >= LARGE
        w.streams = w.large and not fresh and (self.finish == EACH or self.finish == L1)
        w.seamless = cnp.PyArray_IS_C_CONTIGUOUS(first) and cnp.PyArray_IS_C_CONTIGUOUS(other) and column1 - column0 == w.out_sizes[self.outer]
        w.waiting[0] = w.waiting[1] = 0
        with nogil:
            if not self.prepare(&w):
                raise MemoryError("no memory for the rows of one tile")
            self.walk(&w)
            free(w.scratch)
        if extent is not NULL:
            extent[0], extent[1] = w.least, w.most
        return 0

    cdef bint prepare(self, Walk* w) noexcept nogil:
        """Room for the rows of one tile; False if there is no memory. Whoever walks frees w.scratch."""
        cdef Py_ssize_t k, byte
        w.tile = min(self.tile, max(w.column1 - w.column0, 1))
        w.part = PART_BYTES // (self.results * ITEMSIZE[self.result_type(0)]) if w.streams else w.tile
        cdef Py_ssize_t reached = w.tile + self.left + self.right, row = w.tile * 8 + 64
        cdef Py_ssize_t constant_bytes = reached * ITEMSIZE[self.pixel] if self.border == CONSTANT else 0
        w.line_bytes = (reached * ITEMSIZE[self.narrow] + 127) // 64 * 64
        w.scratch = <char*> malloc(2 * self.most_taps * sizeof(void*) + 128 + self.lines * w.line_bytes + 5 * row + constant_bytes)
        if w.scratch is NULL:
            return False
        w.pointers = <const char**> aligned(w.scratch)
        w.bases = w.pointers + self.most_taps
        w.room = aligned(<char*> (w.bases + self.most_taps))
        w.derivative[0] = w.room + self.lines * w.line_bytes
        w.derivative[1] = w.derivative[0] + row
        w.real = w.derivative[1] + row
        w.ready[0] = w.real + row
        w.ready[1] = w.ready[0] + row
        w.constant = w.ready[1] + row
        for k in range(constant_bytes // ITEMSIZE[self.pixel]):
            for byte in range(ITEMSIZE[self.pixel]):
                w.constant[k * ITEMSIZE[self.pixel] + byte] = self.cval[byte]
        return True

    cdef void walk(self, Walk* w) noexcept nogil:
        cdef Py_ssize_t row, column, rest = w.row0
        cdef int axis
        for axis in range(self.outer - 1, -1, -1):
            w.index[axis] = rest % w.out_sizes[axis]
            rest = rest // w.out_sizes[axis]
        for row in range(w.row0, w.row1):
            w.last = not w.seamless or row == w.row1 - 1
            column = w.column0
            while column < w.column1:
                w.column = column
                w.width = min(w.tile, w.column1 - column)
                w.begin = column + self.origin[self.outer] - self.left
                w.low = max(w.begin, 0)
                w.high = min(w.begin + self.left + w.width + self.right, w.sizes[self.outer])
                w.lines = w.room + (64 - (w.low - w.begin) * ITEMSIZE[self.narrow] % 64) % 64
                self.one_tile(w)
                column += w.tile
            for axis in range(self.outer - 1, -1, -1):
                w.index[axis] += 1
                if w.index[axis] < w.out_sizes[axis]:
                    break
                w.index[axis] = 0
        if w.streams:
            edgecalc_streamed()

    cdef void one_tile(self, Walk* w) noexcept nogil:
        cdef int k, axis
        cdef Py_ssize_t inside_at = (w.low - w.begin) * ITEMSIZE[self.narrow]
        cdef char* place[2]
        for k in range(2):
            place[k] = w.out[k] + w.column * ITEMSIZE[self.result_type(k)]
            for axis in range(self.outer):
                place[k] += w.index[axis] * w.out_strides[k][axis]
        if self.joint is not NULL or self.vertical:
            self.locate(w, &self.line[0])
        if self.joint is not NULL:
            self.joint(<const void**> w.pointers, self.line[0].weights, w.lines + inside_at, w.lines + w.line_bytes + inside_at, w.high - w.low)
        if not self.vertical:
            for k in range(self.lines):
                self.vertical_half(w, &self.line[k], w.lines + k * w.line_bytes)
        w.at, w.count = 0, w.part
        if w.streams:                               # each part but the first starts on a cache line
            w.count -= <Py_ssize_t> (<size_t> place[0] % 64) // ITEMSIZE[self.result_type(0)]
        w.count = min(w.count, w.width)
        while w.count > 0:
            self.one_part(w, place)
            for k in range(self.results):
                place[k] += w.count * ITEMSIZE[self.result_type(k)]
            w.at += w.count
            w.count = min(w.part, w.width - w.at)

    cdef void one_part(self, Walk* w, char** place) noexcept nogil:
        cdef int k
        cdef char* target[2]
        cdef char* derivative[2]
        cdef char* lines = w.lines + (self.left + w.at) * ITEMSIZE[self.narrow]
        for k in range(2):
            target[k] = w.ready[k] + w.waiting[k] if w.streams else place[k]
            derivative[k] = target[k] if self.direct else w.derivative[k]
        if self.near is not NULL:
            self.near(lines, lines + w.line_bytes, self.side, self.mid, target[0], target[1], w.count)
        else:
            for k in range(self.outputs):
                if self.vertical:
                    self.combined(w, &self.line[0], derivative[0])
                else:
                    self.horizontal_half(w, &self.output[k], lines, derivative[k])
                if self.blank:
                    self.blank_ends(w, k, derivative[k])
            if not self.direct:
                self.finish_row(w, derivative, target)
        if w.streams:
            for k in range(self.results):
                w.waiting[k] = edgecalc_stream(
                    place[k] - w.waiting[k], w.ready[k], w.waiting[k] + w.count * ITEMSIZE[self.result_type(k)],
                    w.last and w.column + w.at + w.count == w.column1,
                )

    cdef void locate(self, Walk* w, Combination* c) noexcept nogil:
        """Where the rows of a line lie: `bases` their beginnings, NULL for the constant, `pointers` their first columns for this tile."""
        cdef int tap, axis
        cdef Py_ssize_t position
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
            w.pointers[tap] = <const char*> w.constant if place is NULL else place + w.low * ITEMSIZE[self.pixel]
        if w.large:
            edgecalc_fetch(w.pointers[c.taps - 1] + w.tile * ITEMSIZE[self.pixel], w.tile * ITEMSIZE[self.pixel])

    cdef void vertical_half(self, Walk* w, Combination* c, char* line) noexcept nogil:
        """line = the weighted sum of rows, for the columns of this tile and those that its stencil reaches on either side."""
        cdef Py_ssize_t column, narrow = ITEMSIZE[self.narrow], end = w.begin + self.left + w.width + self.right
        if self.joint is not NULL and w.low == w.begin and w.high == end:
            return
        self.locate(w, c)
        if self.joint is NULL:
            COMBINE[self.pixel][self.narrow](<const void**> w.pointers, c.weights, c.fold, c.taps, line + (w.low - w.begin) * narrow, w.high - w.low)
        for column in range(w.begin, w.low):
            self.outside(w, c, line, column)
        for column in range(w.high, end):
            self.outside(w, c, line, column)

    cdef void outside(self, Walk* w, Combination* c, char* line, Py_ssize_t column) noexcept nogil:
        """One number of a line beyond the left or right side of the image."""
        cdef Py_ssize_t narrow = ITEMSIZE[self.narrow], stand_in = inside(column, w.sizes[self.outer], self.border)
        cdef int tap
        cdef char* target = line + (column - w.begin) * narrow
        if w.low <= stand_in < w.high:
            copy_one(target, line + (stand_in - w.begin) * narrow, narrow)
            return
        for tap in range(c.taps):
            if w.bases[tap] is NULL or stand_in < 0:
                w.pointers[tap] = w.constant
            else:
                w.pointers[tap] = w.bases[tap] + stand_in * ITEMSIZE[self.pixel]
        COMBINE[self.pixel][self.narrow](<const void**> w.pointers, c.weights, c.fold, c.taps, target, 1)

    cdef void horizontal_half(self, Walk* w, Combination* c, const char* lines, char* derivative) noexcept nogil:
        cdef int tap
        for tap in range(c.taps):
            w.pointers[tap] = lines + c.lines[tap] * w.line_bytes + c.places[tap] * ITEMSIZE[self.narrow]
        ACROSS[self.narrow][self.wide](<const void**> w.pointers, c.weights, c.fold, c.taps, derivative, w.count)

    cdef void combined(self, Walk* w, Combination* c, char* derivative) noexcept nogil:
        """The derivative where rows alone make it: nothing lies between the image and it."""
        cdef int tap
        COMBINE[self.pixel][self.wide](<const void**> w.pointers, c.weights, c.fold, c.taps, derivative, w.count)
        for tap in range(c.taps):
            w.pointers[tap] += w.count * ITEMSIZE[self.pixel]

    cdef void blank_ends(self, Walk* w, int k, char* derivative) noexcept nogil:
        """0 where the stencil leaves the image."""
        cdef int axis
        cdef Py_ssize_t wide = ITEMSIZE[self.wide]
        cdef Py_ssize_t column = w.column + w.at
        cdef Py_ssize_t last = w.sizes[self.outer] - self.after[k][self.outer] - column, first = self.before[k][self.outer] - column
        for axis in range(self.outer):
            if not self.before[k][axis] <= w.index[axis] < w.sizes[axis] - self.after[k][axis]:
                first = w.count
        first, last = min(max(first, 0), w.count), min(max(last, 0), w.count)
        memset(derivative, 0, first * wide)
        memset(derivative + last * wide, 0, (w.count - last) * wide)

    cdef void finish_row(self, Walk* w, char** derivative, char** target) noexcept nogil:
        cdef int k
        if self.finish == LEAST_AND_MOST:
            EXTENT[self.wide](derivative[0], &w.least, &w.most, w.count)
        elif self.finish == EACH:
            for k in range(self.outputs):
                self.view_row(w, self.wide, derivative[k], target[k])
        elif self.finish == ANGLE:
            self.angle_row(w, derivative, target[0])
        else:
            if self.finish == POLAR:
                self.angle_row(w, derivative, target[1])
            if self.finish == L1:
                MAGNITUDE_L1[self.wide][self.real](derivative[0], derivative[1], 0, 0, w.real, NULL, w.count)
            else:
                MAGNITUDE_L2[self.wide][self.real](derivative[0], derivative[1], 0, 0, w.real, NULL, w.count)
            self.view_row(w, self.real, w.real, target[0])

    cdef void angle_row(self, Walk* w, char** derivative, char* target) noexcept nogil:
        cdef int real = F32 if self.wide == I16 or self.wide == F32 else F64
        ORIENTATION[self.wide][real](derivative[0], derivative[1], 0, 0, w.real, NULL, w.count)
        CAST[real][F32](w.real, target, w.count)

    cdef void view_row(self, Walk* w, int wide, char* row, char* target) noexcept nogil:
        if not self.scaled and self.view == AS_IT_IS:
            CAST[wide][self.result](row, target, w.count)
        elif not self.scaled and self.view == MAGNITUDE and self.result == U8 and MAGNITUDE_PICTURE[wide] is not NULL:
            MAGNITUDE_PICTURE[wide](row, target, w.count)
        elif not self.scaled and self.view == SHIFT and self.result == U8 and SHIFT_PICTURE[wide] is not NULL:
            SHIFT_PICTURE[wide](row, target, w.count)
        elif self.view == AS_IT_IS and self.result == self.real:
            AFFINE[wide][self.real](row, self.base, 1, self.unit, target, w.count)
        else:
            AFFINE[wide][self.real](row, self.base, 255 if self.view == SCALE else 1, self.unit, w.real, w.count)
            if self.view != AS_IT_IS:
                PICTURE[self.real](w.real, self.view, self.view == SHIFT and self.result == U8, w.count)
            CAST[self.real][self.result](w.real, target, w.count)
