"""The reference check: edgecalc beside OpenCV, scikit-image and SciPy, on the caller's images or on built-in ones."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from typing import Any

import numpy as np

import edgecalc
from edgecalc.core import kernels
from edgecalc.errors import MissingExtra
from edgecalc.reference import images as pictures
from edgecalc.reference import opencv, scikit_image, scipy_ndimage
from edgecalc.reference.compare import Promise, compare, compare_all, finding
from edgecalc.reference.images import Image
from edgecalc.reference.peer import Peer
from edgecalc.reference.report import Finding, Report
from edgecalc.reference.works import DTYPES, NAMES, REFLECT, WORKS

PEERS = {peer.name: peer for peer in (opencv.PEER, scikit_image.PEER, scipy_ndimage.PEER)}
LARGE = 1 << 16  # pixels of a given image, past which it is compared under the default border and type alone


def check(
    images: Any = None,
    *,
    operators: str | Iterable[str] | None = None,
    against: str | Iterable[str] = ("cv2", "skimage", "scipy"),
    amplify: float = 16.0,
) -> Report:
    """Compare edgecalc with OpenCV, scikit-image and SciPy.

    Parameters
    ----------
    images : array, sequence of arrays or {name: array}, optional
        Two-dimensional, uint8, uint16, int16, float32 or float64. Without it, built-in ones: every type in awkward sizes (one pixel, one
        row, one column, 2 x 3, odd, wider than 4096) and the course's 10 x 10 table.
    operators : names, optional
        What `edgecalc verify` lists by default: "forward" to "roberts", "laplacian", "gradient", "magnitude", "orientation", "views", the Gaussian
        family, "hessian", "structure_tensor", "canny", "hysteresis" and "thin"; all by default.
    against : names
        The peers. One that is not installed is named in the report; if none is, MissingExtra is raised.
    amplify : float
        How much brighter a difference is drawn on the report's page.

    >>> report = check(np.eye(5, dtype=np.uint8), operators="sobel", against="cv2")
    >>> report.ok, report.rows[0].promise
    (True, 'bits')
    """
    wanted = chosen(operators, NAMES, "operators")
    peers = {name: PEERS[name] for name in chosen(against, PEERS, "against")}
    if not isinstance(amplify, int | float) or not 0 < amplify < float("inf"):
        raise ValueError(f"amplify: {amplify!r} came; a positive number is accepted")
    under = list(pictures.built_in()) if images is None else given(images)
    shown = [Image("photo-like", pictures.photo())] if images is None else under

    present = {peer: library for peer in peers.values() if (library := loaded(peer)) is not None}
    if not present:
        raise MissingExtra(" or ".join(peers), "compare")
    findings = [*course_answers(wanted)] if images is None else []
    with ExitStack() as settings:
        for peer, library in present.items():
            settings.enter_context(peer.hold(library))
            findings += compare_all(peer, library, under, wanted)
    return Report(
        rows=tuple(findings),
        versions={"edgecalc": edgecalc.__version__, "numpy": np.__version__, **{peer.name: peer.version() for peer in present}},
        target=kernels.TARGET,
        missing=tuple(peer.name for peer in peers.values() if peer not in present),
        notes=tuple(notes(present, under)),
        images=tuple(shown),
        operators=wanted,
        amplify=float(amplify),
    )


def chosen(names: str | Iterable[str] | None, accepted: Iterable[str], argument: str) -> tuple[str, ...]:
    """`names` in the table's order; one that is not in it is refused."""
    known = tuple(accepted)
    if names is not None and not isinstance(names, Iterable):
        raise TypeError(f"{argument}: {names!r} came; one or more names are accepted: {', '.join(known)}")
    asked = known if names is None else (names,) if isinstance(names, str) else tuple(names)
    for name in asked:
        if name not in known:
            raise ValueError(f"{argument}: {name!r} came; accepted are {', '.join(known)}")
    if not asked:
        raise ValueError(f"{argument}: nothing came; accepted are {', '.join(known)}")
    return tuple(name for name in known if name in asked)


def given(images: Any) -> list[Image]:
    """The caller's images, named and checked."""
    if hasattr(images, "__array_interface__"):  # an array, or a picture by Pillow
        images = [images]
    if not isinstance(images, Mapping | Sequence) or isinstance(images, str | bytes):
        raise TypeError(f"images: {type(images).__name__} came; an array, a sequence of arrays or a dict of them by name is accepted")
    named = images.items() if isinstance(images, Mapping) else [(f"image {k}", image) for k, image in enumerate(images, 1)]
    checked = [Image(str(name), comparable(image, str(name))) for name, image in named]
    if not checked:
        raise ValueError("images: none came; leave the argument out for the built-in ones")
    return [image if image.pixels.size <= LARGE else image._replace(extent="brief") for image in checked]


def comparable(image: Any, name: str) -> np.ndarray:
    """In the machine's byte order: OpenCV misreads the other one silently, and some other types make it crash."""
    array = np.asarray(image)
    native = array.dtype.newbyteorder("=")
    if native.name not in DTYPES:
        raise TypeError(f"images: {name}: {array.dtype} is not accepted; the peers compute {', '.join(DTYPES)}: convert it first with .astype")
    if array.ndim != 2 or not array.size:
        raise ValueError(f"images: {name}: shape {array.shape} came; two dimensions with a pixel or more are accepted")
    if native.kind == "f" and not np.isfinite(array).all():
        raise ValueError(f"images: {name}: it holds NaN or infinity, which every library spreads otherwise; fill them first: np.nan_to_num(image)")
    return np.ascontiguousarray(array, native)


def loaded(peer: Peer) -> Any:
    try:
        return peer.load()
    except MissingExtra:
        return None


def notes(present: Mapping[Peer, Any], images: list[Image]) -> Iterator[str]:
    if PEERS["cv2"] in present:
        yield "cv2 computes with IPP switched off (cv2.ipp.setUseIPP(False)) during the comparison: its own kernels are the reference"
    for image in images:
        if image.extent == "brief":
            yield f"{image.name} has {image.pixels.size:,} pixels: compared under each operator's default border, in edgecalc's own result types"


def course_answers(wanted: tuple[str, ...]) -> Iterator[Finding]:
    """What the course prints for its table, which needs no peer."""
    image = Image("course table", pictures.COURSE)
    place = tuple(slice(k, k + 1) for k in pictures.COURSE_PLACE)
    for name, answer in pictures.COURSE_ANSWERS.items():
        work = WORKS[name]
        if work.operator in wanted:
            ours = work.ours(image.pixels, "float64", REFLECT)[place]
            yield compare(finding("course", work, image, "float64", REFLECT), ours, np.array([[answer]], np.float64), Promise(True, 1.0, 0))
