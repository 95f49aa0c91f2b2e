"""What the proofs found, as tables that a person reads."""

from rich.table import Column, Table

from shared.config import SERVICES
from tests.proof.alarms import Alarm
from tests.proof.comparison import Row
from tests.proof.day.accounts import FATES
from tests.proof.full_day import FullDay
from tests.proof.outage import Outage, Period
from tests.proof.periods import PERIODS
from tests.proof.promises import FEWEST_KEPT, MOST_KEPT, MOST_RATIO, Promises
from tests.proof.restoring import Restored


def table_of_rows(title: str, rows: list[Row]) -> Table:
    """Return what was told beside what is there."""
    table = Table(_names("what"), "told", "there", "lost", "twice", title=title)
    for row in rows:
        table.add_row(row.what, *(str(n) for n in (row.told, row.there, row.lost, row.twice)))
    return table


def tables_of_outage(outage: Outage) -> list[Table]:
    """Return what was told and is there, what the three periods were like, and what the alerts said."""
    title = f"broker-away: stopped for {outage.asked_seconds:g} s"
    tables = [table_of_rows(title, outage.rows), _table_of_periods(outage)]
    return tables if outage.alarms is None else [*tables, _table_of_alarms(outage.alarms)]


def _table_of_periods(outage: Outage) -> Table:
    backlog = outage.backlog
    caption = (
        f"{backlog.events} events were written while it was away. After its return they were published within"
        f" {_seconds(backlog.published_seconds)}, and in the archive within {_seconds(backlog.archived_seconds)}."
    )
    table = Table(_names("the broker"), *PERIODS, title="the same run, before, during and after", caption=caption)
    columns = [_column(outage.periods[period]) for period in PERIODS]
    for name in columns[0]:
        table.add_row(name, *(column[name] for column in columns))
    return table


def _column(period: Period) -> dict[str, str]:
    """Return one period's figures by their names."""
    looks = period.looks
    return {
        "seconds": f"{period.seconds:.1f}",
        "reports accepted of the app": str(period.accepted),
        "… a second": f"{period.per_second:.1f}",
        "… slowest answer, ms": f"{period.slowest_ms:.0f}",
        "… refused": str(period.refused),
        "events waiting: most, at last": _most_and_last([look.waiting for look in looks]),
        "oldest waiting, s: most, at last": _most_and_last([round(look.oldest_seconds) for look in looks]),
        "web processes ready": _ready([look.web_ready for look in looks]),
        "workers ready": _ready([look.workers_ready for look in looks]),
    }


def _most_and_last(figures: list[int]) -> str:
    return f"{max(figures)}, {figures[-1]}" if figures else ""


def _ready(counts: list[int]) -> str:
    """Return how many were ready: always, or from fewest to most."""
    if not counts:
        return ""
    fewest, most = min(counts), max(counts)
    return f"{fewest if fewest == most else f'{fewest} to {most}'} of {len(SERVICES)}"


def _table_of_alarms(alarms: list[Alarm]) -> Table:
    caption = "By a real Prometheus with the committed rules, every second. All other alerts were never true."
    title = "alerts, and for how many seconds each was true"
    table = Table(_names("alert"), "wants", *PERIODS, "furthest", "at the end", title=title, caption=caption)
    for alarm in alarms:
        true = (str(alarm.true_seconds[period]) for period in PERIODS)
        table.add_row(alarm.name, alarm.wanted, *true, alarm.furthest, alarm.at_end)
    return table


def table_of_restored(restored: Restored) -> Table:
    """Return what had been told before the backup began beside what is there, and what was told later."""
    moment = restored.moment
    caption = (
        f"Told before the backup began, and later. Backed up in {moment.seconds:.1f} s while"
        f" {moment.cleared_meanwhile} jobs were completed, restored in {restored.restore_seconds:.1f} s. What was told"
        " later is newer than the backup and may be missing."
    )
    title = "restore: a backup under load, restored elsewhere"
    table = Table(_names("what"), "told", "there", "lost", "twice", "later", "missing", title=title, caption=caption)
    for row, in_all in zip(restored.rows, restored.rows_in_all, strict=True):
        later = (in_all.told - row.told, in_all.lost - row.lost) if row.exact else ("", "")
        table.add_row(row.what, *(str(n) for n in (row.told, row.there, row.lost, row.twice, *later)))
    return table


def table_of_promises(promises: Promises) -> Table:
    """Return what reporters were told beside when it was cleared."""
    promised, actual = promises.medians
    caption = (
        f"{promises.by_forecast:.0%} of the days were the forecast’s, the others deadlines. Of {promises.nothing_there}"
        " more reports a crew found nothing."
    )
    title = f"promises: {len(promises.told)} reports of four simulated weeks"
    table = Table(_names("what"), "found", "wanted", title=title, caption=caption)
    table.add_row("cleared by the day given", f"{promises.kept:.1%}", f"{FEWEST_KEPT:.0%} to {MOST_KEPT:.0%}")
    table.add_row("median promise, days", f"{promised:g}", f"at most {MOST_RATIO * actual:g}")
    table.add_row("median time to clear, days", f"{actual:g}", "")
    table.add_row("mean promise and time to clear, days", " and ".join(f"{mean:.2f}" for mean in promises.means), "")
    return table


def tables_of_day(day: FullDay) -> list[Table]:
    """Return what became of every report of a day, and what each rule looked at and found broken."""
    ledger, size = day.ledger, day.size
    caption = (
        f"{day.crews} crews made {ledger.visits} visits ({ledger.troubles} with trouble) and {ledger.tips} tips;"
        f" {ledger.published} plans were published, {len(ledger.refused_plans)} refused at the button and asked for"
        f" anew; {len(ledger.gone)} crews dropped out. {day.account.beats} jobs of beats came on top. No act was done"
        f" more than {day.most_late.total_seconds() / 60:.0f} council minutes late."
    )
    title = f"full-day: {size.jobs} reports before the day and {size.urgent} urgent ones during it"
    fates = Table(_names("what became of each report"), "reports", title=title, caption=caption)
    for fate in (*FATES, *sorted(set(day.account.fates) - set(FATES))):
        fates.add_row(fate, str(day.account.fates.get(fate, 0)))
    fates.add_row("all", str(day.account.reports))
    untold = "" if day.has_referee else "No referee was asked: there is no ../scheduling beside the reference data."
    title = "the same day’s rules, by its events and the register"
    rules = Table(_names("rule"), "looked at", "broken", title=title, caption=untold or None)
    for checked in day.rules:
        rules.add_row(checked.rule, str(checked.looked_at), str(len(checked.broken)))
    return [fates, rules]


def _names(heading: str) -> Column:
    """Return a column whose names are not broken into lines."""
    return Column(heading, no_wrap=True)


def _seconds(seconds: float | None) -> str:
    return "no time that anybody would wait" if seconds is None else f"{seconds:.1f} s"
