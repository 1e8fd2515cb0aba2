"""What docs/digdag-differences.md promises, one test per line of its tables (or a scenario, or a unit test).

Lines that begin with MARK are what a test looks at, as in tests/conformance.
"""

from __future__ import annotations

import itertools
import re
import time
import urllib.request
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import pytest

from tests.support.server import Refused, Server, archive

NUMBERS = itertools.count()


class Ended(NamedTuple):
    """An attempt that is done: its states, and the errors of its tasks by name."""

    id: str
    project: str
    status: str
    states: dict[str, str]
    errors: dict[str, str]
    marks: list[str]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with Server(tmp_path_factory.mktemp("server")) as running:
        yield running


@pytest.fixture
def run(server: Server):
    def run(files: str | Mapping[str, str], **params: Any) -> Ended:
        """Upload (one text is main.dig), start, and wait."""
        texts = {"main.dig": files} if isinstance(files, str) else files
        project = server.upload(f"p{next(NUMBERS)}", texts)
        return ended(server, project, server.start(project, "main", params=params))

    return run


def ended(server: Server, project: str, attempt: str) -> Ended:
    status = server.wait(attempt)["status"]
    tasks = server.tasks(attempt)
    lines = server.task_log(attempt).splitlines()
    return Ended(
        attempt,
        project,
        status,
        {task["fullName"]: task["state"] for task in tasks},
        {task["fullName"]: task["error"]["message"] for task in tasks if task["error"]},
        [line.removeprefix("MARK ") for line in lines if line.startswith("MARK ")],
    )


def runs_of(server: Server, got: Ended, task: str) -> int:
    """How often a task ran: each execution begins with a line that names operator and command."""
    return len(re.findall(r" digbot: (?:sh|fail)>: ", server.task_log(got.id, task)))


def again(server: Server, first: Ended) -> Ended:
    """The same session once more, resuming what failed."""
    resume = {"mode": "failed", "attemptId": first.id}
    more = {"retryAttemptName": f"again-{next(NUMBERS)}", "resume": resume}
    return ended(server, first.project, server.start(first.project, "main", **more))


class TestExpressions:
    def test_values_are_evaluated_by_what_they_refer_to(self, run):
        got = run(
            '_export: {x: "${y}", y: "${z}", z: 1, m: {n: "<${x}>"}}\n+a: {echo>: "MARK ${x}${m.n}"}\n'
        )

        assert got.marks == ["1<1>"]

    def test_a_circle_is_named(self, run):
        got = run('_export: {x: "${y}", y: "${x}"}\n+a: {echo>: "MARK ${x}"}\n')

        assert got.status == "error"
        assert "x" in got.errors["+main+a"]
        assert "y" in got.errors["+main+a"]

    def test_stored_values_are_never_evaluated(self, run):
        script = "import digdag\ndef keep():\n    digdag.env.store(v='${session_id} ${')\n"
        got = run({"main.dig": "+a: {py>: t.keep}\n+b: {echo>: 'MARK ${v}'}\n", "t.py": script})

        assert got.marks == ["${session_id} ${"]

    def test_a_message_with_an_expression_does_not_break_error_tasks(self, run):
        got = run("+a: {echo>: '${nowhere}'}\n_error: {echo>: 'MARK ${error.message}'}\n")

        assert len(got.marks) == 1
        assert "${nowhere}" in got.marks[0]

    def test_a_broken_export_fails_only_those_that_use_it(self, run):
        got = run(
            "_export: {bad: '${nowhere}', good: 1}\n_parallel: true\n"
            "+a: {echo>: 'MARK a ${good}'}\n+b: {echo>: 'MARK b ${bad}'}\n"
            "_error: {echo>: 'MARK error ${typeof bad}'}\n"
        )

        assert sorted(got.marks) == ["a 1", "error undefined"]
        assert "nowhere" in got.errors["+main+b"]

    def test_an_expression_can_be_written_as_text(self, run):
        assert run("+a: {echo>: 'MARK $\\{x}'}\n").marks == ["${x}"]

    def test_braces_in_texts_and_comments_do_not_count(self, run):
        assert run("""+a: {echo>: 'MARK ${"}" + 1 /* } */ + "{"}'}\n""").marks == ["}1{"]

    @pytest.mark.parametrize("key", ["_type: fail", '"sh>": exit 1', '"fail>": x'])
    def test_only_a_tasks_own_keys_choose_its_operator(self, run, key):
        assert run(f"_export: {{{key}}}\n+a: {{echo>: MARK mine}}\n").marks == ["mine"]

    def test_null_is_an_empty_text_in_the_environment(self, run):
        assert run("_export: {x: null}\n+a: {sh>: 'echo \"MARK <$x>\"'}\n").marks == ["<>"]


