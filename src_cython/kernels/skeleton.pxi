# Thinning: pixels that a rule lets go are taken away, in two turns by turns, until none is left that it lets go.
#
# After a first look at all pixels, a turn looks only at those whose neighbours have changed since it last did.
#
# IN: bytes, bit 0 of each says whether the pixel is set, with a frame of zeros   OUT: the same, thinned
from libc.stdlib cimport realloc

cdef enum:
    SET = 1                     # of a pixel; beside it, WAITS << turn: it stands in the turn's list
    WAITS = 2

cdef struct Places:
    Py_ssize_t* each
    Py_ssize_t count, room


cdef inline bint noted(Places* places, Py_ssize_t place) noexcept nogil:
    """False if there is no memory for one more."""
    cdef Py_ssize_t* larger
    if places.count == places.room:
        larger = <Py_ssize_t*> realloc(places.each, (2 * places.room + 1024) * sizeof(Py_ssize_t))
        if larger is NULL:
            return False
        places.each, places.room = larger, 2 * places.room + 1024
    places.each[places.count] = place
    places.count += 1
    return True


cdef inline bint goes(const uint8_t* pixel, const Py_ssize_t* steps, const uint8_t* rule) noexcept nogil:
    cdef int k, code = 0
    for k in range(8):
        code |= (pixel[steps[k]] & SET) << k
    return pixel[0] & SET and rule[code]


cdef bint look(uint8_t* pixels, Py_ssize_t size, const Py_ssize_t* steps, const uint8_t* rule, int turn, bint all, Places* waiting, Places* gone) noexcept nogil:
    """Which pixels the rule lets go: of all, or of those that wait for this turn."""
    cdef Py_ssize_t k
    gone.count = 0
    for k in range(waiting.count):
        pixels[waiting.each[k]] &= <uint8_t> ~(WAITS << turn)
        if not all and goes(pixels + waiting.each[k], steps, rule) and not noted(gone, waiting.each[k]):
            return False
    waiting.count = 0
    for k in range(-steps[3], size + steps[3] if all else 0):
        if goes(pixels + k, steps, rule) and not noted(gone, k):
            return False
    return True


cdef bint take_away(uint8_t* pixels, const Py_ssize_t* steps, const Places* gone, Places* waiting) noexcept nogil:
    cdef Py_ssize_t j, near
    cdef int k, turn
    for j in range(gone.count):
        pixels[gone.each[j]] &= <uint8_t> ~SET
    for j in range(gone.count):
        for k in range(8):
            near = gone.each[j] + steps[k]
            for turn in range(2):
                if pixels[near] & (SET | WAITS << turn) == SET:
                    pixels[near] |= <uint8_t> (WAITS << turn)
                    if not noted(waiting + turn, near):
                        return False
    return True


def skeleton(cnp.ndarray padded not None, cnp.ndarray steps not None, cnp.ndarray rules not None):
    """Thins `padded` in place by `rules`, two of 256 bytes: whether a pixel goes whose neighbours, at `steps`, are the bits of the index."""
    cdef Places waiting[2]
    cdef Places gone
    cdef uint8_t* pixels = <uint8_t*> cnp.PyArray_DATA(padded)
    cdef const Py_ssize_t* around = <const Py_ssize_t*> cnp.PyArray_DATA(steps)
    cdef const uint8_t* rule = <const uint8_t*> cnp.PyArray_DATA(rules)
    cdef Py_ssize_t k, size = cnp.PyArray_SIZE(padded)
    cdef int turn = 0
    cdef bint all = True, done = True
    memset(&gone, 0, sizeof(gone))
    memset(waiting, 0, sizeof(waiting))
    with nogil:
        while done and (all or waiting[0].count or waiting[1].count):
            done = look(pixels, size, around, rule + 256 * turn, turn, all, waiting + turn, &gone) and take_away(pixels, around, &gone, waiting)
            all = all and turn == 0
            turn = 1 - turn
        for k in range(size):
            pixels[k] &= SET
        free(waiting[0].each)
        free(waiting[1].each)
        free(gone.each)
    if not done:
        raise MemoryError(f"no memory for the places where {padded.shape[0]} x {padded.shape[1]} pixels are thinned")
