"""Look at each region that delivered, in a subtask of its own: one bad region is seen at once."""

import digdag
from tasks import lake


def regions(hour: str) -> None:
    for path in sorted(lake.folder(hour, "clean").glob("*.csv")):
        digdag.env.add_subtask(enough, region=path.stem)
    digdag.env.subtask_config["_parallel"] = True


def enough(hour: str, region: str) -> None:
    count = len((lake.folder(hour, "clean") / f"{region}.csv").read_text().splitlines())
    if count < 10:
        raise ValueError(f"only {count} orders from {region}: is its shop down?")
    print(f"{region}: {count} orders, fine")
