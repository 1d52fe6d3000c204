"""
What html of ours tells the page that shows it.

It is its own file because rooms on every floor make html.
"""

from __future__ import annotations

from typing import Final

__all__ = ["NO_MATH"]

NO_MATH: Final = 'class="mathjax_ignore tex2jax_ignore"'
"""
Put into the outermost element, so that `$x^2$` in a prompt stays as it was written.

JupyterLab, Notebook and nbconvert typeset whatever is in html outputs. The first name is that of
MathJax 3 and later, the second one that of MathJax 2, which nbviewer and older hosts have.
"""
