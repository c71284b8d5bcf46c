"""Lambda's recursion stop, imitated.

Lambda counts how often one chain of requests has come back to the same function. The count rides in the `Lineage`
part of the X-Ray trace header: Lambda hands the header to the function, the SDK sends it along as
`X-Amzn-Trace-Id`, SQS keeps it as the message's `AWSTraceHeader`, and Lambda reads it from there at the next
invocation. "If your function is invoked approximately 16 times in the same chain of requests, then Lambda
automatically stops the next function invocation in that request chain" (Lambda Developer Guide, "Use Lambda recursive
loop detection"); `RecursiveLoop: Allow` opts a function out. "Approximately" is taken as exactly; the format of the
lineage and the hash in it are assumed.
"""

import hashlib
import secrets
import urllib.parse
from collections.abc import Iterable
from dataclasses import dataclass

MAX_ROUNDS = 16


@dataclass(frozen=True, slots=True)
class Trace:
    """A parsed trace header: the root id, and for each function (by hash) how often the chain has run it."""

    root: str
    rounds: dict[str, int]

    @classmethod
    def parse(cls, header: str | None) -> "Trace":
        """Reads `Root=...;...;Lineage=1:hash:n|hash:n`; anything unreadable counts as a new chain."""
        fields = dict(part.strip().partition("=")[::2] for part in urllib.parse.unquote(header or "").split(";"))
        rounds: dict[str, int] = {}
        _version, _, entries = fields.get("Lineage", "").partition(":")
        for entry in filter(None, entries.split("|")):
            function, _, count = entry.rpartition(":")
            if function and count.isdecimal():
                rounds[function] = int(count)
        return cls(root=fields.get("Root") or f"1-{secrets.token_hex(4)}-{secrets.token_hex(12)}", rounds=rounds)

    @classmethod
    def merge(cls, headers: Iterable[str | None]) -> "Trace":
        """The trace of a batch: the longest chain of each function in it."""
        traces = [cls.parse(header) for header in headers]
        rounds: dict[str, int] = {}
        for trace in traces:
            for function, count in trace.rounds.items():
                rounds[function] = max(count, rounds.get(function, 0))
        return cls(root=traces[0].root, rounds=rounds) if traces else cls.parse(None)

    def rounds_of(self, function_arn: str) -> int:
        """How often this chain has run the function so far."""
        return self.rounds.get(_hash(function_arn), 0)

    def entering(self, function_arn: str) -> str:
        """The header for one more invocation of the function."""
        rounds = self.rounds | {_hash(function_arn): self.rounds_of(function_arn) + 1}
        return Trace(root=self.root, rounds=rounds).header()

    def header(self) -> str:
        """The trace as a header value."""
        lineage = "|".join(f"{function}:{count}" for function, count in self.rounds.items())
        return f"Root={self.root};Parent={secrets.token_hex(8)};Sampled=0;Lineage=1:{lineage}"


def must_stop(trace: Trace, function_arn: str, recursive_loop: str | None) -> bool:
    """Whether Lambda refuses the next invocation; `recursive_loop` is the function's setting, None the default."""
    return recursive_loop != "Allow" and trace.rounds_of(function_arn) >= MAX_ROUNDS


def _hash(function_arn: str) -> str:
    return hashlib.sha256(function_arn.encode()).hexdigest()[:8]
