"""From options to an exit code: gather, judge, print, write down."""

from rich.console import Console

from simulator.doctor import answers, report
from simulator.doctor.checks import judge
from simulator.doctor.facts import Asked, Facts
from simulator.doctor.findings import Finding, exit_code
from simulator.doctor.gather.everything import gather
from simulator.doctor.gather.session import AwsClients, look
from simulator.doctor.options import OptionError, Options
from simulator.replay.files import write_all

JSON, PAGE = "doctor.json", "live-checks.md"


def command(options: Options, console: Console) -> int:
    """0: all good, or warnings only; 1: something failed. Raises OptionError and OSError."""
    try:
        clients = AwsClients(options.region, options.endpoint)
    except OSError as error:
        raise OptionError(f"ENDPOINT={options.endpoint}: nothing answers there ({error})") from error
    asked = Asked(
        stack=options.stack,
        region=look(lambda: clients.region),
        component=options.component,
        account=options.account,
        probe=options.probe,
    )
    with console.status("looking ...") as status:

        def step(what: str) -> None:
            status.update(f"looking at {what} ...")

        facts = gather(clients, asked, options.watch, step)
    findings = judge(facts)
    write(options, facts, findings)
    _print(console, options, findings)
    return exit_code(findings)


def write(options: Options, facts: Facts, findings: list[Finding]) -> None:
    found = answers.answers(facts)
    texts = {JSON: [report.document(facts, findings, found)], PAGE: [answers.page(facts, found)]}
    write_all(options.out, texts)


def _print(console: Console, options: Options, findings: list[Finding]) -> None:
    console.print(report.table(findings))
    console.print(report.summary(findings), highlight=False)
    console.print(
        f"As JSON: {options.out / JSON}; answers to open questions: {options.out / PAGE}",
        soft_wrap=True,
        highlight=False,
    )
