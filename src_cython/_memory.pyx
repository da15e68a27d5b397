# cython: language_level=3
"""New arrays for large results, where possible in memory that earlier results have left.

The system clears memory before it hands it out, which takes longer than most filters. So what a large result leaves is kept for the next one, and
marked as free: where memory runs short, the system takes it without asking. Where that cannot be said, NumPy's own memory is used.

IN: a shape and a type   OUT: an ordinary array that owns its data, and whether the system has still to clear its memory
"""
import numpy as np
cimport numpy as cnp

cdef extern from *:
    """
    #include <stddef.h>
    #include <string.h>
    #if defined(__unix__) || defined(__APPLE__)
    #include <sys/mman.h>
    #endif

    typedef struct { size_t bytes; } edgecalc_block;    /* at the beginning of its own memory; the numbers lie behind it, on a cache line */
    enum { HEAD = 64, PAGE = 1 << 14, LARGE_PAGE = 1 << 21, KEPT = 8 };
    static const size_t MOST_KEPT = (size_t) 1 << 30;
    static edgecalc_block *kept[KEPT];                  /* the latest first; whoever comes here holds the interpreter's lock */
    static int fresh;                                   /* what malloc gave last */

    #if defined(MADV_FREE) && defined(MAP_ANONYMOUS)
    enum { REUSES = 1 };
    static edgecalc_block *mapped(size_t bytes) {
        edgecalc_block *block = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (block == MAP_FAILED) return NULL;
    #if defined(MADV_HUGEPAGE)
        madvise(block, bytes, MADV_HUGEPAGE);
    #endif
        block->bytes = bytes;
        return block;
    }
    static void unmapped(edgecalc_block *block) { munmap(block, block->bytes); }
    static int marked_free(edgecalc_block *block) {
        return block->bytes > LARGE_PAGE && madvise((char *) block + LARGE_PAGE, block->bytes - LARGE_PAGE, MADV_FREE) == 0;       /* all but its beginning */
    }
    #else
    enum { REUSES = 0 };
    static edgecalc_block *mapped(size_t bytes) { (void) bytes; return NULL; }
    static void unmapped(edgecalc_block *block) { (void) block; }
    static int marked_free(edgecalc_block *block) { (void) block; return 0; }
    #endif
    static int reuses = REUSES;

    static edgecalc_block *taken(int place) {
        edgecalc_block *block = kept[place];
        memmove(kept + place, kept + place + 1, (KEPT - 1 - place) * sizeof *kept);
        kept[KEPT - 1] = NULL;
        return block;
    }
    static void leave(size_t room) {                    /* gives the oldest back, until one place and `room` bytes are left */
        size_t held = 0;
        int place = 0;
        while (place < KEPT - 1 && kept[place] && held + kept[place]->bytes <= MOST_KEPT - room) held += kept[place++]->bytes;
        while (kept[place]) unmapped(taken(place));
    }
    static void *edgecalc_malloc(void *none, size_t size) {
        size_t bytes = (size + HEAD + PAGE - 1) / PAGE * PAGE;
        edgecalc_block *block = NULL;
        (void) none;
        if (bytes < size) return NULL;
        for (int place = 0; place < KEPT && kept[place] && !block; place++)
            if (kept[place]->bytes >= bytes && kept[place]->bytes - bytes <= bytes / 8) block = taken(place);
        fresh = !block;
        if (!block) block = mapped(bytes);
        if (!block && kept[0]) { leave(MOST_KEPT); block = mapped(bytes); }
        return block ? (char *) block + HEAD : NULL;
    }
    static void edgecalc_free(void *none, void *data, size_t size) {
        edgecalc_block *block = data ? (edgecalc_block *) ((char *) data - HEAD) : NULL;
        (void) none, (void) size;
        if (!block) return;
        if (!reuses || block->bytes > MOST_KEPT || !marked_free(block)) { unmapped(block); return; }
        leave(block->bytes);
        memmove(kept + 1, kept, (KEPT - 1) * sizeof *kept);
        kept[0] = block;
    }
    static void *edgecalc_calloc(void *none, size_t count, size_t size) {
        void *data = size && count > (size_t) -1 / size ? NULL : edgecalc_malloc(none, count * size);
        return data && !fresh ? memset(data, 0, count * size) : data;
    }
    static void *edgecalc_realloc(void *none, void *data, size_t size) {
        void *moved = edgecalc_malloc(none, size);
        if (moved && data) {
            size_t held = ((edgecalc_block *) ((char *) data - HEAD))->bytes - HEAD;
            memcpy(moved, data, held < size ? held : size);
            edgecalc_free(none, data, held);
        }
        return moved;
    }
    static PyDataMem_Handler edgecalc_handler = {"edgecalc", 1, {NULL, edgecalc_malloc, edgecalc_calloc, edgecalc_realloc, edgecalc_free}};
    """
    const bint REUSES
    bint fresh, reuses
    const size_t MOST_KEPT
    void leave(size_t room)
    cnp.PyDataMem_Handler edgecalc_handler

cdef extern from "Python.h":
    object PyCapsule_New(void* pointer, const char* name, void* destructor)

cnp.import_array()

LARGE = 1 << 23                 # bytes: what is smaller, NumPy and the C library reuse by themselves
cdef Py_ssize_t NEW = 1 << 25   # bytes: what is as large, they give back and ask for anew
cdef object handler = PyCapsule_New(&edgecalc_handler, "mem_handler", NULL)


def reuse(wanted):
    """Whether memory is kept from now on; if not, the system gets back what is."""
    global reuses
    if not isinstance(wanted, bool):
        raise TypeError(f"wanted: {wanted!r} came; True or False is accepted")
    reuses = wanted and REUSES
    if not reuses:
        leave(MOST_KEPT)


def empty(shape, dtype):
    """An array of no particular values, and whether its memory has still to be cleared by the system, when it is first touched."""
    cdef object before
    bytes_wanted = np.dtype(dtype).itemsize
    for length in shape:
        bytes_wanted *= length
    if bytes_wanted < LARGE or not reuses:
        return np.empty(shape, dtype), bytes_wanted >= NEW
    before = cnp.PyDataMem_SetHandler(handler)
    try:
        made = np.empty(shape, dtype)
    finally:
        cnp.PyDataMem_SetHandler(before)
    return made, fresh
