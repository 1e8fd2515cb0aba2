"""Add up what came through cleaning."""

import csv

import digdag
from tasks import lake


def revenue(hour: str) -> None:
    amounts = [
        float(amount)
        for path in sorted(lake.folder(hour, "clean").glob("*.csv"))
        for _, amount in csv.reader(path.open())
    ]
    digdag.env.store(orders=len(amounts), revenue=round(sum(amounts)))
    print(f"{len(amounts)} orders add up to {sum(amounts):.2f}")
