"""Open a database, and the two kinds of transaction: all that differs between SQLite and PostgreSQL.

SQLite: write-ahead log, every commit on disk (`synchronous=FULL`), one writer at a time in the order
of asking, readers on connections of their own that nobody blocks. PostgreSQL: writers in READ
COMMITTED, rows locked where the functions of the store say so; readers in a REPEATABLE READ snapshot.
"""

from __future__ import annotations

import logging
import os
import stat
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import Any

from sqlalchemy import (
    Connection,
    CursorResult,
    Engine,
    Executable,
    QueuePool,
    create_engine,
    event,
    text,
)
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, InterfaceError, OperationalError

from engine.errors import DatabaseUnavailable, EngineError
from engine.store import tables, versions
from engine.store.versions import Branch

log = logging.getLogger(__name__)

ENGINE = Branch("engine", tables.metadata, "engine.store:migrations/versions")

_LOCK_WAIT = 10  # seconds for another process, such as a backup, to end its write
_READERS = 8  # connections kept open; more are opened when needed
_SQLITE_HEADER = b"SQLite format 3\0"
_MIGRATION_LOCK = 0x64696762  # any number that all servers agree on: "digb"


class Tx:
    """A transaction under way. Passed to every function of the store, the engine's and the bot's."""

    __slots__ = ("_after", "connection", "dialect")

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.dialect = connection.dialect.name
        self._after: list[Callable[[], None]] = []

    def execute(
        self, statement: Executable, parameters: Any = None
    ) -> CursorResult[*tuple[Any, ...]]:
        return self.connection.execute(statement, parameters)

    def execute_raw(self, statement: Prepared, rows: Sequence[Sequence[Any]]) -> int:
        """Run a prepared statement once per row of raw values; the number of rows it changed."""
        cursor = _raw(self.connection).cursor()
        try:
            cursor.executemany(statement.sql(self.connection), rows)
            return int(cursor.rowcount)
        finally:
            cursor.close()

    @contextmanager
    def savepoint(self) -> Iterator[None]:
        """Undo what the block did when it raises, and drop what it wanted done after the commit."""
        mark = len(self._after)
        try:
            with self.connection.begin_nested():
                yield
        except BaseException:
            del self._after[mark:]
            raise

    def after_commit(self, action: Callable[[], None]) -> None:
        """Call it when the transaction is durable, outside of the lock; never when it is undone."""
        self._after.append(action)

    def committed(self) -> None:
        """For `Database`: the commit is done."""
        for action in self._after:
            try:
                action()
            except Exception:
                log.exception("The transaction is committed; what was to follow it failed")


class Prepared:
    """A statement written in Core and compiled once per dialect, for rows of raw values.

    `names` are its parameters in the order in which they stand in the SQL text. It saves most of
    the time that SQLAlchemy spends on a small statement; types do not convert anything here.
    """

    def __init__(self, statement: Any, names: Sequence[str]) -> None:
        self._statement = statement
        self._names = list(names)
        self._sql: dict[str, str] = {}

    def sql(self, connection: Connection) -> str:
        dialect = connection.dialect
        found = self._sql.get(dialect.name)
        return found if found is not None else self._compile(dialect)

    def _compile(self, dialect: Any) -> str:
        style = "qmark" if dialect.name == "sqlite" else "format"
        compiled = self._statement.compile(dialect=type(dialect)(paramstyle=style))
        if list(compiled.positiontup) != self._names:
            raise AssertionError(f"Order of parameters is {compiled.positiontup}")
        return self._sql.setdefault(dialect.name, str(compiled))


