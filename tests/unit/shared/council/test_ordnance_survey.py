"""Importing what Ordnance Survey publishes: made rows in the real layouts, in zips and folders as they come."""

import zipfile
from datetime import date
from pathlib import Path

import pytest

from shared.config import REPOSITORY
from shared.council import load_council
from shared.council.ordnance_survey import import_places
from shared.errors import ConfigError
from shared.geo import distance_m, to_grid

COUNCIL_FILE = REPOSITORY / "deploy/councils/liverpool/council.toml"
COUNCIL = load_council(COUNCIL_FILE)
TODAY = date(2026, 11, 17)
HERE = COUNCIL.gazetteer.places[0]
FAR_AWAY = (437292, 115542)
"""Southampton: Code-Point Open's own example."""


def grid(east: int = 0, north: int = 0) -> tuple[int, int]:
    """A point near the middle of the made city."""
    easting, northing = to_grid(HERE.lat, HERE.lon)
    return round(easting) + east, round(northing) + north


def open_name(osid: str, name: str, local_type: str, at: tuple[int, int], *, kind="transportNetwork", district="LV1"):
    """A line of OS Open Names: 34 columns, no header."""
    row = [""] * 34
    row[0], row[1] = osid, f"http://data.ordnancesurvey.co.uk/id/{osid[4:]}"
    row[2], row[6], row[7] = name, kind, local_type
    row[8], row[9] = (str(metres) for metres in at)
    row[16], row[18], row[29] = district, "Made Town", "England"
    return ",".join(f'"{value}"' if "," in value else value for value in row)


def code_point(postcode: str, at: tuple[int, int], quality: int = 10) -> str:
    """A line of Code-Point Open: 10 columns, texts in quotes, no header, CRLF."""
    codes = '"E92000001","E19000001","E18000002","","E08000012","E05015277"'
    return f'"{postcode}",{quality},{at[0]},{at[1]},{codes}'


