# Steps on whole vectors, written out where a compiler makes many more of them: above all where bytes become wider numbers.
#
# Each tells how many pixels of a row it has done; for the rest, and for other processors, the loop of its caller does the same.

cdef extern from *:
    """
    #if defined(__AVX2__) && defined(__GNUC__)
    #include <immintrin.h>
    #if defined(__AVX512BW__) && defined(__AVX512DQ__)
    #define EDGECALC_BYTES 64
    #define EDGECALC_VECTORS(step) _mm512_##step
    #define EDGECALC_SHORTS(bytes) (edgecalc_shorts) _mm512_cvtepu8_epi16(_mm256_loadu_si256((const __m256i *) (bytes)))
    #define EDGECALC_IN_ORDER(low, high, part) \\
        _mm512_permutex2var_epi64(low, part ? _mm512_setr_epi64(4, 5, 12, 13, 6, 7, 14, 15) : _mm512_setr_epi64(0, 1, 8, 9, 2, 3, 10, 11), high)
    typedef __m512i edgecalc_bits;
    #else
    #define EDGECALC_BYTES 32
    #define EDGECALC_VECTORS(step) _mm256_##step
    #define EDGECALC_SHORTS(bytes) (edgecalc_shorts) _mm256_cvtepu8_epi16(_mm_loadu_si128((const __m128i *) (bytes)))
    #define EDGECALC_IN_ORDER(low, high, part) _mm256_permute2x128_si256(low, high, part ? 0x31 : 0x20)
    typedef __m256i edgecalc_bits;
    #endif
    #define EDGECALC_INLINE static inline __attribute__((always_inline))
    #define EDGECALC_PIXELS (EDGECALC_BYTES / 2)                                                /* in one step */
    typedef int16_t edgecalc_shorts __attribute__((vector_size(EDGECALC_BYTES)));
    typedef int32_t edgecalc_ints __attribute__((vector_size(EDGECALC_BYTES)));
    typedef float edgecalc_floats __attribute__((vector_size(EDGECALC_BYTES)));
    typedef edgecalc_shorts edgecalc_shorts_there __attribute__((aligned(2), may_alias));       /* in memory */
    typedef edgecalc_ints edgecalc_ints_there __attribute__((aligned(4), may_alias));
    typedef edgecalc_floats edgecalc_floats_there __attribute__((aligned(4), may_alias));

    /* Shorts beside each other become one of 32 bits, in the lower and in the upper half of each 128 bits; IN_ORDER puts these halves right. */
    #define EDGECALC_LOW(first, second) EDGECALC_VECTORS(unpacklo_epi16)((edgecalc_bits) (first), (edgecalc_bits) (second))
    #define EDGECALC_HIGH(first, second) EDGECALC_VECTORS(unpackhi_epi16)((edgecalc_bits) (first), (edgecalc_bits) (second))
    #define EDGECALC_SHORTS_OF(shorts) ((edgecalc_shorts) *(const edgecalc_shorts_there *) (shorts))
    /* The k-th mirrored pair of samples, or the middle one. */
    #define EDGECALC_BOTH(LOAD, k) \\
        (2 * (k) + 1 == taps ? LOAD(row[k] + j) : sign > 0 ? LOAD(row[taps - 1 - (k)] + j) + LOAD(row[k] + j) : LOAD(row[taps - 1 - (k)] + j) - LOAD(row[k] + j))

    EDGECALC_INLINE void edgecalc_shorts_step(const uint8_t **row, const int16_t *weight, int16_t *out, ptrdiff_t j, int taps, int sign, int more) {
        edgecalc_shorts total = {0};
        for (int k = 0; 2 * k < taps; k++) total += weight[taps - 1 - k] * EDGECALC_BOTH(EDGECALC_SHORTS, k);
        if (more) total += *(edgecalc_shorts_there *) (out + j);
        *(edgecalc_shorts_there *) (out + j) = total;
    }
    /* A whole number below 2^16 behind 0x4B00 is the float 2^23 more. */
    EDGECALC_INLINE void edgecalc_floats_step(const uint8_t **row, const float *weight, float *out, ptrdiff_t j, int taps, int sign, int more) {
        const edgecalc_bits above = EDGECALC_VECTORS(set1_epi16)(0x4B00);
        const int least = sign > 0 ? 0 : 256;
        edgecalc_floats low = {0}, high = {0};
        for (int k = 0; 2 * k < taps; k++) {
            edgecalc_shorts both = EDGECALC_BOTH(EDGECALC_SHORTS, k) + (int16_t) least;
            edgecalc_floats first = weight[taps - 1 - k] * ((edgecalc_floats) EDGECALC_LOW(both, above) - (8388608.0f + least));
            edgecalc_floats last = weight[taps - 1 - k] * ((edgecalc_floats) EDGECALC_HIGH(both, above) - (8388608.0f + least));
            low = k ? low + first : first, high = k ? high + last : last;
        }
        for (int part = 0; part < 2; part++) {
            edgecalc_floats_there *place = (edgecalc_floats_there *) (out + j) + part;
            edgecalc_floats total = (edgecalc_floats) EDGECALC_IN_ORDER((edgecalc_bits) low, (edgecalc_bits) high, part);
            if (taps < 9) total = total + 0;                                                    /* as `folded`, where it has less to add */
            if (more) total = total + *place;
            *place = total;
        }
    }
    /* A multiplication of shorts adds two products. */
    EDGECALC_INLINE void edgecalc_ints_step(const int16_t **row, const int32_t *weight, int32_t *out, ptrdiff_t j, int taps, int sign, int more) {
        edgecalc_ints low = {0}, high = {0};
        for (int k = 0; 2 * k < taps; k += 2) {
            int next = 2 * (k + 1) < taps;
            edgecalc_shorts first = EDGECALC_BOTH(EDGECALC_SHORTS_OF, k), second = next ? EDGECALC_BOTH(EDGECALC_SHORTS_OF, k + 1) : (edgecalc_shorts) {0};
            edgecalc_bits by = EDGECALC_LOW(
                EDGECALC_VECTORS(set1_epi16)((int16_t) weight[taps - 1 - k]), EDGECALC_VECTORS(set1_epi16)(next ? (int16_t) weight[taps - 2 - k] : 0)
            );
            low += (edgecalc_ints) EDGECALC_VECTORS(madd_epi16)(EDGECALC_LOW(first, second), by);
            high += (edgecalc_ints) EDGECALC_VECTORS(madd_epi16)(EDGECALC_HIGH(first, second), by);
        }
        for (int part = 0; part < 2; part++) {
            edgecalc_ints_there *place = (edgecalc_ints_there *) (out + j) + part;
            edgecalc_ints total = (edgecalc_ints) EDGECALC_IN_ORDER((edgecalc_bits) low, (edgecalc_bits) high, part);
            if (more) total += *place;
            *place = total;
        }
    }
    /* `folded` of combine.pxi. The last step overlaps the one before, unless that would add to a sum twice. */
    #define EDGECALC_FOLDED(name, pixel, number, FITS) \\
        EDGECALC_INLINE ptrdiff_t name##_folded(const pixel **rows, const number *weights, number *out, ptrdiff_t count, int taps, int sign, int more) { \\
            const pixel *row[9]; \\
            number weight[9]; \\
            ptrdiff_t j = 0, last = count - EDGECALC_PIXELS; \\
            for (int k = 0; k < taps; k++) { \\
                row[k] = rows[k], weight[k] = weights[k]; \\
                if (!(FITS)) return 0; \\
            } \\
            for (; j <= last; j += EDGECALC_PIXELS) name##_step(row, weight, out, j, taps, sign, more); \\
            if (more || j == count || last < 0) return j; \\
            name##_step(row, weight, out, last, taps, sign, 0); \\
            return count; \\
        }
    EDGECALC_FOLDED(edgecalc_shorts, uint8_t, int16_t, 1)
    EDGECALC_FOLDED(edgecalc_floats, uint8_t, float, 1)
    EDGECALC_FOLDED(edgecalc_ints, int16_t, int32_t, weight[k] == (int16_t) weight[k])

    EDGECALC_INLINE void edgecalc_joint_step(
        const uint8_t *above, const uint8_t *here, const uint8_t *below, int16_t outer, int16_t mid, int16_t *smoothed, int16_t *differenced, ptrdiff_t j
    ) {
        edgecalc_shorts a = EDGECALC_SHORTS(above + j), z = EDGECALC_SHORTS(below + j);
        *(edgecalc_shorts_there *) (smoothed + j) = outer * (z + a) + mid * EDGECALC_SHORTS(here + j);
        *(edgecalc_shorts_there *) (differenced + j) = z - a;
    }
    /* combine_jointly */
    EDGECALC_INLINE ptrdiff_t edgecalc_joint(
        const uint8_t *above, const uint8_t *here, const uint8_t *below, int16_t outer, int16_t mid, int16_t *smoothed, int16_t *differenced, ptrdiff_t count
    ) {
        ptrdiff_t j = 0, last = count - EDGECALC_PIXELS;
        for (; j <= last; j += EDGECALC_PIXELS) edgecalc_joint_step(above, here, below, outer, mid, smoothed, differenced, j);
        if (j == count || last < 0) return j;
        edgecalc_joint_step(above, here, below, outer, mid, smoothed, differenced, last);
        return count;
    }

    /* cast_reals: floats to bytes; of a NaN and another number the greater is the other. */
    EDGECALC_INLINE edgecalc_bits edgecalc_whole(const float *row) {
        edgecalc_floats value = *(const edgecalc_floats_there *) row;
        return EDGECALC_VECTORS(cvtps_epi32)(EDGECALC_VECTORS(min_ps)(EDGECALC_VECTORS(max_ps)(value, EDGECALC_VECTORS(setzero_ps)()), EDGECALC_VECTORS(set1_ps)(255)));
    }
    static ptrdiff_t edgecalc_bytes(const float *row, uint8_t *out, ptrdiff_t count) {
        ptrdiff_t j = 0;
    #if EDGECALC_BYTES == 64
        for (; j + 16 <= count; j += 16) _mm_storeu_si128((__m128i *) (out + j), _mm512_cvtepi32_epi8(edgecalc_whole(row + j)));
    #else
        for (; j + 32 <= count; j += 32) {
            __m256i low = _mm256_packs_epi32(edgecalc_whole(row + j), edgecalc_whole(row + j + 8));
            __m256i high = _mm256_packs_epi32(edgecalc_whole(row + j + 16), edgecalc_whole(row + j + 24));
            __m256i all = _mm256_permutevar8x32_epi32(_mm256_packus_epi16(low, high), _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7));
            _mm256_storeu_si256((__m256i *) (out + j), all);
        }
    #endif
        return j;
    }
    #else
    #define edgecalc_shorts_folded(rows, weights, out, count, taps, sign, more) 0
    #define edgecalc_floats_folded(rows, weights, out, count, taps, sign, more) 0
    #define edgecalc_ints_folded(rows, weights, out, count, taps, sign, more) 0
    #define edgecalc_joint(above, here, below, outer, mid, smoothed, differenced, count) 0
    #define edgecalc_bytes(row, out, count) 0
    #endif
    """
    Py_ssize_t edgecalc_shorts_folded(const void** rows, const void* weights, void* out, Py_ssize_t count, int taps, int sign, bint more) noexcept nogil
    Py_ssize_t edgecalc_floats_folded(const void** rows, const void* weights, void* out, Py_ssize_t count, int taps, int sign, bint more) noexcept nogil
    Py_ssize_t edgecalc_ints_folded(const void** rows, const void* weights, void* out, Py_ssize_t count, int taps, int sign, bint more) noexcept nogil
    Py_ssize_t edgecalc_joint(
        const uint8_t* above, const uint8_t* here, const uint8_t* below, int16_t outer, int16_t mid, int16_t* smoothed, int16_t* differenced, Py_ssize_t count
    ) noexcept nogil
    Py_ssize_t edgecalc_bytes(const float* row, uint8_t* out, Py_ssize_t count) noexcept nogil
