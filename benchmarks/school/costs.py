"""What machines cost, and what a million pictures take: arithmetic on measured seconds and stated prices.

Euros and dollars are not added up or converted. Every price is a field: give your own.
"""

import math
from dataclasses import dataclass

HOUR = 3600.0


@dataclass(frozen=True)
class Prices:
    """What is paid, and where each figure is from.

    Assumed: `machine` euros a computer, `years` of its life, `watts` it draws while lessons last, `days` of school a
    year, and `night`, hours in which nobody needs the machines. `kilowatt_hour` euros: Eurostat, EU average of
    non-household consumers, first half of 2025. `cloud_hour` dollars for two virtual processors: m7g.large on demand in
    us-east-1, June 2026, as published by factualminds.com.
    """

    machine: float = 500.0
    years: float = 5.0
    watts: float = 40.0
    kilowatt_hour: float = 0.1902
    cloud_hour: float = 0.0816
    days: int = 190
    night: float = 10.0

    def own_year(self, machines: int, hours: float) -> float:
        """Euros a year for machines of one's own, so many hours a day: their price spread out, and electricity."""
        return machines * (self.machine / self.years + self.days * hours * self.watts / 1000 * self.kilowatt_hour)

    def cloud_year(self, machines: int, hours: float) -> float:
        """Dollars a year for as many rented ones."""
        return machines * self.days * hours * self.cloud_hour


@dataclass(frozen=True)
class Pictures:
    """A folder of pictures: how many, seconds of a core for each, cores of a machine, seconds until a cluster works."""

    count: int
    seconds: float
    cores: int
    start: float

    @property
    def hours(self) -> float:
        """Of one machine, all of whose cores compute, each a picture of its own."""
        return self.count * self.seconds / self.cores / HOUR

    def machines_for(self, hours: float) -> int:
        """How many finish within so many hours, the start included."""
        return math.ceil(self.hours / (hours - self.start / HOUR))

    def pays_from(self, machines: int) -> int:
        """From how many pictures on a cluster of so many machines is done before one machine without it.

        n·t > start + n·t / machines, with t = seconds / cores; what travels over the network is left out.
        """
        return math.ceil(self.start / (self.seconds / self.cores * (1 - 1 / machines)))
