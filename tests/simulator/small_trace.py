"""A trace that replays in a moment: two bursts with seven silent minutes between them."""

import sys
from pathlib import Path
from subprocess import PIPE, Popen

ROOT = Path(__file__).resolve().parents[2]
TEXT = "arrival_s,input_tokens,output_tokens,service_s\n" + "".join(
    f"{begin + number * 0.5:.1f},100,50,{4 + number % 5}\n" for begin in (20, 560) for number in range(120)
)


def written(folder: Path) -> Path:
    file = folder / "two-bursts.csv"
    file.write_text(TEXT)
    return file


def started(module: str, *words: str, **environment: str) -> Popen[str]:
    """`python -m module` at the project's root, with nothing else in its environment."""
    command = [sys.executable, "-m", module, *words]
    return Popen(command, cwd=ROOT, env={"PATH": "/usr/bin:/bin", **environment}, stdout=PIPE, stderr=PIPE, text=True)


def finished(module: str, *words: str, **environment: str) -> tuple[int, str, str]:
    """Exit code, standard output and standard error."""
    process = started(module, *words, **environment)
    out, error = process.communicate(timeout=600)
    return process.returncode, out, error
