"""What the terminal shows at the end."""

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from simulator.demo.figures import Wake, copy_seconds, second, steps, waits, wake
from simulator.demo.story import Story
from simulator.demo.verdict import Link, links


def clock(seconds: float | None) -> str:
    """Minutes and seconds since the first arrival; a dash where it did not happen."""
    if seconds is None:
        return "-"
    whole = round(seconds)
    return f"{whole // 60}:{whole % 60:02d}" if whole >= 0 else f"-0:{-whole:02d}"


def report(story: Story) -> RenderableType:
    parts = [_wake(story), _steps(story), _numbers(story)]
    if story.headstart:
        parts.append(_decisions(story))
    parts.append(_chain(links(story)))
    return Group(*(part for table in parts for part in (Text(), table)))


def wake_rows(found: Wake, *, headstart: bool) -> list[tuple[str, float | None, float | None]]:
    """(link, second it happened, seconds since the link before it)."""
    asked = "" if found.asked is None else f" for {found.asked} {'copy' if found.asked == 1 else 'copies'}"
    who = "Lambda's" if headstart else "Auto Scaling's"
    moments = [
        ("first refused request", found.first_refusal),
        ("its alarm in ALARM", found.alarm),
        (f"{who} write{asked}", found.write),
        ("first copy in service", found.in_service),
        ("first request served", found.first_success),
    ]
    rows: list[tuple[str, float | None, float | None]] = []
    before: float | None = None
    for name, at in moments:
        rows.append((name, at, None if at is None or before is None else at - before))
        before = before if at is None else at
    return rows


def _wake(story: Story) -> Table:
    table = _table("Wake from zero", "", ("at", "right"), ("after", "right"))
    for name, at, since in wake_rows(wake(story), headstart=story.headstart):
        table.add_row(name, "-" if at is None else f"{at:.1f} s", "" if since is None else f"+{since:.1f} s")
    return table


def _steps(story: Story) -> Table:
    table = _table("Copies asked for", ("at", "right"), "by", ("copies", "right"), "why")
    for step in steps(story):
        table.add_row(clock(step.at), step.who, f"{step.before} -> {step.asked}", step.why)
    blocked = [write for write in story.writes() if write.outcome != "accepted"]
    for write in blocked:
        table.add_row(clock(write.at), story.who(write), "-", f"{write.outcome}: an update was in flight")
    if not table.rows:
        table.add_row("-", "nobody", "-", "no copy count was written")
    return table


def number_rows(story: Story) -> list[tuple[str, str]]:
    found = waits(story)
    return [
        ("requests", str(found.requests)),
        ("served before the end", str(found.served)),
        ("gave up", str(found.gave_up)),
        ("still waiting at the end", f"{found.unserved}{', counted with their wait so far' * bool(found.unserved)}"),
        ("wait, mean", f"{found.mean_s:.1f} s"),
        ("wait, half / 95 % of requests within", f"{found.p50_s:.1f} s / {found.p95_s:.1f} s"),
        ("waited over 10 s", f"{found.slow_share:.0%}"),
        ("copy-seconds", f"{copy_seconds(story):.0f}"),
    ]


def _numbers(story: Story) -> Table:
    table = _table("In numbers", "", "")
    for row in number_rows(story):
        table.add_row(*row)
    return table


def _decisions(story: Story) -> Table:
    title = f"Decisions, from the signed API ({len(story.decisions)} on {story.api.pages} pages)"
    table = _table(title, ("at", "right"), "signal", "outcome", "reason")
    held = 0
    for decision in story.decisions:
        kind = decision["outcome"]["kind"]
        if kind == "held":
            held += 1
            continue
        table.add_row(clock(second(story, decision["at"])), decision["signal"], kind, decision["reason"])
    table.add_row("", "", f"{held} x held", "looks after which nothing had to change; the page has them all")
    return table


def _chain(chain: list[Link]) -> Table:
    table = _table("The chain", "", ("at", "right"), "")
    for link in chain:
        mark = Text("broken", "bold red") if link.broken else Text("ok", "green")
        table.add_row(
            Text.assemble(mark, "  ", link.name),
            "" if link.at is None else f"{link.at:.1f} s",
            link.broken or link.seen,
        )
    return table


def _table(title: str, *columns: str | tuple[str, str]) -> Table:
    table = Table(title=title, title_justify="left", title_style="bold", box=None, padding=(0, 2, 0, 0), expand=False)
    for column in columns:
        name, side = (column, "left") if isinstance(column, str) else column
        table.add_column(name, justify="right" if side == "right" else "left", header_style="dim", overflow="fold")
    return table
