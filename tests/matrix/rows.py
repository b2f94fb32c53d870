"""All rows, in the order of the table, and where they are measured."""

from __future__ import annotations

from campaign import Site
from lan_bed import LanSite
from lan_rows import LAN
from row import Row, Timing
from swarm_bed import SwarmSite
from swarm_rows import SWARM

PLACES = [LAN, SWARM]


def all_rows() -> list[Row]:
    return [row for place in PLACES for row in place.rows]


def timing(row: Row) -> Timing:
    return next(place.timing for place in PLACES if place.name == row.place)


def open_site(place: str) -> Site:
    return {LAN.name: LanSite, SWARM.name: SwarmSite}[place]()


def in_words(row: Row) -> str:
    return f"{row.name} ({row.place}): {row.words}. Promised: {row.target}"
