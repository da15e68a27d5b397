"""edgecalc verify: the reference check on the command line."""

import sys
from argparse import Namespace, RawDescriptionHelpFormatter
from typing import Any

EXAMPLES = """\
examples:
  edgecalc verify                                       built-in images of every type and awkward size
  edgecalc verify photo.png scan.tif                    your own images
  edgecalc verify --operator sobel --operator scharr    two operators
  edgecalc verify --against cv2 --html page.html        one peer, and a page with the pictures side by side

exit status: 0 all agree, 1 something differs, 2 the command was not understood or a file cannot be read
"""


def add(commands: Any) -> None:
    """The command's options."""
    parser = commands.add_parser(
        "verify",
        help="compare edgecalc with OpenCV, scikit-image and SciPy, pixel by pixel",
        description="Compute the same with edgecalc and its peers and compare every pixel: to the last bit where sums are exact, else in ulps.",
        epilog=EXAMPLES,
        formatter_class=RawDescriptionHelpFormatter,
    )
    parser.add_argument("images", nargs="*", metavar="IMAGE", help="image files, read as gray; without any, built-in images")
    parser.add_argument("--operator", action="append", metavar="NAME", help="compare only this one; may be repeated")
    parser.add_argument("--against", default="cv2,skimage,scipy", metavar="PEERS", help="comma-separated, of cv2, skimage and scipy (default: all)")
    parser.add_argument("--json", action="store_true", help="print one JSON document with every comparison instead of the table")
    parser.add_argument("--html", metavar="FILE", help="also write a page with the pictures side by side; a name that ends in .png gives one picture")
    parser.set_defaults(run=run)


def run(args: Namespace) -> int:
    """Compare, print, and say by the exit status whether all agree."""
    from edgecalc.errors import EdgecalcError
    from edgecalc.media.names import plainly, printable
    from edgecalc.media.page import check_name
    from edgecalc.media.read import read_gray
    from edgecalc.reference import check

    if args.html:
        check_name(args.html, "--html", ".png", inputs=args.images)
    images = {name: read_gray(name) for name in args.images} or None
    report = check(images, operators=args.operator, against=[name.strip() for name in args.against.split(",")])
    print(report.to_json() if args.json else report.table(), flush=True)
    if args.html:
        try:
            report.html(args.html)
        except OSError as error:  # 1 would say that something differs
            raise EdgecalcError(plainly(error)) from None
        print(f"written: {printable(args.html)}", file=sys.stderr)
    return 0 if report.ok else 1
