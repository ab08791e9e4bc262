"""What a run of the benchmarks is set to, and what it says while it goes on."""

import sys
from dataclasses import dataclass, field
from pathlib import Path


@dataclass
class Setting:
    airlift: Path
    before: Path | None
    """An older build of the same program, to be measured beside it."""
    rounds: int
    size: int
    """Bytes of the one large file."""
    quick: bool
    memory: Path
    """A folder of this run alone, in memory."""
    disk: Path
    """A folder of this run alone, on a disk."""
    skipped: list = field(default_factory=list)

    def skip(self, what):
        """Nothing is left out silently: it is said now, and again in the report."""
        say(f"SKIPPED: {what}")
        if what not in self.skipped:
            self.skipped.append(what)

    def take_skipped(self):
        """What was left out since this was asked last."""
        taken, self.skipped = self.skipped, []
        return taken


def say(text):
    print(text, file=sys.stderr, flush=True)


def sized(count):
    """Bytes, as a person writes them."""
    for unit in ("B", "KiB", "MiB", "GiB"):
        if count < 1024 or unit == "GiB":
            return f"{count:.4g} {unit}"
        count /= 1024
