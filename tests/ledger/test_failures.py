"""What goes wrong under a ledger is said in plain words, without values, and leaves nothing half done."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event, select, text
from sqlalchemy.exc import SQLAlchemyError

from governance.domain.errors import LedgerError, LedgerUnavailable
from governance.ledger import Ledger
from tests.ledger.samples import make_plan, receipt


def test_a_full_disk_is_said_plainly_and_nothing_is_half_written(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'ledger.sqlite'}"
    Ledger.migrate(url)
    with Ledger.open(url) as ledger:
        pages = ledger_pages(ledger)
        event.listen(ledger.engine, "connect", lambda connection, _: connection.execute(f"PRAGMA max_page_count = {pages + 6}"))
        ledger.close()
        plan = make_plan(10_000)
        with pytest.raises(LedgerError, match="the disk is full") as raised:
            ledger.copy_receipts(receipt(plan, 1, n) for n in range(1_000))
        assert not raised.value.retryable
        assert ledger.receipts(plan.digest) == []
        assert ledger.head() is None
        assert ledger.record("step", {}).seq == 1
        assert ledger.first_break() is None


def ledger_pages(ledger: Ledger) -> int:
    with ledger.reading() as connection:
        return int(connection.exec_driver_sql("PRAGMA page_count").scalar_one())


def test_driver_errors_are_reduced_and_quote_no_value(ledger: Ledger) -> None:
    canary = "canary-7f3a9c"
    twice = [{"user": canary, "name": canary}] * 2
    with pytest.raises(LedgerError) as raised, ledger.writing() as connection:
        connection.execute(text("INSERT INTO person VALUES (:user, :name)"), twice)
    assert canary not in str(raised.value)
    assert raised.value.__cause__ is None
    assert raised.value.__suppress_context__
    assert ledger.person(canary) is None


def test_a_block_that_fails_writes_nothing(ledger: Ledger) -> None:
    def burst() -> None:
        with ledger.writing() as connection:
            connection.execute(text("INSERT INTO person VALUES ('a', 'b')"))
            raise KeyError

    with pytest.raises(KeyError):
        burst()
    assert ledger.person("a") is None


@pytest.mark.postgres
@pytest.mark.parametrize("backend", ["postgres"])
def test_a_server_that_drops_the_connection_is_unavailable(ledger_url: str) -> None:
    with Ledger.open(ledger_url) as ledger:
        def drop() -> None:
            with ledger.reading() as connection:
                connection.execute(select(text("pg_terminate_backend(pg_backend_pid())")))

        with pytest.raises(LedgerUnavailable) as raised:
            drop()
        assert raised.value.retryable
        assert ledger.head() is None, "the next call gets a new connection"


def test_a_missing_table_names_the_remedy(ledger: Ledger) -> None:
    with ledger.writing() as connection:
        connection.execute(text("DROP TABLE person"))
    with pytest.raises(LedgerError, match=r"lacks a table.*\n  fix: governance doctor --fix"):
        ledger.person("leyla")


def test_no_error_of_the_driver_gets_through(ledger: Ledger) -> None:
    """Every statement of these calls fails in turn; what comes out is always ours."""
    def failing(number: int) -> Any:
        seen = iter(range(10_000))

        def refuse(_c: Any, _cursor: Any, statement: str, *_: Any) -> tuple[str, tuple[()]]:
            return ("SELECT * FROM nowhere", ()) if next(seen) == number else (statement, _[0])
        return refuse

    broken = 0
    for number in range(40):
        hook = failing(number)
        event.listen(ledger.engine, "before_cursor_execute", hook, retval=True)
        try:
            ledger.save_plan(make_plan(number))
            ledger.open_lease("p", 1, 1)
            ledger.place_hold(f"H-{number}", "n", "r", "u", "s", 1)
        except LedgerError:
            broken += 1
        except SQLAlchemyError as error:  # pragma: no cover
            pytest.fail(f"statement {number}: {type(error).__name__}")
        finally:
            event.remove(ledger.engine, "before_cursor_execute", hook)
    assert broken > 10
    assert ledger.first_break() is None
