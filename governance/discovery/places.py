"""Coordinates split over two columns: latitude and longitude are told by each other, not by themselves."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

from governance.discovery import headers, weights
from governance.discovery.evidence import Evidence
from governance.discovery.sample import Sample
from governance.domain.schema import Family

_LATITUDE = (
    headers.phrases("lat")
    | headers.phrases("latitude")
    | headers.phrases("enlik")
    | headers.phrases("en dairəsi")
    | headers.phrases("широта")
    | headers.phrases("enlem")
    | headers.phrases("breitengrad")
    | headers.phrases("breite")
)
_LONGITUDE = (
    headers.phrases("lon")
    | headers.phrases("lng")
    | headers.phrases("long")
    | headers.phrases("longitude")
    | headers.phrases("uzunluq")
    | headers.phrases("долгота")
    | headers.phrases("boylam")
    | headers.phrases("längengrad")
    | headers.phrases("länge")
)
_NUMBER = re.compile(r"-?\d{1,3}\.(\d+)")
_FINE, _FAR = 4, 20.0
_PRECISE_DECIMALS = 3  # a thousandth of a degree is about a hundred metres
_BOTH_NAMED, _ONE_NAMED, _OPAQUE = 7.0, 5.0, 4.4


def split_coordinates(samples: Sequence[Sample]) -> dict[str, tuple[str, Evidence]]:
    """Name of column -> (category, evidence) for neighbouring pairs of numbers that are degrees with many decimals."""
    found: dict[str, tuple[str, Evidence]] = {}
    measured = [(s, _degrees(s)) for s in samples]
    for (one, first), (other, second) in pairwise(measured):
        if not first or not second or one.column.name in found:
            continue
        (span, decimals), (other_span, other_decimals) = first, second
        named = (headers.says(one.header, _LATITUDE | _LONGITUDE), headers.says(other.header, _LATITUDE | _LONGITUDE))
        if min(span, other_span) > 90:
            continue
        fine = min(decimals, other_decimals)
        if not any(named) and (
            fine < _FINE
            or max(span, other_span) < _FAR
            or headers.says(one.header, headers.NOT_PERSONAL) or headers.says(other.header, headers.NOT_PERSONAL)
        ):
            continue
        weight = _BOTH_NAMED if all(named) else _ONE_NAMED if any(named) else _OPAQUE
        category = "user.location.precise" if fine >= _PRECISE_DECIMALS else "user.location.imprecise"
        words = "it and its neighbour hold pairs of degrees" + (", as the headers say" if any(named) else "")
        for sample in (one, other):
            found[sample.column.name] = (category, Evidence(weight * weights.enough(len(sample.values)), words))
    return found


def _degrees(sample: Sample) -> tuple[float, float] | None:
    """Largest absolute value and typical number of decimals, when nearly all values are degrees."""
    if sample.family not in (Family.NUMBER, Family.TEXT) or not sample.values:
        return None
    matched = [m for m in map(_NUMBER.fullmatch, sample.values) if m]
    if len(matched) < 0.9 * len(sample.values):
        return None
    span = max(abs(float(m[0])) for m in matched)
    places = sorted(len(m[1]) for m in matched)
    if span > 180 or (span < 0.5 and places[len(places) // 2] < _FINE):  # a city on the meridian of Greenwich has small ones
        return None
    return span, places[len(places) // 2]
