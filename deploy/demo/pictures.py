"""Made pictures: our own drawings of a made alley with or without a heap, every one a little different.

They are photographs of nothing. Drawing them keeps real people, plates and streets out of a demonstration.
"""

import io
from random import Random

from PIL import Image, ImageDraw

SIZE = (960, 720)
HEAPS = {
    "white-goods": ((225, 228, 230), (190, 196, 200)),
    "green": ((74, 110, 52), (104, 140, 66)),
    "tyres": ((35, 35, 38), (58, 58, 62)),
    "construction-demolition-excavation": ((150, 118, 96), (178, 160, 146)),
}
BAGS = ((28, 30, 34), (52, 56, 62))


def made_photo(random: Random, *, waste_type: str, cleared: bool) -> bytes:
    """Return a JPEG of a made alley, with a heap of the waste or swept clean."""
    light = random.uniform(0.75, 1.1)
    image = Image.new("RGB", SIZE, _shade((168, 190, 206), light))
    draw = ImageDraw.Draw(image)
    horizon = random.randint(250, 320)
    vanishing = random.randint(380, 580)
    draw.polygon(
        [(0, 0), (vanishing - 60, horizon), (vanishing - 60, horizon + 60), (0, 720)], _shade((142, 74, 58), light)
    )
    draw.polygon(
        [(960, 0), (vanishing + 60, horizon), (vanishing + 60, horizon + 60), (960, 720)], _shade((128, 66, 54), light)
    )
    draw.polygon(
        [(0, 720), (vanishing - 60, horizon + 60), (vanishing + 60, horizon + 60), (960, 720)],
        _shade((112, 112, 110), light),
    )
    for row in range(12):
        y = 60 + row * 50
        draw.line([(0, y), (vanishing - 60, horizon + (y - 360) // 8)], _shade((120, 60, 48), light), 2)
        draw.line([(960, y), (vanishing + 60, horizon + (y - 360) // 8)], _shade((108, 56, 46), light), 2)
    if not cleared:
        dark, bright = HEAPS.get(waste_type, BAGS)
        for _ in range(random.randint(5, 11)):
            x, y = random.randint(260, 660), random.randint(440, 600)
            width, height = random.randint(60, 150), random.randint(50, 120)
            shape = draw.rectangle if waste_type == "white-goods" else draw.ellipse
            shape(
                [x, y, x + width, y + height],
                fill=_shade(random.choice((dark, bright)), light),
                outline=_shade(dark, 0.7),
            )
    output = io.BytesIO()
    image.save(output, "JPEG", quality=82)
    return output.getvalue()


def _shade(colour: tuple[int, int, int], light: float) -> tuple[int, int, int]:
    """Return a colour in brighter or weaker light."""
    red, green, blue = (min(255, int(part * light)) for part in colour)
    return red, green, blue


class Pictures:
    """A pool of made pictures: drawn once, they are used again and again, because drawing costs more than a report."""

    EACH = 6
    """Pictures of each kind of heap, and of swept alleys."""

    def __init__(self) -> None:
        self._pool: dict[tuple[str, int], bytes] = {}

    def draw(self, random: Random, *, waste_type: str, cleared: bool) -> bytes:
        """Return one of the pictures of a heap of the waste, or of an alley swept clean."""
        kind = "cleared" if cleared else waste_type if waste_type in HEAPS else "bags"
        key = (kind, random.randrange(self.EACH))
        if key not in self._pool:
            self._pool[key] = made_photo(random, waste_type=waste_type, cleared=cleared)
        return self._pool[key]
