"""How many 1 MB photos a second residents' form takes over HTTP, beside bare Flask that stores the same file and a row.

Eight senders, one gunicorn with the same configuration on each side, `synchronous=FULL` and files synced on both, turn
and turn about. Two floors: one that keeps the file and no more, and one that also makes the smaller copy, which is most
of the work and which nobody can do without who shows a photo without its metadata. Each photo is another file, and each
request begins another draft: the page as a first visitor sends it.
"""

import re
from dataclasses import replace
from io import BytesIO
from itertools import count
from random import Random

import requests
from PIL import Image

from deploy.local import Child
from shared.config import Settings
from tests.bench.accepting import compared, rounds, servers
from tests.bench.ground import Ground, prepared
from tests.bench.measures import Measure
from tests.bench.senders import Line
from tests.servers.system import free_ports

PHOTO_BYTES = 1_000_000
WIDTH, HEIGHT = 4032, 3024
"""Twelve megapixels, as a phone takes them."""

PATH = "/report/new/photos"
BOUNDARY = "streetscene-bench"
CSRF = re.compile(r'name="csrf_token" value="([^"]+)"')


def measure_photos(ground: Ground) -> list[Measure]:
    """Return the lines of our form beside the floor that stores, and beside the one that makes a copy too."""
    floors = {
        "photos of 1 MB taken over HTTP ÷ bare Flask that stores them": "0",
        "the same ÷ bare Flask that makes the copy to show too": "1",
    }
    found = []
    for number, (what, makes_copy) in enumerate(floors.items()):
        settings = prepared(ground.folder / f"photos-{number}", STREETSCENE_PORT=str(free_ports()))
        with servers(settings, bare="tests.bench.reference_photos:application()") as (launcher, web, _, bare):
            launcher.children = (web, _copying(bare, makes_copy))
            launcher.start()
            photos = Photos(settings)
            sides = rounds(ground, photos, launcher.children[0], launcher.children[1], what="taking photos")
            found.append(compared(what, sides, at_least=None))
    return found


def _copying(bare: Child, makes_copy: str) -> Child:
    """Return the reference told whether to make a copy."""
    return replace(bare, environment={**bare.environment, "STREETSCENE_BENCH_COPY": makes_copy})


class Photos:
    """What the senders send: the first page of the form with another photo each time."""

    def __init__(self, settings: Settings) -> None:
        session = requests.Session()
        page = session.get(f"http://127.0.0.1:{settings.port}{PATH}", timeout=30)
        token = CSRF.search(page.text)
        if token is None:
            raise AssertionError(f"{PATH} answered {page.status_code} without a form")
        cookies = "; ".join(f"{name}={value}" for name, value in session.cookies.items())
        self._headers = {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}", "Cookie": cookies}
        self._before = _part('name="csrf_token"', token[1].encode()) + _head('name="photo"; filename="photo.jpg"')
        self._photo = made_photo()
        self._numbers = count()

    def send(self, line: Line, _number: int) -> bytes:
        """Send one photo and return the answer."""
        # What follows a JPEG's end is no part of the picture, and makes it another file.
        photo = self._photo + f"{next(self._numbers):012}".encode()
        body = self._before + photo + f"\r\n--{BOUNDARY}--\r\n".encode()
        return line.call("POST", PATH, body, self._headers)


def made_photo() -> bytes:
    """Return a JPEG of twelve megapixels and a megabyte: noise so coarse that it is packed as photos are."""
    random = Random(11)
    coarse = Image.frombytes("RGB", (WIDTH // 24, HEIGHT // 24), random.randbytes(WIDTH // 24 * (HEIGHT // 24) * 3))
    picture = coarse.resize((WIDTH, HEIGHT), Image.Resampling.BICUBIC)
    for quality in range(95, 20, -5):
        written = BytesIO()
        picture.save(written, "JPEG", quality=quality)
        if written.tell() <= PHOTO_BYTES:
            break
    return written.getvalue().ljust(PHOTO_BYTES, b"\0")


def _head(disposition: str) -> bytes:
    """Return the beginning of a part of a multipart body."""
    return f"--{BOUNDARY}\r\nContent-Disposition: form-data; {disposition}\r\n\r\n".encode()


def _part(disposition: str, content: bytes) -> bytes:
    """Return a part of a multipart body."""
    return _head(disposition) + content + b"\r\n"
