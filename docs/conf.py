"""How Sphinx makes the site; `python docs/build.py` runs it."""

import sys
from pathlib import Path

from docutils import nodes
from docutils.utils.math.latex2mathml import tex2mathml

DOCS = Path(__file__).resolve().parent
sys.path.insert(0, str(DOCS))

from docstrings import as_rst  # noqa: E402

import edgecalc  # noqa: E402

project = "edgecalc"
release = version = edgecalc.__version__
copyright = "the edgecalc maintainers"
extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx_copybutton"]
exclude_patterns = ["_build"]
nitpicky = True
highlight_language = "none"
smartquotes = False  # "auto" is to be typed as it stands

myst_enable_extensions = ["colon_fence", "dollarmath"]
myst_heading_anchors = 3

autodoc_typehints = "none"  # what is accepted stands in words under Parameters
autodoc_class_signature = "mixed"
copybutton_selector = "div.highlight-python pre, div.highlight-sh pre"

html_theme = "furo"
html_title = "edgecalc"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_favicon = "_static/icon.svg"
html_domain_indices = False
html_copy_source = False
html_show_sphinx = False
html_show_search_summary = False  # it would be fetched, which a browser refuses to pages opened from a folder
html_math_renderer = "mathml"


def mathml(writer, node):
    """Formulas without scripts and without a network: browsers draw MathML themselves."""
    writer.body.append(tex2mathml(node.astext(), as_block=isinstance(node, nodes.math_block)))
    raise nodes.SkipNode


def setup(app):
    app.add_html_math_renderer("mathml", inline_renderers=(mathml, None), block_renderers=(mathml, None))
    app.connect("autodoc-process-docstring", as_rst)
