"""Sheets of image panels: what an image may be, and how it, its slopes and their directions are drawn."""

from typing import TYPE_CHECKING, Any

import numpy as np

from edgecalc.core import arrays
from edgecalc.plots import style

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

PANEL = 3.1  # inches, the width of one picture
TALLEST = 1.5  # heights of a panel beyond so many widths are cut to it
BRIGHT = 99.5  # percent of the pixels lie below the brightest shade
WHEEL = (style.ORANGE, style.GREEN, style.BLUE, style.PURPLE)  # right, down, left, up; between them they blend
FINE = 1600  # pixels, along the longer side: no panel has more dots
SHADES = 720  # of the wheel
SLOPE = "gray values a pixel"


def pixels(image: Any) -> np.ndarray:
    """Two dimensions of gray, at least one pixel."""
    gray = arrays.image_array(image, gray=True)
    if gray.ndim != 2 or not gray.size:
        raise ValueError(f"image: shape {gray.shape} came; (rows, columns), or with 3 or 4 channels behind, none of them 0, is accepted")
    return gray


def brightest(values: np.ndarray) -> float:
    """The value that is drawn in full strength: almost the largest, and never 0."""
    finite = values[np.isfinite(values)]
    return float(np.percentile(finite, BRIGHT) or finite.max() or 1) if finite.size else 1.0


def span(gray: np.ndarray) -> dict[str, Any]:
    """Black and white: bytes as they are, anything else from its least to its greatest."""
    finite = gray[np.isfinite(gray)]
    if gray.dtype == np.uint8 and finite.max() > 1 or not finite.size:
        return {"vmin": 0, "vmax": 255}
    return {"vmin": float(finite.min()), "vmax": float(finite.max())}


def sheet(rows: int, columns: int, gray: np.ndarray, size: float = 1.0, head: float = 0) -> tuple["Figure", Any]:
    """A figure of panels that have the image's form; with `head`, the first row is one wide panel of so many inches."""
    tall = PANEL * size * min(gray.shape[0] / gray.shape[1], TALLEST)
    figure = style.figure(max(PANEL * size * columns + 0.8, 5.0), (rows - bool(head)) * (max(tall, 0.8) + 0.4) + (head + 0.7 if head else 0))
    if not head:
        return figure, figure.subplots(rows, columns, squeeze=False).ravel()
    grid = figure.add_gridspec(2, columns, height_ratios=(head, max(tall, 0.8)))
    return figure, [figure.add_subplot(grid[0, :]), *(figure.add_subplot(grid[1, k]) for k in range(columns))]


def shown(axes: "Axes", picture: np.ndarray, title: str, *, ticks: bool = False, sharp: bool = False, **look: Any) -> Any:
    """A picture in its panel; a large one by the means of its blocks, unless it is `sharp`."""
    block = 1 if sharp else max(picture.shape[:2]) // FINE + 1
    drawn = axes.imshow(reduced(picture, block), **{"cmap": "gray", "extent": extent(picture, block), **look})
    style.named(axes, title, frame=True)
    axes.title.set_fontsize(style.TITLE - 1.5)
    if not ticks:
        axes.set_xticks([])
        axes.set_yticks([])
    return drawn


def reduced(picture: np.ndarray, block: int) -> np.ndarray:
    """The means of blocks of so many pixels; what is left over at the right and below is cut off.

    >>> reduced(np.array([[0, 2, 9], [4, 6, 9]]), 2)
    array([[3.]])
    """
    if min(picture.shape[:2]) < block or block == 1:
        return picture
    height, width = (size // block for size in picture.shape[:2])
    blocks = picture[: height * block, : width * block].reshape(height, block, width, block, *picture.shape[2:])
    with np.errstate(invalid="ignore"):
        return blocks.mean(axis=(1, 3), dtype=np.float64)


def extent(picture: np.ndarray, block: int) -> tuple[float, float, float, float]:
    """Where its corners lie, so that pixels keep their numbers."""
    height, width = (size // block * block if min(picture.shape[:2]) >= block else size for size in picture.shape[:2])
    return -0.5, width - 0.5, height - 0.5, -0.5


def plain(axes: "Axes", gray: np.ndarray, title: str = "image", *, ticks: bool = True, **look: Any) -> None:
    """The image itself, with rows and columns to read off."""
    shown(axes, gray, title, ticks=ticks, **span(gray), **look)
    axes.set_xlabel("column")
    axes.set_ylabel("row")


def beside(figure: "Figure", drawn: Any, axes: Any, label: str = SLOPE) -> None:
    """The scale of the colours, to the right."""
    figure.colorbar(drawn, ax=axes, label=label, fraction=0.05, pad=0.02)


def wheel(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Colours of the vectors (x, y) of up to unit length: the direction around the wheel, the root of the length out of its black centre."""
    from matplotlib.colors import to_rgb

    x, y = (np.clip(np.nan_to_num(each), -1e9, 1e9).astype(np.float32) for each in (x, y))
    around = np.linspace(0, 4, SHADES + 1)
    spokes = np.array([to_rgb(each) for each in (*WHEEL, WHEEL[0])])
    shades = np.stack([np.interp(around, range(5), channel) for channel in spokes.T], axis=-1, dtype=np.float32)
    place = np.rint(np.arctan2(y, x) * np.float32(SHADES / 2 / np.pi)).astype(np.int16) % SHADES
    return shades[place] * np.sqrt(np.minimum(np.hypot(x, y), 1))[..., np.newaxis]


def rose(axes: "Axes") -> None:
    """The wheel in the corner: the legend of `wheel`, directions as they lie in the image."""
    from matplotlib.patches import Circle

    inset = axes.inset_axes((0.76, 0.01, 0.23, 0.23))
    across, down = np.meshgrid(np.linspace(-1, 1, 101), np.linspace(-1, 1, 101))
    disc = np.dstack([wheel(across, down), np.hypot(across, down) <= 1])
    inset.imshow(disc, extent=(-1, 1, 1, -1))
    inset.set_axis_off()
    inset.add_patch(Circle((0, 0), 1, fill=False, edgecolor="white", linewidth=0.8))


def two_colours(weak: np.ndarray, strong: np.ndarray) -> np.ndarray:
    from matplotlib.colors import to_rgb

    picture = np.zeros((*weak.shape, 3))
    picture[weak != 0], picture[strong != 0] = to_rgb(style.ORANGE), 1.0
    return picture