class Database:
    """The open database. Safe to use from any thread; a transaction belongs to one thread."""

    def __init__(self, url: URL, write: Engine, read: Engine) -> None:
        self.url = url
        self.dialect = write.dialect.name
        self._write = write
        self._read = read
        self._turns: AbstractContextManager[None] = (
            Turns() if self.dialect == "sqlite" else nullcontext()
        )
        driver = write.dialect.loaded_dbapi
        self._outages: tuple[type[Exception], ...] = (
            OperationalError,
            InterfaceError,
            driver.OperationalError,
            driver.InterfaceError,
        )

    @classmethod
    def open(
        cls, url: str, *, branches: Sequence[Branch] = (ENGINE,), migrate: bool = True
    ) -> Database:
        """Open `sqlite:///FILE` or `postgresql://…`; an empty one is filled with tables.

        One of an older version is migrated, or refused when `migrate` is false. Raises
        `DatabaseTooNew`, and `EngineError` for what is no database of ours.
        """
        database = cls.connect(url)
        try:
            database._prepare(branches, migrate=migrate)
        except BaseException:
            database.close()
            raise
        return database

    @classmethod
    def connect(cls, url: str, *, migrating: bool = False) -> Database:
        """As `open`, without a look at the tables.

        `migrating`: SQLite does not watch foreign keys, since a table is changed there by copying it.
        """
        parsed = _parse(url)
        if parsed.get_backend_name() != "sqlite":
            return cls(parsed, *_open_postgres(parsed))
        return cls(parsed, *_open_sqlite(parsed, foreign_keys=not migrating))

    @contextmanager
    def transaction(self) -> Iterator[Tx]:
        """Write. Committed at the end of the block, undone when it raises."""
        with self._turns, self._translated(), self._write.begin() as connection:
            tx = Tx(connection)
            yield tx
        tx.committed()

    @contextmanager
    def read(self) -> Iterator[Tx]:
        """One consistent view of the database; writing is refused."""
        with self._translated(), self._read.begin() as connection:
            yield Tx(connection)

    def lock_schema(self, tx: Tx) -> None:
        """Of servers that start together, one makes or migrates the tables; the others wait."""
        if self.dialect == "postgresql":  # a writer of SQLite is alone anyway
            lock = text("SELECT pg_advisory_xact_lock(:key)")
            tx.execute(lock, {"key": _MIGRATION_LOCK})

    def close(self) -> None:
        self._read.dispose()
        self._write.dispose()

    def _prepare(self, branches: Sequence[Branch], *, migrate: bool) -> None:
        with _readable(self.url), self._write.begin() as connection:
            self.lock_schema(Tx(connection))
            versions.refuse_foreign(connection, branches, self._label)
            versions.create(connection, versions.missing(connection, branches))
            old = versions.outdated(connection, branches)
        if old and not migrate:
            names = ", ".join(branch.name for branch in old)
            raise EngineError(
                f"The database {self._label} has tables of an older version ({names}). "
                f"Run `digbot migrate` first."
            )
        if old:
            self._migrate(branches)

    def _migrate(self, branches: Sequence[Branch]) -> None:
        from engine.store import migrate  # its imports stay in the process that it starts

        self.close()  # connections are opened again when needed
        migrate.run_in_child(self.url, branches)

    @contextmanager
    def _translated(self) -> Iterator[None]:
        """What the world did to the database gets a sentence; mistakes of ours stay as they are."""
        try:
            yield
        except self._outages as error:
            reason = str(getattr(error, "orig", error)).strip()
            raise DatabaseUnavailable(f"The database failed: {reason}") from error

    @property
    def _label(self) -> str:
        return _label(self.url)


class Turns:
    """A lock that is given in the order of asking: who commits all the time starves nobody."""

    def __init__(self) -> None:
        self._mutex = threading.Lock()
        self._waiting: deque[threading.Lock] = deque()
        self._owner: int | None = None

    def __enter__(self) -> None:
        me = threading.get_ident()
        with self._mutex:
            if self._owner is None:
                self._owner = me
                return
            if self._owner == me:
                raise RuntimeError("This thread is in a transaction already")
            turn = threading.Lock()
            turn.acquire()
            self._waiting.append(turn)
        try:
            turn.acquire()
        except BaseException:
            self._abandon(turn)
            raise
        self._owner = me

    def __exit__(self, *_: object) -> None:
        with self._mutex:
            if self._waiting:
                self._owner = -1  # taken, by a thread that is about to wake
                self._waiting.popleft().release()
            else:
                self._owner = None

    def _abandon(self, turn: threading.Lock) -> None:
        with self._mutex:
            if turn in self._waiting:
                self._waiting.remove(turn)
                return
        self.__exit__()


