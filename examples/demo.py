"""The main job from end to end, for real: `make demo`.

Each command is printed before it runs, with its own output below it. Everything lies in one scratch
folder, which is named at the end and may be deleted. A step that does not do what it says ends the
demo with exit code 1, and with the server's log.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import NoReturn

SHOP = Path(__file__).resolve().parent / "shop"
PATIENCE = 20  # seconds for anything that is waited for


class Demo:
    def __init__(self) -> None:
        self.scratch = Path(tempfile.mkdtemp(prefix="digbot-demo-")).resolve()
        self.folder = self.scratch
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.server: subprocess.Popen[bytes] | None = None
        self.environment = environment(self.scratch, self.url)

    def show(self, command: str, *expected: str, fails: bool = False) -> str:
        """Print a command, run it, pass its output on, and check both; the output."""
        say(f"$ {command}", "1")
        process = subprocess.Popen(
            command,
            shell=True,
            cwd=self.folder,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        lines = []
        for line in process.stdout or ():
            print(line, end="", flush=True)
            lines.append(line)
        code = process.wait()
        if (code != 0) is not fails:
            self.give_up(f"exit code {code}", command)
        output = "".join(lines)
        for text in expected:
            if not re.search(text, output):
                self.give_up(f"nothing in its output looks like {text!r}", command)
        return output

    def give_up(self, why: str, command: str) -> NoReturn:
        log = self.scratch / "server.log"
        say(f"\nThe demo failed: {why}, after\n  {command}", "31")
        print(f"Its folder is kept: {self.scratch}")
        if log.exists():
            print("The end of the server's log:\n" + "".join(log.open().readlines()[-30:]))
        raise SystemExit(1)

    def start_server(self) -> None:
        """In the background; goes on when it answers."""
        command = f"digbot server --database data --port {self.port}"
        say(f"$ {command} > server.log 2>&1 &", "1")
        with (self.scratch / "server.log").open("wb") as log:
            self.server = subprocess.Popen(
                command.split(), cwd=self.scratch, env=self.environment, stdout=log, stderr=log
            )
        end = time.monotonic() + PATIENCE
        while not (answers(self.url) and (self.scratch / "server.log").stat().st_size):
            if self.server.poll() is not None or time.monotonic() > end:
                self.give_up("the server does not answer", command)
            time.sleep(0.05)

    def stop_server(self) -> None:
        if self.server is None or self.server.poll() is not None:
            return
        self.server.send_signal(signal.SIGTERM)
        try:
            self.server.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self.server.kill()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(f"{url}/api/version", timeout=1):
            return True
    except (urllib.error.URLError, OSError):
        return False


def environment(scratch: Path, url: str) -> dict[str, str]:
    """The user's environment, less the user's settings of git and digbot."""
    shutil.copytree(SHOP, scratch / "shop", ignore=shutil.ignore_patterns("__pycache__"))
    person = {"NAME": "Dana Diver", "EMAIL": "dana@shop.example"}
    return {
        **{key: value for key, value in os.environ.items() if not key.startswith("GIT_")},
        **{
            f"GIT_{role}_{key}": value
            for role in ("AUTHOR", "COMMITTER")
            for key, value in person.items()
        },
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_CONFIG_SYSTEM": os.devnull,
        "GIT_TERMINAL_PROMPT": "0",
        "HOME": str(scratch),
        "XDG_CONFIG_HOME": str(scratch / "config"),
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "PYTHONUNBUFFERED": "1",
        "DIGBOT_CONFIG": f"client.http.endpoint = {url}",
        "SHOP_LAKE": str(scratch / "lake"),
    }


def say(text: str, style: str) -> None:
    print(f"\033[{style}m{text}\033[0m" if sys.stdout.isatty() else text, flush=True)


def step(number: int, title: str) -> None:
    say(f"\n== {number}/5  {title}", "1;36")


def attempt_id(output: str, project: str) -> str:
    """The id of the first attempt of a project in a list of attempts."""
    blocks = re.split(r"\n(?=\s*(?:session id|attempt id): )", output)
    for block in re.split(r"\n\s*\n", output) + blocks:
        found = re.search(r"attempt id: (\d+)", block)
        if found and re.search(rf"project: {project}\b", block):
            return found[1]
    raise SystemExit(f"The demo failed: no attempt of {project} in that list")


def serve(demo: Demo) -> None:
    step(1, "A server, with a fresh data folder")
    demo.start_server()
    demo.show("cat server.log", str(demo.port), "/git/")


def deploy(demo: Demo) -> None:
    step(2, "A push deploys: two projects, a schedule and a trigger")
    demo.folder = demo.scratch / "shop"
    demo.show("ls *")
    demo.show(
        "git init --quiet --initial-branch main && git add . && git commit --quiet -m 'A shop'"
    )
    demo.show(f"git remote add origin {demo.url}/git/shop.git")
    demo.show("git push origin main", r"etl +r1\b.*deployed", r"report +r1\b.*deployed")


def run(demo: Demo) -> None:
    step(3, "A session runs, and its success starts the report")
    demo.show("cat etl/orders.dig")
    started = demo.show("digbot start etl orders --session '2026-11-20 08:00:00' --wait", "success")
    attempt = attempt_id(started, "etl")
    demo.show(f"digbot log {attempt}", "orders from europe", r"\d+ orders \| \d+ EUR")
    chain = demo.show("digbot attempts", commit(demo), rf"(?i)trigger.*\b{attempt}\b")
    report = attempt_id(chain, "report")
    demo.show(f"digbot log {report} --follow", "Best region", commit(demo))


def refuse(demo: Demo) -> None:
    step(4, "A mistake is found before it runs, and never gets onto main")
    mistake = (r"etl/orders\.dig:\d+:\d+", "_paralell", r"_parallel\b")
    demo.show("git switch --quiet --create faster")
    demo.show(f"{sed('_parallel', '_paralell', 'etl/orders.dig')}; git diff --unified=0")
    demo.show("git commit --quiet --all -m 'Fetch faster'")
    demo.show("git push origin faster", *mistake)
    demo.show("git switch --quiet main && git merge --quiet faster")
    demo.show("git push origin main", "remote rejected", *mistake, fails=True)
    demo.show("git reset --quiet --hard origin/main")
    demo.show("digbot start etl orders --session '2026-11-20 09:00:00' --wait", "success")


def revert(demo: Demo) -> None:
    step(5, "A good change is pushed, and taken back")
    r1 = commit(demo)
    demo.show(
        f"{sed('EUR', 'USD', 'etl/orders.dig')}; git commit --quiet --all -m 'Count in dollars'"
    )
    demo.show("git push origin main", r"etl +r2\b.*deployed", "not touched by this push: report")
    r2 = commit(demo)
    between = attempt_id(
        demo.show("digbot start etl orders --session '2026-11-20 10:00:00' --wait", "success"),
        "etl",
    )
    demo.show("git revert --no-edit HEAD")
    demo.show("git push origin main", "rolled back to the content of r1")
    after = attempt_id(
        demo.show("digbot start etl orders --session '2026-11-20 11:00:00' --wait", "success"),
        "etl",
    )
    demo.show(f"digbot attempt {between}", r"\br2\b", r2)
    demo.show(f"digbot log {between} +orders+done", "USD")
    demo.show(f"digbot attempt {after}", r"\br1\b", commit(demo))
    demo.show(f"digbot log {after} +orders+done", "EUR")
    if r1 == r2:
        demo.give_up("two commits have one name", "git push origin main")


def sed(old: str, new: str, file: str) -> str:
    """An edit, as a command that GNU and BSD understand alike."""
    return f"sed 's/{old}/{new}/' {file} > edited && mv edited {file}"


def commit(demo: Demo) -> str:
    """The beginning of the commit that is checked out, as reports show it."""
    command = ["git", "rev-parse", "--short=7", "HEAD"]
    return subprocess.check_output(
        command, cwd=demo.folder, env=demo.environment, text=True
    ).strip()


def main() -> None:
    demo = Demo()
    try:
        for part in (serve, deploy, run, refuse, revert):
            part(demo)
    finally:
        demo.stop_server()
    say("\nThat was the whole path. The server has stopped.", "1;36")
    print(f"Everything it made is in {demo.scratch}, which you may delete.")


if __name__ == "__main__":
    main()
