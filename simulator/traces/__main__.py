"""`python -m simulator.traces`, called by `make fetch-history`: COMPONENT, and perhaps HOURS, SEED and OUT."""

import os
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import boto3
from botocore.exceptions import BotoCoreError, ClientError, NoCredentialsError, NoRegionError

from simulator.replay.files import write_all
from simulator.traces.history import MOST_HOURS, HistoryError, fetch

USAGE = f"make fetch-history COMPONENT=name [HOURS=1 to {MOST_HOURS}] [SEED=0 or more] [OUT=file.csv]"
HELPFUL = {
    NoCredentialsError: "set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY",
    NoRegionError: "set AWS_REGION",
    ClientError: "it takes cloudwatch:ListMetrics and cloudwatch:GetMetricData",
}


class Wanted(NamedTuple):
    component: str
    hours: int
    seed: int
    out: Path

    @classmethod
    def of(cls, said: Mapping[str, str]) -> "Wanted":
        """Raises HistoryError."""
        component = said.get("COMPONENT", "").strip()
        if not component:
            raise HistoryError(f"COMPONENT is missing: {USAGE}")
        hours, seed = _whole("HOURS", said.get("HOURS") or "24"), _whole("SEED", said.get("SEED") or "1")
        if not 1 <= hours <= MOST_HOURS:
            raise HistoryError(f"HOURS={hours}: must be 1 to {MOST_HOURS}; CloudWatch keeps minutes for 15 days")
        # The name says what the trace is not: a record of arrivals. A report shows it.
        out = said.get("OUT") or f"out/{component}-drawn-{seed}.csv"
        return cls(component, hours, seed, Path(out))


def _whole(name: str, text: str) -> int:
    if not (text.isascii() and text.isdecimal()):
        raise HistoryError(f"{name}={text}: must be a whole number; {USAGE}")
    return int(text)


def main() -> int:
    try:
        wanted = Wanted.of(os.environ)
        client = boto3.session.Session().client("cloudwatch", region_name=_region())
        history = fetch(client, wanted.component, time.time(), wanted.hours)  # noqa: TID251  the history up to now
        write_all(wanted.out.parent, {wanted.out.name: history.rows(wanted.seed)})
    except (HistoryError, OSError) as refused:
        return _refused(str(refused))
    except (ClientError, BotoCoreError) as error:
        help_text = next((text for kind, text in HELPFUL.items() if isinstance(error, kind)), "")
        return _refused(f"CloudWatch could not be asked: {error}" + (f"; {help_text}" if help_text else ""))
    sys.stdout.write("\n".join([*history.told(wanted.seed), f"{wanted.out}", ""]))
    return 0


def _region() -> str | None:
    """botocore itself reads only AWS_DEFAULT_REGION."""
    return os.environ.get("AWS_REGION") or None


def _refused(text: str) -> int:
    sys.stderr.write(f"fetch-history: {text}\n")
    return 2


if __name__ == "__main__":
    sys.exit(main())
