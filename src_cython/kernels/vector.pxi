# Steps on whole vectors, written out where a compiler makes many more of them: above all where bytes become wider numbers.
#
# Each tells how many pixels of a row it has done: for what is left of the row, and for other processors, the loop of its caller does the same.

cdef extern from *:
    """
    #if defined(__AVX2__) && defined(__GNUC__)
    #include <immintrin.h>
    #if defined(__AVX512BW__) && defined(__AVX512DQ__)
    typedef __m512i edgecalc_bits;
    #define EDGECALC_LANES 16                       /* of 32 bits */
    #define EDGECALC_SHORTS(bytes) (edgecalc_shorts) _mm512_cvtepu8_epi16(_mm256_loadu_si256((const __m256i *) (bytes)))
    #define EDGECALC_INTS(bytes) (edgecalc_ints) _mm512_cvtepu8_epi32(_mm_loadu_si128((const __m128i *) (bytes)))
    #define EDGECALC_FLOATS(ints) (edgecalc_floats) _mm512_cvtepi32_ps((__m512i) (ints))
    #define EDGECALC_512_OR_256(name) _mm512_##name
    #define EDGECALC_IN_ORDER(low, high, part) \\
        _mm512_permutex2var_epi64(low, part ? _mm512_setr_epi64(4, 5, 12, 13, 6, 7, 14, 15) : _mm512_setr_epi64(0, 1, 8, 9, 2, 3, 10, 11), high)
    #else
    typedef __m256i edgecalc_bits;
    #define EDGECALC_LANES 8
    #define EDGECALC_SHORTS(bytes) (edgecalc_shorts) _mm256_cvtepu8_epi16(_mm_loadu_si128((const __m128i *) (bytes)))
    #define EDGECALC_INTS(bytes) (edgecalc_ints) _mm256_cvtepu8_epi32(_mm_loadl_epi64((const __m128i *) (bytes)))
    #define EDGECALC_FLOATS(ints) (edgecalc_floats) _mm256_cvtepi32_ps((__m256i) (ints))
    #define EDGECALC_512_OR_256(name) _mm256_##name
    #define EDGECALC_IN_ORDER(low, high, part) _mm256_permute2x128_si256(low, high, part ? 0x31 : 0x20)
    #endif
    typedef int16_t edgecalc_shorts __attribute__((vector_size(4 * EDGECALC_LANES)));
    typedef int32_t edgecalc_ints __attribute__((vector_size(4 * EDGECALC_LANES)));
    typedef float edgecalc_floats __attribute__((vector_size(4 * EDGECALC_LANES)));
    typedef edgecalc_shorts edgecalc_shorts_there __attribute__((aligned(2), may_alias));       /* in memory */
    typedef edgecalc_ints edgecalc_ints_there __attribute__((aligned(4), may_alias));
    typedef edgecalc_floats edgecalc_floats_there __attribute__((aligned(4), may_alias));

    /* `folded` of combine.pxi, whose sums have the same order. The last vector of a row overlaps the one before, unless that would add to it twice. */
    #define EDGECALC_FOLDED(name, number, vector, LOAD, WIDE) \\
        static inline __attribute__((always_inline)) void name##_there(const uint8_t **row, const number *weight, number *out, ptrdiff_t j, int taps, int sign, int more) { \\
            vector total = weight[taps - 1] * WIDE(sign > 0 ? LOAD(row[taps - 1] + j) + LOAD(row[0] + j) : LOAD(row[taps - 1] + j) - LOAD(row[0] + j)); \\
            for (int k = 1, m = taps - 2; k < m; k++, m--) \\
                total = total + weight[m] * WIDE(sign > 0 ? LOAD(row[m] + j) + LOAD(row[k] + j) : LOAD(row[m] + j) - LOAD(row[k] + j)); \\
            if (taps < 8) total = total + 0; \\
            if (taps & 1) total = total + weight[taps / 2] * WIDE(LOAD(row[taps / 2] + j)); \\
            else total = total + 0; \\
            if (more) total = total + *(vector##_there *) (out + j); \\
            *(vector##_there *) (out + j) = total; \\
        } \\
        static inline __attribute__((always_inline)) ptrdiff_t name(const uint8_t **rows, const number *weights, number *out, ptrdiff_t count, int taps, int sign, int more) { \\
            const ptrdiff_t lanes = sizeof(vector) / sizeof(number); \\
            const uint8_t *row[9]; \\
            number weight[9]; \\
            ptrdiff_t j = 0; \\
            for (int k = 0; k < taps; k++) row[k] = rows[k], weight[k] = weights[k]; \\
            for (; j <= count - lanes; j += lanes) name##_there(row, weight, out, j, taps, sign, more); \\
            if (more || j == count || count < lanes) return j; \\
            name##_there(row, weight, out, count - lanes, taps, sign, 0); \\
            return count; \\
        }
    #define EDGECALC_AS_IT_IS(vector) (vector)
    EDGECALC_FOLDED(edgecalc_shorts_folded, int16_t, edgecalc_shorts, EDGECALC_SHORTS, EDGECALC_AS_IT_IS)
    EDGECALC_FOLDED(edgecalc_floats_folded, float, edgecalc_floats, EDGECALC_INTS, EDGECALC_FLOATS)

    /* `folded` of halves to 32 bits: a multiplication of shorts adds two products at once. */
    static inline __attribute__((always_inline)) void edgecalc_products_there(const int16_t **row, const int32_t *weight, int32_t *out, ptrdiff_t j, int taps, int sign) {
        edgecalc_ints low = {0}, high = {0};
        for (int k = 0, pairs = taps / 2, all = pairs + (taps & 1); k < all; k += 2) {
            edgecalc_shorts part[2] = {{0}, {0}};
            int16_t by[2] = {0, 0};
            for (int i = k; i < k + 2 && i < all; i++) {
                edgecalc_shorts z = *(edgecalc_shorts_there *) (row[taps - 1 - i] + j);
                if (i < pairs) z = sign > 0 ? z + *(edgecalc_shorts_there *) (row[i] + j) : z - *(edgecalc_shorts_there *) (row[i] + j);
                part[i - k] = z, by[i - k] = (int16_t) weight[taps - 1 - i];
            }
            edgecalc_bits both = EDGECALC_512_OR_256(set1_epi32)((int32_t) ((uint32_t) (uint16_t) by[1] << 16 | (uint16_t) by[0]));
            low += (edgecalc_ints) EDGECALC_512_OR_256(madd_epi16)(EDGECALC_512_OR_256(unpacklo_epi16)((edgecalc_bits) part[0], (edgecalc_bits) part[1]), both);
            high += (edgecalc_ints) EDGECALC_512_OR_256(madd_epi16)(EDGECALC_512_OR_256(unpackhi_epi16)((edgecalc_bits) part[0], (edgecalc_bits) part[1]), both);
        }
        *(edgecalc_ints_there *) (out + j) = (edgecalc_ints) EDGECALC_IN_ORDER((edgecalc_bits) low, (edgecalc_bits) high, 0);
        *(edgecalc_ints_there *) (out + j + EDGECALC_LANES) = (edgecalc_ints) EDGECALC_IN_ORDER((edgecalc_bits) low, (edgecalc_bits) high, 1);
    }
    static inline __attribute__((always_inline)) ptrdiff_t edgecalc_products_folded(const int16_t **rows, const int32_t *weights, int32_t *out, ptrdiff_t count, int taps, int sign, int more) {
        const int16_t *row[9];
        int32_t weight[9];
        ptrdiff_t j = 0, lanes = 2 * EDGECALC_LANES;
        if (more || count < lanes) return 0;
        for (int k = 0; k < taps; k++) {
            row[k] = rows[k], weight[k] = weights[k];
            if (weight[k] != (int16_t) weight[k]) return 0;
        }
        for (; j <= count - lanes; j += lanes) edgecalc_products_there(row, weight, out, j, taps, sign);
        if (j < count) edgecalc_products_there(row, weight, out, count - lanes, taps, sign);
        return count;
    }

    /* combine_jointly */
    static inline void edgecalc_joint_there(const uint8_t *above, const uint8_t *here, const uint8_t *below, int16_t outer, int16_t mid, int16_t *smoothed, int16_t *differenced) {
        edgecalc_shorts a = EDGECALC_SHORTS(above), z = EDGECALC_SHORTS(below);
        *(edgecalc_shorts_there *) smoothed = outer * (z + a) + mid * EDGECALC_SHORTS(here);
        *(edgecalc_shorts_there *) differenced = z - a;
    }
    static ptrdiff_t edgecalc_joint(const uint8_t *above, const uint8_t *here, const uint8_t *below, int16_t outer, int16_t mid, int16_t *smoothed, int16_t *differenced, ptrdiff_t count) {
        ptrdiff_t j = 0, last = count - 2 * EDGECALC_LANES;
        for (; j <= last; j += 2 * EDGECALC_LANES)
            edgecalc_joint_there(above + j, here + j, below + j, outer, mid, smoothed + j, differenced + j);
        if (j == count || last < 0) return j;
        edgecalc_joint_there(above + last, here + last, below + last, outer, mid, smoothed + last, differenced + last);
        return count;
    }
    #else
    #define edgecalc_shorts_folded(rows, weights, out, count, taps, sign, more) 0
    #define edgecalc_floats_folded(rows, weights, out, count, taps, sign, more) 0
    #define edgecalc_products_folded(rows, weights, out, count, taps, sign, more) 0
    #define edgecalc_joint(above, here, below, outer, mid, smoothed, differenced, count) 0
    #endif
    """
    Py_ssize_t edgecalc_shorts_folded(const void** rows, const void* weights, void* out, Py_ssize_t count, int taps, int sign, bint more) noexcept nogil
    Py_ssize_t edgecalc_floats_folded(const void** rows, const void* weights, void* out, Py_ssize_t count, int taps, int sign, bint more) noexcept nogil
    Py_ssize_t edgecalc_products_folded(const void** rows, const void* weights, void* out, Py_ssize_t count, int taps, int sign, bint more) noexcept nogil
    Py_ssize_t edgecalc_joint(const uint8_t* above, const uint8_t* here, const uint8_t* below, int16_t outer, int16_t mid, int16_t* smoothed, int16_t* differenced, Py_ssize_t count) noexcept nogil
