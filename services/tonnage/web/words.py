"""The words that tonnage's pages use for streams, origins and the sets that a rate is made of."""

from collections.abc import Mapping, Sequence

from shared.council import Council

STREAMS: Mapping[str, str] = {
    "residual": "Residual",
    "dry-recycling": "Dry recycling",
    "organic": "Food and garden",
    "electrical": "Electrical",
    "inert": "Rubble and soil",
    "hazardous": "Hazardous",
}

SETS: Mapping[str, str] = {
    "origin:fly-tip": "Cleared fly-tips",
    "origin:collection": "Other collections",
    "recycled": "Sent for recycling",
    "household": "Household, without fly-tips",
    "household-recycled": "Household, without fly-tips, recycled",
    "household-with-streets": "Household, with fly-tips",
    "household-with-streets-recycled": "Household, with fly-tips, recycled",
}

STATUSES: Mapping[str, str] = {
    "recorded": "Counting",
    "awaits-tip": "Waiting for their tip",
    "voided": "Voided",
}


def stream_words(code: str) -> str:
    """Return the words for a stream."""
    return STREAMS.get(code, code.replace("-", " ").capitalize())


def material_words(council: Council, code: str) -> str:
    """Return the council's name for a material."""
    for material in council.materials.values():
        if material.material == code:
            return material.name
    return code.replace("-", " ").capitalize()


def what_words(council: Council, what: str) -> str:
    """Return the words for what a list of tickets is narrowed to."""
    kind, _, code = what.partition(":")
    if kind == "material":
        return material_words(council, code)
    if kind == "stream":
        return stream_words(code)
    return SETS.get(what, what)


def what_choices(council: Council) -> Sequence[tuple[str, str]]:
    """Return everything that a list of tickets can be narrowed to, for a select."""
    materials = sorted(
        {(f"material:{material.material}", material.name) for material in council.materials.values()},
        key=lambda choice: choice[1],
    )
    streams = sorted({material.stream for material in council.materials.values()})
    return [
        ("", "Everything"),
        *((f"stream:{stream}", f"Stream: {stream_words(stream)}") for stream in streams),
        *SETS.items(),
        *materials,
    ]
