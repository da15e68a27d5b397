"""Each kernel target by its name: against the slow twins, and against the others byte for byte. A target that is missing here is a visible skip."""

import json
from functools import cache

import numpy as np
import pytest

from edgecalc import _cpu
from edgecalc.core import kernels
from tests.reference import digests, images, process, twins
from tests.reference.compare import result_type

TARGETS = ("base", "avx2", "avx512")


def usable(target):
    if target not in kernels.built():
        pytest.skip(f"the {target} kernels are not built in this installation")
    if target not in _cpu.targets():
        pytest.skip(f"this processor does not run the {target} kernels")
    return target


@cache
def results(target):
    """{case: sha256} of a process that is forced to this target."""
    done = process.python("-m", "tests.reference.digests", EDGECALC_TARGET=target)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["target"] == target
    return found["digests"]


@cache
def expected_of_twins():
    expected = {}
    for name, axis, border, dtype, shape in digests.twin_cases():
        rows = twins.derivative(images.random_image(shape, dtype), name, axis, border)
        expected[f"twin {name} {axis} {border} {dtype} {shape}"] = digests.sha(np.array(rows, result_type(name, dtype)))
    return expected


@pytest.mark.parametrize("target", TARGETS)
def test_target_gives_the_bytes_of_the_twins(target):
    found = results(usable(target))
    wrong = [case for case, sha in expected_of_twins().items() if found[case] != sha]
    assert not wrong, f"{len(wrong)} of {len(expected_of_twins())} differ: {wrong[:5]}"
    assert len(expected_of_twins()) > 400


@pytest.mark.parametrize("target", TARGETS[1:])
def test_target_gives_the_bytes_of_the_base(target):
    found, base = results(usable(target)), results(usable("base"))
    assert found.keys() == base.keys()
    wrong = [case for case in base if found[case] != base[case]]
    assert not wrong, f"{len(wrong)} of {len(base)} differ: {wrong[:10]}"


def test_the_base_is_always_built_and_runs_everywhere():
    assert "base" in kernels.built()
    assert "base" in _cpu.targets()


def test_without_a_wish_the_fastest_usable_target_is_chosen():
    chosen = process.printed("from edgecalc.core.kernels import TARGET; print(TARGET)", EDGECALC_TARGET=None)
    assert chosen == next(name for name in ("avx512", "avx2", "base") if name in kernels.built() and name in _cpu.targets())
    assert process.printed("from edgecalc.core.kernels import TARGET; print(TARGET)", EDGECALC_TARGET="") == chosen


@pytest.mark.parametrize("wish", ["nonsense", "AVX2", "avx", "base,avx2", " base"])
def test_an_unknown_target_is_refused_with_those_that_are_accepted(wish):
    done = process.python("-c", "import edgecalc as ec, numpy as np; ec.sobel(np.zeros((3, 3)))", EDGECALC_TARGET=wish)
    last = done.stderr.strip().splitlines()[-1]
    assert done.returncode != 0
    assert last.startswith("ImportError") and "EDGECALC_TARGET" in last and wish in last
    assert all(name in last for name in kernels.built() if name in _cpu.targets())


@pytest.mark.parametrize("target", TARGETS)
def test_a_target_that_is_missing_here_is_refused_and_not_replaced(target):
    chosen = process.python("-c", "from edgecalc.core.kernels import TARGET; print(TARGET)", EDGECALC_TARGET=target)
    if target in kernels.built() and target in _cpu.targets():
        assert chosen.stdout.strip() == target
    else:
        assert chosen.returncode != 0 and "ImportError" in chosen.stderr
