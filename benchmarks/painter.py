"""How long a simulated picture takes, beside a gradient that Pillow blurs, in the same run."""

from __future__ import annotations

import io
import time
from typing import TYPE_CHECKING

from PIL import Image, ImageFilter

from leonardo_nb.simulator.painter import encode, paint
from leonardo_nb.simulator.painting.looks import LOOKS

if TYPE_CHECKING:
    from collections.abc import Callable

SIZES = ((512, 512), (1024, 768))
TIMES = 5


def best(work: Callable[[], object]) -> float:
    """Return the shortest of a few runs, in milliseconds of processor time."""
    spent = []
    work()
    for _ in range(TIMES):
        start = time.process_time()
        work()
        spent.append(time.process_time() - start)
    return min(spent) * 1000


def plain(width: int, height: int) -> bytes:
    """Return a gradient, blurred and encoded: the least that a picture can cost."""
    image = Image.linear_gradient("L").resize((width, height)).convert("RGB")
    buffer = io.BytesIO()
    image.filter(ImageFilter.GaussianBlur(8)).save(buffer, "JPEG", quality=90, subsampling=0)
    return buffer.getvalue()


def main() -> None:
    """Print one table a size: milliseconds, and how many plain gradients that is."""
    for width, height in SIZES:
        unit = best(lambda: plain(width, height))  # noqa: B023  called before the loop goes on
        print(f"{width} x {height}: a plain gradient takes {unit:.1f} ms")
        rows = []
        for style in LOOKS:
            members = {"prompt": "a lighthouse at dawn, gulls over the surf", "presetStyle": style}
            members["seed"] = "42"
            spent = best(lambda: encode(paint(members, width=width, height=height)))  # noqa: B023  as above
            rows.append((spent, style))
        for spent, style in sorted(rows, reverse=True):
            print(f"  {style:<18} {spent:6.1f} ms  {spent / unit:5.1f} x")
        mean = sum(spent for spent, _ in rows) / len(rows)
        print(f"  {'mean':<18} {mean:6.1f} ms  {mean / unit:5.1f} x")


if __name__ == "__main__":
    main()
