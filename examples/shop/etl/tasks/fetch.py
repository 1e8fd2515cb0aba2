"""Fetch the orders of a region. Here they are drawn by lot: the same ones for the same hour."""

import random

from tasks import lake

SIZES = {"europe": 40, "america": 60, "asia": 25}


def orders(region: str, hour: str) -> None:
    lot = random.Random(f"{region} {hour}")
    lines = [f"{region}-{number},{amount(lot)}\n" for number in range(SIZES[region])]
    path = lake.folder(hour, "raw") / f"{region}.csv"
    path.write_text("".join(lines))
    print(f"{len(lines)} orders from {region}")


def amount(lot: random.Random) -> str:
    """The sum of one order; one in twenty was broken on the way."""
    return "" if lot.random() < 0.05 else f"{lot.uniform(5, 120):.2f}"
