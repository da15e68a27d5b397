# Which sample stands at a position outside 0 .. size-1.
#
#     reflect   c b | a b c d | c b      edge  a a | a b c d | d d
#     symmetric b a | a b c d | d c      wrap  c d | a b c d | a b      constant  k k | a b c d | k k

cdef enum:
    REFLECT = 0
    SYMMETRIC = 1
    EDGE = 2
    WRAP = 3
    CONSTANT = 4


cdef Py_ssize_t inside(Py_ssize_t position, Py_ssize_t size, int border) noexcept nogil:
    """The index of the sample that stands at `position`; -1 means the constant."""
    cdef Py_ssize_t period
    if 0 <= position < size:
        return position
    if border == CONSTANT:
        return -1
    if border == EDGE or size == 1:
        return 0 if position < 0 else size - 1
    if border == REFLECT:
        period = 2 * size - 2
    elif border == SYMMETRIC:
        period = 2 * size
    else:
        period = size
    position = position % period
    if position < 0:
        position = position + period
    if position >= size:                         # on the way back of a mirror
        position = period - position if border == REFLECT else period - 1 - position
    return position
