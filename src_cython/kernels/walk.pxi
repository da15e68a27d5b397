# What a walk over an image needs: what a line and an output are made of, and where the rows between image and output are kept.

cdef enum:
    EACH = 0                # every derivative to its own output
    L2 = 1                  # two derivatives to their magnitude
    L1 = 2
    ANGLE = 3
    POLAR = 4               # magnitude and orientation
    LEAST_AND_MOST = 5      # nothing is written: the range of the derivative

    TILE_BYTES = 4096       # of one row of the image
    WIDE_BYTES = 16384      # of one row of wide numbers
    PART_BYTES = 2048       # of the outputs, where they go past the caches: as much as the processor holds back while it computes
    MOST_LINES = 8
    SMALL = 1 << 20         # pixels: larger images are worth a second thread
    LARGE = 1 << 23         # bytes: outputs as large go past the caches, unless a root or an angle keeps the processor busy between two stores

cdef struct Combination:
    int taps
    int fold
    Py_ssize_t* places      # a line's: an offset per outer axis for each tap; an output's: a column offset for each tap
    int* lines              # an output's: the line that each tap reads
    void* weights

cdef struct Walk:
    # one call of run: where image and outputs lie, which part is wanted, where the rows between them are kept
    const char* image
    const Py_ssize_t* sizes
    const Py_ssize_t* strides
    char* out[2]
    const Py_ssize_t* out_strides[2]
    const Py_ssize_t* out_sizes
    Py_ssize_t row0, row1, column0, column1, tile
    bint large                      # rows are fetched a tile ahead
    bint streams                    # parts of rows are made in `ready`, then copied past the caches
    bint seamless                   # where one row of the output ends, the next begins
    Py_ssize_t index[32]            # of the row in work, along each outer axis
    Py_ssize_t column, width        # of the tile in work: its first column, how many
    Py_ssize_t at, count, part      # of its part in work: the first column within the tile, how many, and at most
    Py_ssize_t begin, low, high     # the image's columns that its lines cover: wanted from, inside from, inside to
    char* scratch                   # holds all that follows
    const char** pointers
    const char** bases
    char* room                      # for the lines
    char* lines                     # the first of them, placed so that what is written to it starts on a cache line
    Py_ssize_t line_bytes
    char* derivative[2]
    char* real
    char* ready[2]
    Py_ssize_t waiting[2]           # bytes at the front of `ready`: of a cache line that the next part completes
    bint last                       # row: no other completes the line that it ends in
    char* constant
    double least, most


cdef inline char* aligned(char* place) noexcept nogil:
    return place + (64 - <size_t> place % 64) % 64


cdef inline void copy_one(char* target, const char* source, Py_ssize_t size) noexcept nogil:
    if size == 2:
        (<int16_t*> target)[0] = (<const int16_t*> source)[0]
    elif size == 4:
        (<int32_t*> target)[0] = (<const int32_t*> source)[0]
    else:
        (<int64_t*> target)[0] = (<const int64_t*> source)[0]


cdef bint apart(cnp.ndarray one, cnp.ndarray other):
    """Whether two whole blocks of memory do not overlap."""
    cdef char* first = <char*> cnp.PyArray_DATA(one)
    cdef char* second = <char*> cnp.PyArray_DATA(other)
    return first + cnp.PyArray_NBYTES(one) <= second or second + cnp.PyArray_NBYTES(other) <= first


cdef bint three_rows(lines):
    """Whether the lines are a mirrored sum of three rows and the difference of the outer two."""
    (fold, places, _), (other_fold, other_places, other_weights) = lines
    around = ((-1,), (0,), (1,))
    return fold == SUM and tuple(places) == around and other_fold == DIFFERENCE and tuple(other_places) == around[::2] and other_weights[1] == 1
