"""The loop that drives attempts: one thread owns them all, in memory, and decides (engine.md §5.2).

It waits for messages (an attempt begins, a run ended, a kill) or for the next waiting time to pass,
takes all that is there, decides, and writes everything it decided in one transaction: the faster
messages come, the more of them share a commit. Only then are tasks handed to the executor. What is
in memory can always be thrown away: after an error the attempt is read from its rows again.
"""

from __future__ import annotations

import contextlib
import heapq
import logging
import queue
import threading
import time
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from engine.clock import Clock
from engine.errors import DatabaseUnavailable
from engine.executor.base import Executor
from engine.flow import moves
from engine.flow.tree import EvaluateText, Limits, Tree, build
from engine.hooks import Hooks
from engine.live import Live, LoadedAttempt
from engine.model import TASK_IDS_PER_ATTEMPT, Params, Step, TaskRun
from engine.outcome import Outcome
from engine.states import TaskState

log = logging.getLogger(__name__)

QUICK_TIME = 0.005  # seconds that one round may spend on running quick tasks itself
RETRY_AFTER_ERROR = 1.0  # seconds until a failed commit is tried again
RELOAD_AFTER_BUG = 30.0  # seconds until an attempt that could not be decided is looked at again


class Journal(Protocol):
    """Where attempts are read from and steps are written to."""

    def load(self, attempt_ids: Collection[int]) -> list[LoadedAttempt]:
        """Those of these attempts that there is something to drive of: neither unknown nor done."""

    def commit(self, steps: list[Step]) -> list[int]:
        """Write all steps in one transaction; ids of attempts that began by it (triggers)."""


@dataclass(frozen=True, slots=True)
class Begin:
    attempt_id: int


@dataclass(frozen=True, slots=True)
class Ended:
    run: TaskRun
    outcome: Outcome

    @property
    def attempt_id(self) -> int:
        return self.run.attempt_id


@dataclass(frozen=True, slots=True)
class Kill:
    attempt_id: int


@dataclass(frozen=True, slots=True)
class Wake:
    attempt_id: int
    task_id: int


@dataclass(frozen=True, slots=True)
class Overdue:
    """The attempt has missed its deadline; `sla` is the key of its workflow."""

    attempt_id: int
    sla: Params


@dataclass(frozen=True, slots=True)
class Stop:
    pass


Message = Begin | Ended | Kill | Wake | Overdue


