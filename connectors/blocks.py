"""The elements of HTML that a browser begins on a new line, with table cells and list entries, own sentences each."""

from typing import Final

_NAMES: Final = """
address article aside blockquote body caption center dd details dialog dir div dl dt fieldset figcaption figure footer
form h1 h2 h3 h4 h5 h6 header hgroup hr html legend li main menu nav ol optgroup option p pre section summary table
tbody td tfoot th thead tr ul
"""
BLOCKS: Final = frozenset(_NAMES.split())
