"""What the head of a sheet says where its run is played again, and nothing is paid."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from leonardo_nb.sweeps.estimate import in_words
from leonardo_nb.sweeps.recorded.theatre import Theatre

if TYPE_CHECKING:
    from leonardo_nb.sweeps.run import Run

__all__ = ["as_replay"]


def as_replay(run: Run, head: dict[str, Any]) -> dict[str, Any]:
    """
    Return *head*, in the words of a replay where *run* is one.

    What it cost is what it had cost; what is left is how long it still plays; nothing can be
    withdrawn or tried again, and stopping is jumping to the end.
    """
    if not isinstance(run.studio, Theatre):
        return head
    _, _, running, waiting, _ = head["bar"]
    is_open = bool(running + waiting)
    is_still = run.studio.play.stands
    actions = []
    if is_open:
        do, label = ("go_on", "Go on") if is_still else ("pause", "Pause")
        actions = [
            {"do": do, "label": label, "consequence": ""},
            {"do": "stop", "label": "To the end", "consequence": "shows the rest at once"},
        ]
    left = f"about {in_words(run.studio.seconds_left)} left"
    return head | {
        "money": f"replay, it cost {head['money']}" if head["money"] else "replay",
        "left": left if is_open and not is_still else "",
        "actions": actions,
        "said": head["said"].replace("Sweep ", "Replay ", 1),
    }
