"""Where in the made city somebody leaves something: on a made street or alley, on some far more often than others."""

from collections.abc import Collection
from random import Random

from deploy.councils.liverpool.make_map import line_of
from shared.council import Council, Place
from shared.geo import distance_m

KINDS = {"back-alleyway": "alley", "highway": "street"}
"""The kind of place for each type of land that is reported."""

WORDS = {
    "alley": ("Left in the alley", "Dumped behind the houses", "In the entry, against the wall", "By the alley gate"),
    "street": ("Left on the pavement", "At the kerb since yesterday", "Dumped by the lamp post", "On the grass verge"),
}
AWAY_M = 150.0
"""Nothing is left this near to the places of the cast: what is told about them would not be true any more."""


class Streets:
    """The made streets and alleys, each as likely as it is a hot spot."""

    def __init__(self, council: Council, *, unevenness: float, without_places: Collection[str] = ()) -> None:
        """Weigh the places: log-normal with `unevenness` as its sigma, every place the same in every run."""
        places = council.gazetteer.places
        self._avoided = [place for place in places if place.id in without_places]
        self._weights = {
            kind: {
                place: Random(place.id).lognormvariate(0, unevenness)  # noqa: S311 - a made city, not a secret
                for place in places
                if place.kind == kind and place.id not in without_places
            }
            for kind in KINDS.values()
        }

    def draw(self, land: str, random: Random) -> tuple[float, float, str]:
        """Return latitude and longitude of a spot on a street or alley, and what somebody says about it."""
        weights = self._weights[KINDS[land]]
        while True:
            (place,) = random.choices(list(weights), weights=list(weights.values()))
            spot = self._along(place, random.random())
            if all(distance_m(*spot, avoided.lat, avoided.lon) > AWAY_M for avoided in self._avoided):
                return *spot, random.choice(WORDS[place.kind])

    @staticmethod
    def _along(place: Place, share: float) -> tuple[float, float]:
        """Return the spot after a share of the line of a street or alley."""
        spot = line_of(place.id, place.kind, lat=place.lat, lon=place.lon).interpolate(share, normalized=True)
        return round(spot.y, 6), round(spot.x, 6)
