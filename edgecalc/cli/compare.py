"""edgecalc compare: one operator by every library, side by side, on the command line."""

import sys
from argparse import Namespace, RawDescriptionHelpFormatter
from typing import Any

EXAMPLES = """\
examples:
  edgecalc compare photo.jpg                                         the length of the gradient, by every library
  edgecalc compare photo.jpg --op sobel:axis=y                       another operator
  edgecalc compare photo.jpg --op canny:low=50,high=150 -o page.html with the pictures, as one page
  edgecalc compare photo.jpg --op gaussian:sigma=2 --against scipy   one library
  edgecalc compare photo.jpg --json                                  one JSON document

operators: sobel, scharr, prewitt, roberts, laplacian, magnitude, gaussian, gaussian_laplace, canny

exit status: 0 compared, 1 the page cannot be written, 2 the command was not understood, the image cannot be read, or none of the
             libraries is installed
"""


def add(commands: Any) -> None:
    """The command's options."""
    parser = commands.add_parser(
        "compare",
        help="one operator by OpenCV, scikit-image and SciPy side by side, and why they differ",
        description="Compute one operator on one image by every library: as it is called by default, and changed so that it equals edgecalc.",
        epilog=EXAMPLES,
        formatter_class=RawDescriptionHelpFormatter,
    )
    parser.add_argument("image", metavar="IMAGE", help="an image file, read as gray")
    parser.add_argument("--op", default="magnitude", metavar="RECIPE", help="the operator, such as canny:low=50,high=150 (default: %(default)s)")
    parser.add_argument(
        "--against", default="cv2,skimage,scipy", metavar="LIBRARIES", help="comma-separated, of cv2, skimage and scipy (default: all)"
    )
    parser.add_argument("-o", "--output", metavar="PAGE", help="also write a page with the pictures, one HTML file")
    parser.add_argument("--json", action="store_true", help="print one JSON document instead of the table")
    parser.set_defaults(run=run)


def run(args: Namespace) -> int:
    """Compare, print, write the page."""
    from edgecalc.batch.recipe import Recipe
    from edgecalc.media.names import printable
    from edgecalc.media.page import check_name
    from edgecalc.media.read import read_gray
    from edgecalc.reference.side_by_side import compare

    if args.output:
        check_name(args.output, "-o", inputs=[args.image])
    recipe = Recipe.parse(args.op)
    against = [name.strip() for name in args.against.split(",")]
    compared = compare(read_gray(args.image), recipe, against=against, name=printable(args.image))
    print(compared.to_json() if args.json else compared.table(), flush=True)
    if args.output:
        compared.html(args.output)
        print(f"written: {printable(args.output)}", file=sys.stderr)
    return 0
