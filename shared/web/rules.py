"""URL rules that cost nothing until a URL is made from them.

Werkzeug compiles for each rule two small Python functions that put its URL together; that is two thirds of what making
an app takes, and most rules are only ever matched. Here each function is compiled when it is first called.
"""

from collections.abc import Callable
from typing import Any

from werkzeug.routing import Rule as WerkzeugRule


class Rule(WerkzeugRule):
    """A rule whose builders are compiled when they are first called."""

    def _compile_builder(self, append_unknown: bool = True) -> Callable[..., tuple[str, str]]:
        """Return a builder that compiles the real one at its first call."""
        compiled: Callable[..., tuple[str, str]] | None = None
        compile_builder = super()._compile_builder

        def build(*rule: Any, **values: Any) -> tuple[str, str]:
            nonlocal compiled
            if compiled is None:
                compiled = compile_builder(append_unknown)
            return compiled(*rule, **values)

        return build