class Advancer:
    """Owns the running attempts of this server. `post` may be called from any thread."""

    def __init__(
        self,
        journal: Journal,
        executor: Executor,
        clock: Clock,
        evaluate: Callable[[str, Params, str], str],
        *,
        limits: Limits = Limits(),
        hooks: Iterable[Hooks] = (),
    ) -> None:
        self._journal = journal
        self._executor = executor
        self._clock = clock
        self._evaluate = evaluate
        self._limits = limits
        self._hooks = tuple(hooks)
        self._inbox: queue.SimpleQueue[Message | Stop] = queue.SimpleQueue()
        self._attempts: dict[int, Live] = {}
        self._in_flight: dict[int, int] = {}  # task id -> retry count of the run handed over
        self._timers: list[tuple[datetime, int, int]] = []  # (moment, attempt id, task id)
        self._backlog: list[Message] = []  # to be decided again after a failed commit
        self._stopping = False
        self._halted = False
        self._stands_still = False  # the database takes nothing, which is said once

    def post(self, message: Message) -> None:
        self._inbox.put(message)

    def report(self, run: TaskRun, outcome: Outcome) -> None:
        """For the executor: a run ended."""
        self._inbox.put(Ended(run, outcome))

    def drives(self, attempt_id: int) -> bool:
        """Is the attempt in memory? False before its first round and when it was given up."""
        return attempt_id in self._attempts

    def stop(self) -> None:
        """Decide what is in the inbox, then return from `run`."""
        self._inbox.put(Stop())

    def halt(self) -> None:
        """Decide nothing more, not even what is in the inbox. Safe in a signal handler."""
        self._halted = True

    def run(self) -> None:
        """Decide until `stop`. No error ends the loop: the next round starts from the rows."""
        while not self._stopping:
            self.round()

    def round(self, timeout: float | None = None) -> bool:
        """Wait for work, at most `timeout` seconds, and do it. False when there was none."""
        messages = self._take(timeout)
        if not messages or self._halted:
            return False
        try:
            self._decide(messages)
        except DatabaseUnavailable as error:
            if not self._stands_still:
                log.error("%s. Attempts stand still until that is over", error)
            self._stands_still = True
            self._start_over(messages)
        except Exception:
            log.exception("The store did not take a step; it is decided again from the rows")
            self._start_over(messages)
        else:
            if self._stands_still:
                log.warning("The database works again; attempts go on")
            self._stands_still = False
        return True

    # -- waiting ------------------------------------------------------------------------------

    def _take(self, timeout: float | None) -> list[Message]:
        messages, self._backlog = self._backlog, []
        if not messages:
            messages = self._first(timeout)
        while True:
            try:
                self._add(messages, self._inbox.get_nowait())
            except queue.Empty:
                return messages + self._due()

    def _first(self, timeout: float | None) -> list[Message]:
        wait = self._until_timer()
        if timeout is not None:
            wait = timeout if wait is None else min(wait, timeout)
        found: list[Message] = []
        with contextlib.suppress(queue.Empty):
            self._add(found, self._inbox.get(block=wait != 0, timeout=wait or None))
        return found

    def _add(self, messages: list[Message], message: Message | Stop) -> None:
        if isinstance(message, Stop):
            self._stopping = True
        else:
            messages.append(message)

    def _until_timer(self) -> float | None:
        if not self._timers:
            return None
        # Long waits are cut, so that a clock that is set does not hold a task back for long.
        return min(max((self._timers[0][0] - self._clock.now()).total_seconds(), 0), 60)

    def _due(self) -> list[Message]:
        now = self._clock.now()
        due: list[Message] = []
        while self._timers and self._timers[0][0] <= now:
            _, attempt_id, task_id = heapq.heappop(self._timers)
            due.append(Wake(attempt_id, task_id))
        return due

    # -- deciding -----------------------------------------------------------------------------

    def _decide(self, messages: list[Message]) -> None:
        self._load({message.attempt_id for message in messages} - self._attempts.keys())
        touched: dict[int, Live] = {}
        for message in messages:
            live = self._attempts.get(message.attempt_id)
            if live is not None and self._apply(live, message):
                touched[message.attempt_id] = live
        started = self._advance(touched)
        steps = [step for live in touched.values() if (step := live.tree.take_step())]
        begun = self._journal.commit(steps) if steps else []
        self._settled(messages)
        self._hand_over(started)
        for live in touched.values():
            self._set_timers(live)
        for step in steps:
            self._after(step)
        for attempt_id in begun:
            self.post(Begin(attempt_id))

    def _load(self, attempt_ids: Collection[int]) -> None:
        """Read all that are not in memory at once: after a restart these are many."""
        for loaded in self._journal.load(attempt_ids) if attempt_ids else ():
            try:
                live = Live(loaded, self._tree(loaded))
                self._attempts[loaded.attempt.id] = live
                self._resume(live)
            except Exception:
                self._give_up_for_now(loaded.attempt.id)

    def _tree(self, loaded: LoadedAttempt) -> Tree:
        return build(
            loaded.attempt.id,
            loaded.tasks,
            base=loaded.base,
            now=self._clock.now(),
            evaluate=self._evaluator(loaded.attempt.timezone),
            limits=self._limits,
            reusable=loaded.reusable,
        )

    def _evaluator(self, timezone: str) -> EvaluateText:
        def evaluate(text: str, scope: Params) -> str:
            return self._evaluate(text, scope, timezone)

        return evaluate

    def _resume(self, live: Live) -> None:
        """Go on where the rows are: what runs for nobody is handed to the executor again."""
        moves.begin(live.tree)
        if live.loaded.attempt.cancel_requested:
            moves.kill(live.tree)
        lost = [
            node
            for node in live.tree.nodes.values()
            if node.state is TaskState.RUNNING
            and self._in_flight.get(node.task.id) != node.task.retry_count
        ]
        self._hand_over([live.run_of(node) for node in lost])

    def _apply(self, live: Live, message: Message) -> bool:
        tree = live.tree
        tree.now = self._clock.now()
        try:
            match message:
                case Ended(run, outcome):
                    moves.finish(tree, run.task_id, run.retry_count, outcome)
                case Kill(attempt_id):
                    moves.kill(tree)
                    self._executor.cancel(attempt_id)
                case Wake(_, task_id):
                    moves.wake(tree, task_id)
                case Overdue(_, sla):
                    moves.overdue(tree, sla)
                case Begin():
                    pass
        except Exception:
            self._give_up_for_now(message.attempt_id)
            return False
        return True

    def _advance(self, touched: dict[int, Live]) -> list[TaskRun]:
        """Decide for each attempt, and run what is quick at once; the tasks to hand over."""
        started: list[TaskRun] = []
        end = time.monotonic() + QUICK_TIME
        for attempt_id, live in list(touched.items()):
            try:
                started += self._advance_one(live, end)
            except Exception:
                self._give_up_for_now(attempt_id)
                del touched[attempt_id]
        return started

    def _advance_one(self, live: Live, end: float) -> list[TaskRun]:
        started: list[TaskRun] = []
        while True:
            moves.advance(live.tree)
            runs = [live.run_of(node) for node in moves.start_ready(live.tree)]
            left = [run for run in runs if not self._run_now(live, run, end)]
            started += left
            if len(left) == len(runs):
                return started

    def _run_now(self, live: Live, run: TaskRun, end: float) -> bool:
        """Run a quick task between two commits. It runs again if the commit fails."""
        outcome = self._executor.run_now(run) if time.monotonic() < end else None
        if outcome is None:
            return False
        live.tree.now = self._clock.now()
        return moves.finish(live.tree, run.task_id, run.retry_count, outcome)

    def _give_up_for_now(self, attempt_id: int) -> None:
        """A bug about one attempt must not stop the others: forget it, and read it again later."""
        log.exception(
            "Attempt %d could not be decided; it is read again in %d s",
            attempt_id,
            RELOAD_AFTER_BUG,
        )
        self._attempts.pop(attempt_id, None)
        self._in_flight = {
            task: tries
            for task, tries in self._in_flight.items()
            if task // TASK_IDS_PER_ATTEMPT != attempt_id
        }
        timer = threading.Timer(RELOAD_AFTER_BUG, self.post, [Begin(attempt_id)])
        timer.daemon = True
        timer.start()

    # -- after the commit ---------------------------------------------------------------------

    def _settled(self, messages: list[Message]) -> None:
        for message in messages:
            if isinstance(message, Ended):
                self._in_flight.pop(message.run.task_id, None)

    def _hand_over(self, runs: list[TaskRun]) -> None:
        for run in runs:
            self._in_flight[run.task_id] = run.retry_count
        if runs:
            self._executor.submit(runs)

    def _set_timers(self, live: Live) -> None:
        for node in live.tree.waiting_until:
            if node.task.retry_at is not None:
                timer = (node.task.retry_at, node.task.attempt_id, node.task.id)
                heapq.heappush(self._timers, timer)
        live.tree.waiting_until.clear()

    def _after(self, step: Step) -> None:
        for hooks in self._hooks:
            self._tell(hooks, step)
        if step.end is not None:
            del self._attempts[step.attempt_id]

    def _tell(self, hooks: Hooks, step: Step) -> None:
        try:
            for task in step.inserted:
                hooks.task_changed(task)
            for update in step.updated.values():
                hooks.task_changed(update.task)
            if step.end is not None:
                hooks.attempt_finished(step.end)
        except Exception:
            log.exception("A hook failed; the attempt goes on")

    def _start_over(self, messages: list[Message]) -> None:
        """Nothing of this round is stored: drop what it touched, decide the messages again."""
        for message in messages:
            self._attempts.pop(message.attempt_id, None)
        self._backlog = messages
        threading.Event().wait(RETRY_AFTER_ERROR)