class TestDefinitions:
    def refused(self, server: Server, files: Mapping[str, str]) -> str:
        path = f"/api/projects?project=refused{next(NUMBERS)}&revision=r"
        with pytest.raises(Refused) as caught:
            server.call("PUT", path, archive(files), content_type="application/gzip")
        assert caught.value.status == 400
        return caught.value.message

    def test_an_include_stays_in_its_folder_by_components(self, server):
        files = {
            "main.dig": "!include : 'sub/a.dig'\n",
            "sub/a.dig": "!include : '../sub2/b.dig'\n",
            "sub2/b.dig": "+a: {echo>: x}\n",
        }

        assert "sub/a.dig" in self.refused(server, files)

    def test_a_file_that_includes_itself(self, server):
        message = self.refused(server, {"main.dig": "!include : 'main.dig'\n+a: {echo>: x}\n"})

        assert "main.dig:1:" in message

    def test_a_cron_that_no_day_matches(self, server):
        message = self.refused(
            server, {"main.dig": "schedule:\n  cron>: 0 0 31 2 *\n+a: {echo>: x}\n"}
        )

        assert "main.dig:2:" in message

    def test_names_in_any_letters(self, server):
        project = server.upload(
            "größe", {"größe.dig": "+täglich: {echo>: MARK ä}\n+日次: {echo>: MARK 日}\n"}
        )

        got = ended(server, project, server.start(project, "größe"))

        assert got.status == "success"
        assert set(got.marks) == {"ä", "日"}

    def test_disable_false_on_a_group(self, run):
        assert run("+g:\n  _disable: false\n  +a: {echo>: MARK ran}\n").marks == ["ran"]

    def test_delay_at_and_timezone_of_a_schedule(self, server):
        files = {
            "a.dig": "schedule:\n  cron>: 0 7 * * *\n  delay: 3600\n+a: {echo>: x}\n",
            "b.dig": "schedule:\n  daily>: 07:00:00\n  timezone: Asia/Tokyo\n+a: {echo>: x}\n",
            "c.dig": "schedule:\n  daily>:\n  at: 09:00:00\n+a: {echo>: x}\n",
        }
        project = server.upload("scheduled", files)

        found = server.call("GET", f"/api/projects/{project}/schedules")["schedules"]

        runs = {schedule["workflow"]["name"]: schedule["nextRunTime"][11:] for schedule in found}
        assert runs == {"a": "08:00:00Z", "b": "22:00:00Z", "c": "09:00:00Z"}


class TestTasks:
    def test_check_of_a_group(self, run):
        got = run("+g:\n  +a: {echo>: MARK a}\n  _check: {echo>: MARK check}\n")

        assert sorted(got.marks) == ["a", "check"]

    def test_a_limit_is_a_sliding_window(self, run, tmp_path):
        """In chunks of two, the third would wait for the first, which waits for the third."""
        gate = tmp_path / "gate"
        wait = f"for i in $(seq 200); do test -e {gate} && echo MARK met && exit; sleep 0.02; done; exit 1"
        got = run(
            "+g:\n  _parallel: {limit: 2}\n"
            f"  +a: {{sh>: {wait!r}}}\n  +b: {{echo>: b}}\n  +c: {{sh>: ': > {gate}'}}\n"
        )

        assert got.marks == ["met"]

    @pytest.mark.parametrize("task", ["fail>: MARK no", "sh>: echo MARK no; exit 1"])
    def test_retry_of_every_operator(self, server, run, task):
        got = run(f"+a:\n  {task}\n  _retry: {{limit: 2, interval: 0}}\n")

        assert got.status == "error"
        assert runs_of(server, got, "+main+a") == 3

    def test_retry_of_a_group_is_evaluated(self, run, tmp_path):
        count = tmp_path / "count"
        script = f'echo x >> {count}; test "$(wc -l < {count})" -ge 3'
        got = run(f"+g:\n  _retry: ${{times}}\n  +a:\n    sh>: {script!r}\n", times=3)

        assert got.status == "success"
        assert count.read_text() == "x\nx\nx\n"

    def test_error_tells_the_task(self, run):
        text = "MARK ${error.task_name} ${error.task_id > 0}"
        got = run(f"+g:\n  +a: {{fail>: no}}\n_error: {{echo>: '{text}'}}\n")

        assert got.marks == ["+main+g+a true"]

    def test_more_than_a_thousand_tasks(self, run):
        got = run("_parallel: true\n" + "".join(f"+t{n}: {{echo>: x}}\n" for n in range(1200)))

        assert got.status == "success"
        assert len(got.states) == 1201

    def test_error_tasks_run_again_when_an_attempt_is_resumed(self, server, run):
        first = run("+a: {fail>: no}\n_error: {echo>: MARK error}\n")

        assert first.marks == ["error"]
        assert again(server, first).marks == ["error"]

    def test_stores_of_generated_tasks_are_kept_when_resumed(self, server, run):
        script = (
            "import digdag\ndef make():\n    digdag.env.add_subtask(keep)\n"
            "def keep():\n    digdag.env.store(kept='yes')\n"
        )
        first = run({"main.dig": "+a: {py>: t.make}\n+c: {fail>: '${kept}'}\n", "t.py": script})

        second = again(server, first)

        assert "yes" in first.errors["+main+c"]
        assert "yes" in second.errors["+main+c"]

    def test_long_names_have_logs_of_their_own(self, server, run):
        name = "x" * 250
        got = run(f"+{name}a: {{echo>: MARK a}}\n+{name}b: {{echo>: MARK b}}\n")

        assert "MARK a" in server.task_log(got.id, f"+main+{name}a")
        assert "MARK b" not in server.task_log(got.id, f"+main+{name}a")


