"""The extensions; all else stands in pyproject.toml. One body, compiled once for each target that compiler and machine can build."""

import os
import platform
import sys
import tempfile
from pathlib import Path

import numpy as np
from Cython.Build import cythonize
from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext
from setuptools.errors import CompileError

# No -ffast-math and no fused multiply-add: every target gives the same bits. What is called inline must be inline: only then are its literal
# arguments known to the loops, and these vectorised.
FLAGS = ["-DCYTHON_INLINE=inline __attribute__((always_inline))", "-O3", "-fwrapv", "-ffp-contract=off", "-fno-math-errno", "-fno-trapping-math"]
TARGETS = {
    "base": [],
    "avx2": ["-march=x86-64-v3"],
    "avx512": ["-march=x86-64-v4", "-mprefer-vector-width=512"],
}
X86 = platform.machine().lower() in ("x86_64", "amd64")


def extension(name, flags=()):
    return Extension(
        f"edgecalc.{name}",
        [f"src_cython/{name}.pyx"],
        include_dirs=[np.get_include()],
        define_macros=[
            ("NPY_NO_DEPRECATED_API", "NPY_2_0_API_VERSION"),
            ("NPY_TARGET_VERSION", "NPY_2_0_API_VERSION"),
            ("CYTHON_CLINE_IN_TRACEBACK", "0"),
        ],
        extra_compile_args=[*flags],
    )


class Build(build_ext):
    """Leaves out the flags and the targets that the compiler does not know: `edgecalc doctor` shows which were built."""

    def build_extensions(self):
        known = [flag for flag in FLAGS if self.knows(flag)]
        self.extensions = [e for e in self.extensions if all(self.knows(flag) for flag in e.extra_compile_args)]
        for each in self.extensions:
            each.extra_compile_args += known + os.environ.get("EDGECALC_CFLAGS", "").split()
            each.extra_link_args += os.environ.get("EDGECALC_CFLAGS", "").split()
        self.parallel = self.parallel or os.cpu_count()
        super().build_extensions()

    def knows(self, flag):
        with tempfile.TemporaryDirectory() as folder:
            source = Path(folder, "empty.c")
            source.write_text("int edgecalc;\n")
            try:
                self.compiler.compile([str(source)], output_dir=folder, extra_postargs=["-Werror", flag])
            except CompileError as error:
                print(f"edgecalc: the compiler does not take {flag}: {error}", file=sys.stderr)
                return False
        return True


modules = [extension("_cpu"), extension("_memory")] + [
    extension(f"_kernels_{name}", flags) for name, flags in TARGETS.items() if X86 or name == "base"
]

setup(
    ext_modules=cythonize(modules, build_dir="build/cython", include_path=["src_cython"], language_level=3),
    cmdclass={"build_ext": Build},
)
