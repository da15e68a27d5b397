# cython: language_level=3
"""What this processor can do, as the instruction sets of the kernel targets."""

cdef extern from *:
    """
    #if (defined(__x86_64__) || defined(__i386__)) && (defined(__GNUC__) || defined(__clang__))
    static int edgecalc_has_avx2(void) {
        __builtin_cpu_init();
        return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("bmi") && __builtin_cpu_supports("bmi2");
    }
    static int edgecalc_has_avx512(void) {
        return edgecalc_has_avx2() && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw")
            && __builtin_cpu_supports("avx512cd") && __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
    }
    #else
    static int edgecalc_has_avx2(void) { return 0; }
    static int edgecalc_has_avx512(void) { return 0; }
    #endif
    """
    int edgecalc_has_avx2()
    int edgecalc_has_avx512()


def targets():
    """Names of the kernel targets that this processor can run, the fastest first."""
    return tuple(
        name for name, able in (("avx512", edgecalc_has_avx512()), ("avx2", edgecalc_has_avx2()), ("base", True)) if able
    )