def write(path: Path, *lines: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\r\n".join(lines) + "\r\n", encoding="utf-8-sig")
    return path


def brought_in(paths, folder):
    done = import_places(paths, council=COUNCIL, folder=folder, today=TODAY)
    return done, load_council(COUNCIL_FILE, gazetteer=folder).gazetteer


def test_names_within_the_council_are_stored_where_they_are(tmp_path):
    tile = write(
        tmp_path / "SJ28.csv",
        open_name("osgb4000000074559125", "Quince Wharf", "Named Road", grid(300)),
        open_name("osgb4000000074559126", "A5999", "Numbered Road", grid(400)),
        open_name("osgb4000000074559127", "Madebrook", "Suburban Area", grid(500), kind="populatedPlace"),
        open_name("osgb4000000074559128", "Far Street", "Named Road", FAR_AWAY),
        open_name("osgb4000000074559129", "LV1 1AA", "Postcode", grid(), kind="other"),
        open_name("osgb4000000074559130", "Some Hill", "Hill Or Mountain", grid(), kind="landform"),
    )

    done, gazetteer = brought_in([tile], tmp_path / "kept")

    assert (done.rows, done.stored) == (6, {"open-names": 3})
    wharf = gazetteer.place("osgb4000000074559125")
    assert (wharf.name, wharf.kind, wharf.detail) == ("Quince Wharf", "street", "Made Town LV1")
    assert distance_m(wharf.lat, wharf.lon, HERE.lat, HERE.lon) == pytest.approx(300, abs=2)
    assert [place.name for place in gazetteer.search("madebrook")] == ["Madebrook"]
    assert gazetteer.search("far street") == []
    assert gazetteer.place(HERE.id) == HERE, "the council's own places stay"
    assert gazetteer.attributions == ("Contains OS data © Crown copyright and database right 2026",)


def test_sections_of_a_street_are_one_street_and_far_ones_of_the_same_name_are_two(tmp_path):
    tile = write(
        tmp_path / "SJ28.csv",
        open_name("osgb5000000000000001", "Quince Wharf", "Section Of Named Road", grid(0)),
        open_name("osgb4000000000000009", "Quince Wharf", "Named Road", grid(200)),
        open_name("osgb5000000000000002", "Quince Wharf", "Section Of Named Road", grid(400)),
        open_name("osgb4000000000000010", "Damson Court", "Named Road", grid(0)),
        open_name("osgb4000000000000011", "Damson Court", "Named Road", grid(0, 1200)),
    )

    _, gazetteer = brought_in([tile], tmp_path / "kept")

    assert [place.id for place in gazetteer.search("quince wharf")] == ["osgb4000000000000009"]
    assert len(gazetteer.search("damson court")) == 2


def test_postcodes_come_from_the_zip_as_it_is_published(tmp_path):
    parcel = tmp_path / "codepo_gb.zip"
    with zipfile.ZipFile(parcel, "w") as archive:
        archive.writestr("Doc/Code-Point_Open_Column_Headers.csv", "PC,PQ,EA,NO,CY,RH,LH,CC,DC,WC\r\n")
        archive.writestr("Data/CSV/lx.csv", code_point("LX1  2AB", grid(100)) + "\r\n" + code_point("LX109ZZ", grid()))
        archive.writestr("Data/CSV/ly.csv", code_point("LY1 1AA", (0, 0), quality=90) + "\r\n")
        archive.writestr("Data/CSV/so.csv", code_point("SO16 0AS", FAR_AWAY) + "\r\n")

    done, gazetteer = brought_in([parcel], tmp_path / "kept")

    assert (done.rows, done.stored) == (4, {"code-point-open": 2})
    found = gazetteer.search("lx12ab")
    assert (found[0].name, found[0].kind) == ("LX1 2AB", "postcode")
    assert {place.kind for place in found[1:]} <= {"street", "alley", "park", "landmark"}
    assert gazetteer.search("LX10 9zz")[0].name == "LX10 9ZZ"
    assert any("Royal Mail" in said for said in gazetteer.attributions)


def test_an_import_replaces_the_one_before_and_leaves_the_other_product(tmp_path):
    names = write(tmp_path / "a" / "SJ28.csv", open_name("osgb4000000000000001", "Quince Wharf", "Named Road", grid()))
    codes = write(tmp_path / "b" / "lx.csv", code_point("LX1 2AB", grid()))
    again = write(tmp_path / "c" / "SJ28.csv", open_name("osgb4000000000000002", "Damson Court", "Named Road", grid()))
    folder = tmp_path / "kept"
    brought_in([names.parent, codes], folder)

    _, gazetteer = brought_in([again], folder)

    assert gazetteer.search("quince wharf") == []
    assert gazetteer.search("damson court") != []
    assert gazetteer.search("LX1 2AB") != []


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("only,three,columns", "has 3 columns; OS Open Names has 34"),
        (code_point("NOT A POSTCODE", (1, 1)), "'NOT A POSTCODE' is not a postcode"),
        (code_point("LX1 2AB", ("here", 1)), "'here' is not a coordinate"),
        (code_point("SO16 0AS", FAR_AWAY), "None of the 1 rows lies in"),
        ("", "has no CSV file with rows"),
        ("\x00\udcff", "is not a CSV file in UTF-8"),
    ],
)
def test_what_is_neither_product_is_refused_and_nothing_is_stored(tmp_path, line, said):
    file = tmp_path / "bad.csv"
    file.write_bytes(line.encode("utf-8", "surrogateescape") + b"\r\n")

    with pytest.raises(ConfigError, match=said):
        import_places([file], council=COUNCIL, folder=tmp_path / "kept", today=TODAY)

    assert not (tmp_path / "kept").exists()


def test_a_damaged_zip_is_refused(tmp_path):
    damaged = tmp_path / "codepo_gb.zip"
    damaged.write_bytes(b"PK\x03\x04 nothing")

    with pytest.raises(ConfigError, match="is not a zip"):
        import_places([damaged], council=COUNCIL, folder=tmp_path / "kept", today=TODAY)
