# Writing past the caches, for outputs too large to be read again from them, and reading ahead.

cdef extern from *:
    """
    #include <string.h>
    #if defined(__SSE2__)
    #include <immintrin.h>
    #endif

    #if defined(__AVX512F__)
    #define EDGECALC_VECTOR 64
    #define EDGECALC_STREAM(target, source) _mm512_stream_si512((__m512i *) (target), _mm512_loadu_si512((const void *) (source)))
    #elif defined(__AVX__)
    #define EDGECALC_VECTOR 32
    #define EDGECALC_STREAM(target, source) _mm256_stream_si256((__m256i *) (target), _mm256_loadu_si256((const __m256i *) (source)))
    #elif defined(__SSE2__)
    #define EDGECALC_VECTOR 16
    #define EDGECALC_STREAM(target, source) _mm_stream_si128((__m128i *) (target), _mm_loadu_si128((const __m128i *) (source)))
    #endif
    /* A plain store would first read what it overwrites, and push out of the cache what is still wanted. Whole cache lines alone go past the caches;
       what is left of the last one is moved to the front of `source`, for the next call to complete, and its size returned; where `last`, it is written. */
    static size_t edgecalc_stream(char *target, char *source, size_t bytes, int last) {
        size_t k = (64 - (size_t) target % 64) % 64;
        if (k > bytes) k = bytes;
        if (k) memcpy(target, source, k);
    #ifdef EDGECALC_VECTOR
        for (size_t end = k + (bytes - k) / 64 * 64; k < end; k += 64)
            for (int part = 0; part < 64; part += EDGECALC_VECTOR) EDGECALC_STREAM(target + k + part, source + k + part);
    #else
        last = 1;
    #endif
        if (k < bytes) memmove(last ? target + k : source, source + k, bytes - k);
        return last ? 0 : bytes - k;
    }
    /* The processor's own fetching ends with a page, and a tile of float64 is one. An address beyond the image is no fault. */
    static void edgecalc_fetch(const char *place, size_t bytes) {
    #if defined(__GNUC__)
        for (size_t k = 0; k < bytes; k += 64) __builtin_prefetch(place + k, 0, 2);
    #endif
    }
    /* Before another thread may read it. */
    static void edgecalc_streamed(void) {
    #if defined(__SSE2__)
        _mm_sfence();
    #endif
    }
    """
    size_t edgecalc_stream(char* target, char* source, size_t bytes, bint last) noexcept nogil
    void edgecalc_fetch(const char* place, size_t bytes) noexcept nogil
    void edgecalc_streamed() noexcept nogil