class TestKill:
    @pytest.mark.parametrize(
        "dig",
        [
            "+g:\n  _retry: {limit: 3, interval: 60}\n  +a: {fail>: no}\n",
            "+a:\n  fail>: no\n  _retry: {limit: 3, interval: 60}\n",
            "+a: {sh>: sleep 60}\n",
        ],
        ids=["a waiting group", "a waiting task", "a command"],
    )
    def test_takes_effect_at_once(self, server, dig):
        project = server.upload(f"k{next(NUMBERS)}", {"main.dig": dig})
        attempt = server.start(project, "main")
        waiting = {"group_retry_waiting", "retry_waiting", "running"}
        server.until(
            lambda: set(server.states(attempt).values()) & waiting - {"planned"}, "it waits"
        )
        begin = time.monotonic()

        server.call("POST", f"/api/attempts/{attempt}/kill", {})

        assert server.wait(attempt)["status"] == "killed"
        assert time.monotonic() - begin < 3


class TestServer:
    def test_an_error_has_the_shape_of_every_error(self, server):
        with pytest.raises(Refused) as caught:
            server.call("GET", "/api/nowhere")

        assert caught.value.status == 404
        assert caught.value.message

    def test_a_negative_page_size(self, server):
        with pytest.raises(Refused) as caught:
            server.call("GET", "/api/attempts?page_size=-1")

        assert caught.value.status == 400

    @pytest.mark.parametrize("mode", ["second", "minute"])
    def test_truncation_to_seconds_and_minutes(self, server, mode):
        project = server.upload("truncated", {"main.dig": "+a: {echo>: x}\n"})
        workflow = server.workflow(project, "main")
        query = f"session_time=2024-01-02T03:04:05%2B00:00&mode={mode}"

        answer = server.call("GET", f"/api/workflows/{workflow}/truncated_session_time?{query}")

        assert answer["sessionTime"][:17] == "2024-01-02T03:04:"

    def test_a_401_says_how_to_answer_it(self, tmp_path):
        settings = (
            "server.authenticator.basic.username = u\nserver.authenticator.basic.password = p\n"
        )
        with Server(tmp_path / "closed", env={"DIGBOT_CONFIG": settings}) as closed:
            with pytest.raises(urllib.error.HTTPError) as caught:
                urllib.request.urlopen(f"{closed.url}/api/projects")
            answer = caught.value
            answer.close()

        assert answer.status == 401
        assert answer.headers["WWW-Authenticate"].startswith("Basic")

    def test_a_repositorys_project_refuses_uploads(self, server, tmp_path):
        from tests.support.remote import Clone

        clone = Clone(server, tmp_path / "clone", "owned")
        clone.commit({"owned/main.dig": "+a: {echo>: x}\n"})
        clone.push().ok()

        with pytest.raises(Refused) as caught:
            server.upload("owned", {"main.dig": "+a: {echo>: y}\n"})

        assert caught.value.status == 409

    def test_run_ends_well_after_a_retry_that_helped(self, server, tmp_path):
        count = tmp_path / "count"
        script = f'echo x >> {count}; test "$(wc -l < {count})" -ge 2'
        (tmp_path / "main.dig").write_text(
            f"+g:\n  _retry: {{limit: 2, interval: 0}}\n  +a:\n    sh>: {script!r}\n"
        )

        done = server.digbot("run", "main", cwd=tmp_path)

        assert (done.returncode, count.read_text()) == (0, "x\nx\n"), done.text

    def test_wrong_usage_ends_with_two(self, server):
        assert server.digbot("run", "--sesion", "now").returncode == 2
        assert server.digbot("--help").returncode == 0
