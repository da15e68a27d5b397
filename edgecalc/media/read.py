"""Reading one image file as a gray array: the right way up, whole, and in its own depth."""

from typing import Any

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from edgecalc.core.arrays import to_gray
from edgecalc.errors import ImageFileError

FORMATS = ("JPEG", "PNG", "TIFF", "WEBP", "BMP")
SUFFIXES = (".jpg", ".jpeg", ".png", ".tif", ".tiff", ".webp", ".bmp")
MOST_PIXELS = 178_956_970  # where Pillow refuses, too


def read_gray(path: Any, max_pixels: int = MOST_PIXELS) -> np.ndarray:
    """The first frame in gray: uint8, uint16 where the file has 16 bits, float32 for float TIFF.

    EXIF orientation is applied, alpha is composited on white, colour becomes BT.601 luma.
    """
    try:
        with Image.open(path, formats=FORMATS) as image:
            if image.width * image.height > max_pixels:
                raise ImageFileError(f"{path}: {image.width} x {image.height} pixels; up to {max_pixels} are accepted (max_pixels)")
            upright = ImageOps.exif_transpose(image)
            return gray_array(upright)
    except FileNotFoundError:
        raise ImageFileError(f"{path}: no such file") from None
    except UnidentifiedImageError:
        raise ImageFileError(f"{path}: not an image of an accepted format ({', '.join(FORMATS)})") from None
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise ImageFileError(f"{path}: {error}") from None
    except (OSError, SyntaxError, ValueError) as error:
        if isinstance(error, ImageFileError):
            raise
        raise ImageFileError(f"{path}: damaged or unreadable ({error})") from None


def gray_array(image: Image.Image) -> np.ndarray:
    if image.mode in ("L", "I;16", "I;16B", "I;16L", "F"):
        return np.asarray(image).astype({"L": np.uint8, "F": np.float32}.get(image.mode, np.uint16), copy=False)
    if image.mode == "I":
        wide = np.asarray(image)
        return wide.astype(np.uint16) if wide.min(initial=0) >= 0 and wide.max(initial=0) <= 65535 else wide
    if image.mode == "1":
        return np.asarray(image.convert("L"))
    transparent = image.mode in ("LA", "PA", "RGBA", "La", "RGBa") or "transparency" in image.info
    return to_gray(np.asarray(image.convert("RGBA" if transparent else "RGB")))
