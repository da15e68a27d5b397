# Canny in one walk down the image: three rows of derivatives and lengths are kept, the middle one is thinned, packed into
# a map of bits, and grown at once.
#
#     row y+1   x, y, length      <- the plan, or rows that the caller brought
#     row y     x, y, length      -> thinned -> packed -> grown
#     row y-1         length
#
# IN: arrays that edgecalc.core has checked   OUT: a map; strips of rows can be made by any number of threads, and joined at their seams
from libc.stdlib cimport calloc

cdef Py_ssize_t[1] SAME_ROW = [0]           # an output whose rows all lie in one place

cdef struct Strip:
    # one call of thin: what is read, and the rows that are kept
    Walk walk
    const char* image
    Py_ssize_t channels, channel_bytes
    const char* given[2]                    # derivatives that the caller brought, or NULL
    Py_ssize_t given_bytes[2]               # from row to row
    const uint8_t* unknown                    # or NULL
    Py_ssize_t unknown_bytes
    Py_ssize_t row0, row1, top              # `top`: the image's row that the first of `image` is
    int kind
    bint squares
    double low, high
    char* scratch
    char* x[4]                              # three rows in turn, and one for a further channel
    char* y[4]
    char* length[4]
    uint8_t* thinned


@cython.final
cdef class EdgeMap:
    """EdgeMap(rows, columns): the candidates and the edges of an image, two bits for each pixel."""

    cdef readonly Py_ssize_t rows, columns
    cdef Py_ssize_t stride, words
    cdef uint64_t* candidates
    cdef uint64_t* edges
    cdef uint8_t* waiting

    def __cinit__(self, Py_ssize_t rows, Py_ssize_t columns):
        self.rows, self.columns = rows, columns
        self.stride = (columns + 63) // 64 + 1
        self.words = rows * self.stride + 1
        self.candidates = <uint64_t*> calloc(self.words, sizeof(uint64_t))
        self.edges = <uint64_t*> calloc(self.words, sizeof(uint64_t))
        self.waiting = <uint8_t*> calloc(self.words, 1)
        if self.candidates is NULL or self.edges is NULL or self.waiting is NULL:
            raise MemoryError(f"no memory for the edges of {rows} x {columns} pixels")

    def __dealloc__(self):
        free(self.candidates)
        free(self.edges)
        free(self.waiting)

    def thin(self, Plan plan, cnp.ndarray first not None, cnp.ndarray second, cnp.ndarray unknown, int kind, bint squares,
             double low, double high, Py_ssize_t row0, Py_ssize_t row1, Py_ssize_t top=0):
        """Find and grow the edges of rows row0 .. row1: of the channels in `first`, by `plan`, whose first row is the image's row `top`;
        or of the derivatives `first` and `second`."""
        cdef Strip s
        self.check(row0, row1)
        cdef Flood f = self.flood(row0, row1)
        cdef bint enough
        if LENGTH[kind][squares] is NULL:
            raise TypeError(f"no kernel thins derivatives of type {kind}")
        s.row0, s.row1, s.top, s.kind, s.squares, s.low, s.high = row0, row1, top, kind, squares, low, high
        s.unknown, s.channels, s.walk.scratch = NULL, 1, NULL
        if unknown is not None:
            s.unknown, s.unknown_bytes = <const uint8_t*> cnp.PyArray_DATA(unknown), cnp.PyArray_STRIDE(unknown, 0)
        if plan is None:
            s.given[0], s.given_bytes[0] = <const char*> cnp.PyArray_DATA(first), cnp.PyArray_STRIDE(first, 0)
            s.given[1], s.given_bytes[1] = <const char*> cnp.PyArray_DATA(second), cnp.PyArray_STRIDE(second, 0)
        else:
            s.image, s.channels, s.channel_bytes = <const char*> cnp.PyArray_DATA(first), cnp.PyArray_DIM(first, 0), cnp.PyArray_STRIDE(first, 0)
            s.walk.sizes, s.walk.strides = <Py_ssize_t*> cnp.PyArray_DIMS(first) + 1, <Py_ssize_t*> cnp.PyArray_STRIDES(first) + 1
            s.walk.out_sizes, s.walk.out_strides[0], s.walk.out_strides[1] = s.walk.sizes, SAME_ROW, SAME_ROW
            s.walk.column0, s.walk.column1, s.walk.large, s.walk.streams = 0, self.columns, False, False
        with nogil:
            enough = self.open(&s) and (plan is None or plan.prepare(&s.walk))
            if enough:
                self.walk(plan, &s, &f)
            free(s.scratch)
            free(s.walk.scratch)
            free(f.stack)
        if f.failed or not enough:
            raise MemoryError("no memory for the rows of one strip")

    cdef Flood flood(self, Py_ssize_t row0, Py_ssize_t row1) noexcept nogil:
        cdef Flood f
        f.candidates, f.edges, f.waiting, f.stride = self.candidates, self.edges, self.waiting, self.stride
        f.first, f.last = self.start(row0), self.start(row1)
        f.stack, f.used, f.room, f.failed = NULL, 0, 0, False
        return f

    cdef int check(self, Py_ssize_t row0, Py_ssize_t row1) except -1:
        if not 0 <= row0 <= row1 <= self.rows:
            raise IndexError(f"rows {row0} to {row1} of {self.rows}")
        return 0

    cdef inline Py_ssize_t start(self, Py_ssize_t row) noexcept nogil:
        return row * self.stride + 1

    cdef bint open(self, Strip* s) noexcept nogil:
        """Room for the rows, with zeros beside the lengths and behind the thinned pixels."""
        cdef Py_ssize_t k, row = (self.columns * ITEMSIZE[s.kind] + 127) // 64 * 64, lengths = (self.columns + 2) * sizeof(double) // 64 * 64 + 128
        s.scratch = <char*> calloc(8 * row + 4 * lengths + 64 * self.stride + 64, 1)
        if s.scratch is NULL:
            return False
        cdef char* place = aligned(s.scratch)
        for k in range(4):
            s.x[k], s.y[k], s.length[k] = place, place + row, place + 2 * row + 64
            place = place + 2 * row + lengths
        s.thinned = <uint8_t*> place
        return True

    cdef void walk(self, Plan plan, Strip* s, Flood* f) noexcept nogil:
        cdef Py_ssize_t row, k
        cdef uint64_t* can
        cdef uint64_t* edges
        self.lengths(plan, s, s.row0 - 1)
        self.lengths(plan, s, s.row0)
        for row in range(s.row0, s.row1):
            self.lengths(plan, s, row + 1)
            k = row % 3
            THIN[s.kind][s.squares](s.x[k], s.y[k], s.length[(row + 2) % 3], s.length[k], s.length[(row + 1) % 3], s.low, s.high, s.thinned, self.columns)
            can, edges = self.candidates + self.start(row), self.edges + self.start(row)
            for k in range(self.stride - 1):
                edgecalc_pack(s.thinned + 64 * k, can + k, edges + k)
            grow_row(f, self.start(row))

    cdef void lengths(self, Plan plan, Strip* s, Py_ssize_t row) noexcept nogil:
        """The derivatives of a row and their lengths; outside the image all lengths are 0."""
        cdef Py_ssize_t channel, k = (row + 3) % 3
        if not 0 <= row < self.rows:
            memset(s.length[k] - 64, 0, (self.columns + 2) * sizeof(double) // 64 * 64 + 128)
            return
        if plan is None:
            memcpy(s.x[k], s.given[0] + row * s.given_bytes[0], self.columns * ITEMSIZE[s.kind])
            memcpy(s.y[k], s.given[1] + row * s.given_bytes[1], self.columns * ITEMSIZE[s.kind])
            LENGTH[s.kind][s.squares](s.x[k], s.y[k], s.length[k], self.columns)
        else:
            self.channel(plan, s, row, 0, k)
        for channel in range(1, s.channels):
            self.channel(plan, s, row, channel, 3)
            STRONGEST[s.kind][s.squares](s.x[3], s.y[3], s.length[3], s.x[k], s.y[k], s.length[k], self.columns)
        if s.unknown is not NULL:
            MASKED[s.kind][s.squares](s.length[k], s.unknown + row * s.unknown_bytes, self.columns)

    cdef void channel(self, Plan plan, Strip* s, Py_ssize_t row, Py_ssize_t channel, Py_ssize_t k) noexcept nogil:
        s.walk.image = s.image + channel * s.channel_bytes
        s.walk.row0, s.walk.row1, s.walk.out[0], s.walk.out[1] = row - s.top, row - s.top + 1, s.x[k], s.y[k]
        plan.walk(&s.walk)
        LENGTH[s.kind][s.squares](s.x[k], s.y[k], s.length[k], self.columns)

    def grow(self, cnp.ndarray marks not None, Py_ssize_t row0, Py_ssize_t row1):
        """Grow the edges of rows row0 .. row1 from `marks`: 0, CANDIDATE or CANDIDATE | STRONG for each pixel."""
        self.check(row0, row1)
        cdef Flood f = self.flood(row0, row1)
        cdef const uint8_t* place
        cdef uint8_t[64] last
        cdef Py_ssize_t row, k, whole = self.columns // 64, rest = self.columns % 64
        cdef uint64_t* can
        cdef uint64_t* edges
        with nogil:
            memset(last, 0, 64)
            for row in range(row0, row1):
                place = <const uint8_t*> cnp.PyArray_DATA(marks) + row * cnp.PyArray_STRIDE(marks, 0)
                can, edges = self.candidates + self.start(row), self.edges + self.start(row)
                for k in range(whole):
                    edgecalc_pack(place + 64 * k, can + k, edges + k)
                if rest:
                    memcpy(last, place + 64 * whole, rest)
                    edgecalc_pack(last, can + whole, edges + whole)
                grow_row(&f, self.start(row))
            free(f.stack)
        if f.failed:
            raise MemoryError("no memory for the edges of one strip")

    def join(self, seams):
        """Grow edges across the seams, each the first row of a strip."""
        cdef Flood f = self.flood(0, self.rows)
        cdef Py_ssize_t row, k
        for row in seams:
            self.check(row, row + 1)
            if row == 0:
                continue
            for k in range(self.start(row), self.start(row + 1) - 1):
                reach(&f, k, around(self.edges, k - self.stride))
                reach(&f, k - self.stride, around(self.edges, k))
        with nogil:
            drain(&f, f.last)
            free(f.stack)
        if f.failed:
            raise MemoryError("no memory for the edges that cross strips")

    def write(self, cnp.ndarray out not None, bint candidates, Py_ssize_t row0, Py_ssize_t row1):
        """Rows row0 .. row1 as a picture: 255 for an edge (or a candidate), else 0."""
        cdef Py_ssize_t row
        cdef const uint64_t* bits = self.candidates if candidates else self.edges
        self.check(row0, row1)
        with nogil:
            for row in range(row0, row1):
                spread(bits + self.start(row), <uint8_t*> cnp.PyArray_DATA(out) + row * cnp.PyArray_STRIDE(out, 0), self.columns)


cdef void spread(const uint64_t* bits, uint8_t* out, Py_ssize_t count) noexcept nogil:
    cdef Py_ssize_t k, j
    cdef uint64_t word
    for k in range(count // 64):
        word = bits[k]
        for j in range(8):
            memcpy(out + 64 * k + 8 * j, SPREAD[word >> 8 * j & 255], 8)
    for j in range(count // 64 * 64, count):
        out[j] = 255 if bits[j // 64] >> j % 64 & 1 else 0