def _parse(url: str) -> URL:
    try:
        parsed = make_url(url)
    except ArgumentError as error:
        raise EngineError(f"Not the address of a database: {url!r}. {_FORMS}") from error
    if parsed.get_backend_name() == "sqlite" and parsed.database not in (None, "", ":memory:"):
        return parsed.set(drivername="sqlite+pysqlite")
    if parsed.get_backend_name() in ("postgresql", "postgres"):
        return parsed.set(drivername="postgresql+psycopg")
    raise EngineError(f"Not a database that digbot can use: {_label(parsed)}. {_FORMS}")


_FORMS = "Expected sqlite:///FILE or postgresql://USER@HOST/NAME."


def _label(url: URL) -> str:
    if url.get_backend_name() == "sqlite":
        return url.database or "in memory"
    return url.render_as_string(hide_password=True)


def _open_sqlite(url: URL, *, foreign_keys: bool) -> tuple[Engine, Engine]:
    _check_file(Path(url.database or ""))
    write = _sqlite_engine(url, "BEGIN IMMEDIATE", pool_size=1, max_overflow=0)
    read = _sqlite_engine(url, "BEGIN", pool_size=_READERS, max_overflow=-1)
    _set(write, f"foreign_keys={'ON' if foreign_keys else 'OFF'}")
    _set(read, "query_only=ON")
    return write, read


def _check_file(path: Path) -> None:
    """Make the file if there is none, readable for nobody else: it holds parameters and secrets.

    The files that SQLite puts beside it inherit that. Raises `EngineError` for any other file.
    """
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
        if stat.S_IMODE(path.stat().st_mode) & 0o077:
            path.chmod(0o600)
        with path.open("rb") as file:
            start = file.read(len(_SQLITE_HEADER))
    except OSError as error:
        raise EngineError(f"Cannot open the database {path}: {error.strerror}") from error
    if start and start != _SQLITE_HEADER:  # SQLite itself would overwrite a very short file
        raise EngineError(f"Cannot open the database {path}: the file is not a SQLite database")


def _sqlite_engine(url: URL, begin: str, **pool: int) -> Engine:
    engine = create_engine(
        url,
        poolclass=QueuePool,
        connect_args={"check_same_thread": False, "timeout": _LOCK_WAIT},
        **pool,
    )
    event.listen(engine, "connect", _begin_by_hand)
    _set(engine, "journal_mode=WAL", "synchronous=FULL", "temp_store=MEMORY")
    _set(engine, "journal_size_limit=67108864")
    event.listen(engine, "begin", lambda connection: _raw(connection).execute(begin))
    return engine


def _raw(connection: Connection) -> Any:
    """The driver's own connection: what is done often and needs nothing of SQLAlchemy."""
    return connection.connection.dbapi_connection


def _begin_by_hand(raw: Any, _: object) -> None:
    raw.isolation_level = None  # the driver begins no transactions of its own


def _set(engine: Engine, *pragmas: str) -> None:
    """Say this on every new connection."""

    def say(raw: Any, _: object) -> None:
        for pragma in pragmas:
            raw.execute(f"PRAGMA {pragma}").close()

    event.listen(engine, "connect", say)


def _open_postgres(url: URL) -> tuple[Engine, Engine]:
    try:
        import psycopg
    except ImportError as error:
        raise EngineError(
            "PostgreSQL needs one more package: pip install 'digbot[postgres]'"
        ) from error

    def set_up_reader(raw: Any, _: object) -> None:
        raw.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        raw.read_only = True

    arguments = {"application_name": "digbot", "connect_timeout": _LOCK_WAIT}
    write, read = (
        create_engine(
            url,
            pool_size=_READERS,
            max_overflow=-1,
            pool_pre_ping=True,  # a server that restarted costs nobody a transaction
            connect_args=arguments,
        )
        for _ in range(2)
    )
    event.listen(read, "connect", set_up_reader)
    return write, read


@contextmanager
def _readable(url: URL) -> Iterator[None]:
    """The first look at a database: what can be wrong with it, in a sentence."""
    try:
        yield
    except DBAPIError as error:
        reason = str(error.orig).strip()
        raise EngineError(f"Cannot open the database {_label(url)}: {reason}") from error
