"""Named moments at which a test may have this process killed, to prove that nothing is lost there.

`STREETSCENE_FAILPOINT=handled-unacknowledged` (or `…:3`, at the third time) makes the process send itself SIGKILL,
which no handler, `finally` or `atexit` sees: exactly what a power cut or the kernel's out-of-memory killer does.
Without the variable `reach` is one dictionary look-up.
"""

import os
import signal
from collections import Counter

SAVED_UNPUBLISHED = "saved-unpublished"
"""The document and its events are committed; the relay has sent none of them."""

PUBLISHED_UNCLEARED = "published-uncleared"
"""The broker has confirmed events; the relay's cursor has not moved past them."""

HANDLED_UNACKNOWLEDGED = "handled-unacknowledged"
"""A handler has saved its work; the broker has not been told."""

PARKED = "parked"
"""A message has been parked; the broker has not been told."""

SAVED_UNANSWERED = "saved-unanswered"
"""A request has done its work; whoever asked has not been answered, and will ask again."""

MID_PHOTO = "mid-photo"
"""A photo is written; the document that names it is not."""

MID_SEED = "mid-seed"
"""Part of a demonstration's past is made."""

VARIABLE = "STREETSCENE_FAILPOINT"

_reached: Counter[str] = Counter()


def reach(name: str) -> None:
    """Pass a failpoint: do nothing, unless the environment says that this process dies here."""
    wanted, _, times = os.environ.get(VARIABLE, "").partition(":")
    if wanted != name:
        return
    _reached[name] += 1
    if _reached[name] >= int(times or 1):
        os.kill(os.getpid(), signal.SIGKILL)
