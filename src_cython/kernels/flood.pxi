# Hysteresis on maps of one bit a pixel: edges grow from strong pixels through adjacent candidates, in all eight directions.
#
#     row of pixels   | 64 pixels: one word | ... | last word | 0 |      a word of zeros ends each row, and one stands before the first
#
# A row is grown from the row above it as soon as it is known, 64 pixels at a time. What that leaves open above goes on a
# stack of words; each word is on it at most once, so it cannot outgrow the map.

cdef extern from *:
    """
    #include <stdint.h>
    #include <string.h>
    #if defined(__SSE2__)
    #include <immintrin.h>
    #endif
    /* The two lowest bits of 64 bytes, as two words. */
    static void edgecalc_pack(const uint8_t *bytes, uint64_t *first, uint64_t *second) {
    #if defined(__AVX512BW__)
        __m512i all = _mm512_loadu_si512((const void *) bytes);
        *first = _mm512_test_epi8_mask(all, _mm512_set1_epi8(1));
        *second = _mm512_test_epi8_mask(all, _mm512_set1_epi8(2));
    #elif defined(__SSE2__)
        uint64_t a = 0, b = 0;
        for (int k = 0; k < 64; k += 16) {
            __m128i some = _mm_loadu_si128((const __m128i *) (bytes + k));
            a |= (uint64_t) (uint16_t) _mm_movemask_epi8(_mm_slli_epi16(some, 7)) << k;
            b |= (uint64_t) (uint16_t) _mm_movemask_epi8(_mm_slli_epi16(some, 6)) << k;
        }
        *first = a; *second = b;
    #else
        *first = *second = 0;
        for (int k = 0; k < 64; k++) {
            *first |= (uint64_t) (bytes[k] & 1) << k;
            *second |= (uint64_t) (bytes[k] >> 1 & 1) << k;
        }
    #endif
    }
    """
    void edgecalc_pack(const uint8_t* bytes, uint64_t* first, uint64_t* second) noexcept nogil

from libc.stdlib cimport realloc
from libc.string cimport memcpy

cdef uint64_t ONE = 1
cdef uint8_t[256][8] SPREAD                 # eight pixels of the picture, 0 or 255, for each eight bits
for _byte in range(256):
    for _bit in range(8):
        SPREAD[_byte][_bit] = 255 if _byte >> _bit & 1 else 0


cdef struct Flood:
    # the part of a map that is grown: whole rows, words `first` to `last`
    const uint64_t* candidates
    uint64_t* edges
    uint8_t* waiting                        # whether a word is on the stack
    Py_ssize_t stride                       # words a row
    Py_ssize_t first, last
    Py_ssize_t* stack
    Py_ssize_t used, room
    bint failed                             # no memory for the stack


cdef inline uint64_t beside(uint64_t bits) noexcept nogil:
    """Each pixel and its neighbours left and right, within the word."""
    return bits | bits << 1 | bits >> 1


cdef inline uint64_t filled(uint64_t can, uint64_t seeds) noexcept nogil:
    """Every run of candidates that holds a seed. Adding the seeds lets a carry ripple up each run; down it goes in doubling steps."""
    cdef uint64_t grown = seeds | (can & ~(can + seeds)), through
    if can & (grown >> 1) & ~grown:
        through = can
        grown |= through & grown >> 1
        through &= through >> 1
        grown |= through & grown >> 2
        through &= through >> 2
        grown |= through & grown >> 4
        through &= through >> 4
        grown |= through & grown >> 8
        through &= through >> 8
        grown |= through & grown >> 16
        through &= through >> 16
        grown |= through & grown >> 32
    return grown


cdef void push(Flood* f, Py_ssize_t place) noexcept nogil:
    cdef Py_ssize_t* larger
    if f.waiting[place]:
        return
    if f.used == f.room:
        larger = <Py_ssize_t*> realloc(f.stack, 2 * (f.room + 512) * sizeof(Py_ssize_t))
        if larger is NULL:
            f.failed = True
            return
        f.stack, f.room = larger, 2 * (f.room + 512)
    f.waiting[place] = 1
    f.stack[f.used] = place
    f.used += 1


cdef inline void reach(Flood* f, Py_ssize_t place, uint64_t bits) noexcept nogil:
    cdef uint64_t fresh = f.candidates[place] & bits & ~f.edges[place]
    if fresh:
        f.edges[place] = filled(f.candidates[place], f.edges[place] | fresh)
        push(f, place)


cdef void reach_row(Flood* f, Py_ssize_t place, uint64_t here) noexcept nogil:
    reach(f, place, beside(here))
    if here & 1:
        reach(f, place - 1, ONE << 63)
    if here >> 63:
        reach(f, place + 1, 1)


cdef void drain(Flood* f, Py_ssize_t last) noexcept nogil:
    """Grow the waiting words, within the rows before `last`."""
    cdef Py_ssize_t place
    cdef uint64_t here
    while f.used:
        f.used -= 1
        place = f.stack[f.used]
        f.waiting[place] = 0
        here = f.edges[place]
        if here & 1:
            reach(f, place - 1, ONE << 63)
        if here >> 63:
            reach(f, place + 1, 1)
        if place - f.stride >= f.first:
            reach_row(f, place - f.stride, here)
        if place + f.stride < last:
            reach_row(f, place + f.stride, here)


cdef inline uint64_t around(const uint64_t* row, Py_ssize_t k) noexcept nogil:
    """What the pixels of word k touch in another row."""
    return beside(row[k]) | row[k - 1] >> 63 | row[k + 1] << 63


cdef void grow_row(Flood* f, Py_ssize_t start) noexcept nogil:
    """Grow the row that begins at word `start` from itself and from the row above, then the rows above from it."""
    cdef const uint64_t* can = f.candidates + start
    cdef uint64_t* edges = f.edges + start
    cdef bint top = start == f.first
    cdef const uint64_t* above = edges - f.stride
    cdef const uint64_t* can_above = can - f.stride
    cdef Py_ssize_t k, back
    cdef uint64_t seeds
    for k in range(f.stride - 1):
        if can[k] == 0:
            continue
        seeds = edges[k] | (can[k] & edges[k - 1] >> 63)
        if not top:
            seeds |= can[k] & around(above, k)
        if seeds == 0:
            continue
        edges[k] = filled(can[k], seeds)
        back = k
        while edges[back] & 1 and can[back - 1] & ~edges[back - 1] & ONE << 63:
            back -= 1
            edges[back] = filled(can[back], edges[back] | ONE << 63)
    if top:
        return
    for k in range(f.stride - 1):
        if can_above[k] & ~above[k] and can_above[k] & ~above[k] & around(edges, k):
            reach(f, start - f.stride + k, around(edges, k))
    if f.used:
        drain(f, start + f.stride)
