"""Writing one picture or array: under a temporary name in the same folder, then renamed, so a name never holds half a file."""

import os
from pathlib import Path

import numpy as np
from PIL import Image

from edgecalc.errors import ImageFileError

PICTURES = (".png", ".jpg", ".jpeg", ".webp", ".bmp")
EXACT = (".npy", ".tif", ".tiff")


def write(path: Path, array: np.ndarray) -> None:
    """A uint8 picture by the name's ending (.png ...), or any array exactly (.npy; .tif for uint8, uint16, float32)."""
    suffix = path.suffix.lower()
    if suffix not in PICTURES + EXACT:
        raise ImageFileError(f"{path}: cannot be written; the name may end in {', '.join(PICTURES + EXACT)}")
    if suffix in PICTURES and array.dtype != np.uint8 or suffix in EXACT[1:] and array.dtype.name not in ("uint8", "uint16", "float32"):
        raise ImageFileError(f"{path}: {array.dtype} does not fit this format; ask for a view (uint8), or write {path.stem}.npy")
    part = path.with_name(f".{path.name[:200]}.{os.getpid()}.part")
    try:
        with open(part, "xb") as file:
            if suffix == ".npy":
                np.save(file, array, allow_pickle=False)
            else:
                Image.fromarray(array).save(file, format={".jpg": "JPEG", ".tif": "TIFF"}.get(suffix, suffix[1:].upper()), **_options(suffix))
        os.replace(part, path)
    finally:
        part.unlink(missing_ok=True)


def _options(suffix: str) -> dict[str, int]:
    quick: dict[str, dict[str, int]] = {".png": {"compress_level": 1}, ".jpg": {"quality": 95}, ".jpeg": {"quality": 95}, ".webp": {"lossless": 1}}
    return quick.get(suffix, {})
