"""The `[[kinds]]` tables of `council.toml`: kinds of report with their questions, deadlines and who deals with them.

A kind's deadlines become rules of the council's assessment that apply to that kind alone, so that every page that
explains a priority finds them where it finds all others.
"""

import re
from collections.abc import Iterable

from shared.contracts.codes import PRIORITIES
from shared.contracts.reports import REFERRED_TO_CODES
from shared.council.assessing import AssessmentRule, Provenance
from shared.council.kinds import CODED, DATATYPES, HANDLERS, Choice, Kind, KindAttribute, Open311, Referral
from shared.council.rules import how_long
from shared.toml import Table, each

PREFIX_LETTERS = 2
CODE = re.compile(r"^[a-z][a-z0-9_]{0,39}$")
"""A question's code is a name in forms and queries; hyphens would end up as minus signs in people's scripts."""

KEY = re.compile(r"^[a-z0-9][a-z0-9-]{0,39}$")


def kind(table: Table) -> tuple[Kind, tuple[AssessmentRule, ...]]:
    """Return a kind of report and the rules of assessment that it brings; raises `ConfigError` naming the key."""
    prefix = table.text("prefix")
    if not (len(prefix) == PREFIX_LETTERS and prefix.isascii() and prefix.isalpha() and prefix.isupper()):
        table.fail("prefix", f"must be two capital letters, not {prefix!r}")
    attributes = tuple(each(table.tables("attributes", minimum=0), _attribute))
    if len({attribute.code for attribute in attributes}) != len(attributes):
        table.fail("attributes", "has the same code twice")
    handled_by = next(name for name in HANDLERS if name == table.choice("handled_by", HANDLERS, "crew"))
    for key, belongs_to in (("team", "team"), ("referral", "partner")):
        if table.has(key) != (handled_by == belongs_to):
            table.fail(key, f'must be given for handled_by = "{belongs_to}", and only then')
    found = Kind(
        code=table.slug("code"),
        prefix=prefix,
        name=table.text("name"),
        description=table.text("description"),
        group=table.text("group"),
        keywords=table.texts("keywords"),
        place_precision="street" if table.choice("place_precision", ("exact", "street")) == "street" else "exact",
        attributes=attributes,
        handled_by=handled_by,
        team=table.text("team") if handled_by == "team" else None,
        referral=_referral(table.table("referral")) if handled_by == "partner" else None,
    )
    return found, _rules(table, found)


def open311(top: Table) -> Open311:
    """Return the `[open311]` table; without one nothing is said of keys, and FixMyStreet is not expected."""
    if not top.has("open311"):
        return Open311()
    table = top.table("open311")
    found = Open311(table.text("key_service"), table.flag("fixmystreet", default=False))
    table.close()
    return found


def _attribute(table: Table) -> KindAttribute:
    """Return one question: a coded one with the shared codes, any other with what it declares."""
    code = table.text("code")
    if not CODE.match(code):
        table.fail("code", f"must be lower-case letters, digits and underscores, not {code!r}")
    coded = CODED.get(code)
    datatype = next(
        name for name in DATATYPES if name == table.choice("datatype", DATATYPES, "singlevaluelist" if coded else None)
    )
    if coded is not None:
        if datatype != "singlevaluelist" or table.has("choices"):
            table.fail("datatype", f"can’t be given: the answers of {code} are the shared codes")
        choices = tuple(Choice(key, words.plain) for key, words in coded.items())
    else:
        choices = tuple(each(table.tables("choices", minimum=0), _choice))
    found = KindAttribute(
        code=code,
        question=table.text("question"),
        help=table.text("help"),
        required=table.flag("required"),
        datatype=datatype,
        choices=choices,
        is_published=table.flag("published", default=False),
    )
    if found.is_list != bool(choices):
        table.fail("choices", "must be given for a list of answers, and only then")
    if len({choice.key for choice in choices}) != len(choices):
        table.fail("choices", "has the same key twice")
    if found.is_published and coded is not None:
        table.fail("published", f"can’t be given: {code} is public as it is")
    if found.is_published and not found.is_list:
        table.fail("published", "can only be true for a list: what people type may name somebody")
    return found


def _choice(table: Table) -> Choice:
    """Return one answer of a list."""
    key = table.text("key")
    if not KEY.match(key):
        table.fail("key", f"must be lower-case letters, digits and hyphens, not {key!r}")
    return Choice(key, table.text("name"))


def _referral(table: Table) -> Referral:
    """Return to whom a kind's reports go."""
    found = Referral(
        to=table.choice("to", REFERRED_TO_CODES),
        name=table.text("name"),
        before=table.text("before"),
        words=table.text("words"),
        url=table.text("url", ""),
    )
    if found.url and not found.url.startswith("https://"):
        table.fail("url", f"must begin with https://, not {found.url!r}")
    table.close()
    return found


def _rules(table: Table, of: Kind) -> tuple[AssessmentRule, ...]:
    """Return the kind's usual deadline and the rules that its answers bring; a partner has its own."""
    rules = table.tables("rules", minimum=0)
    if of.referral is not None:
        if rules or table.has("usual"):
            table.fail("usual", "and rules can’t be given for a kind that a partner deals with")
        return ()
    found = tuple(each(rules, lambda rule: _answer_rule(rule, of)))
    return (*found, *_usual(table, of))


def _usual(table: Table, of: Kind) -> Iterable[AssessmentRule]:
    """Return the kind's own default; waste may do without, as the council's default is about it."""
    if of.is_waste and not table.has("usual"):
        return ()
    usual = table.table("usual")
    rule = _rule(usual, code=f"usual-{of.code}", of=of)
    usual.close()
    return (rule,)


def _answer_rule(table: Table, of: Kind) -> AssessmentRule:
    """Return the rule that one of the kind's answers brings: a published one, because a rule tells which was given."""
    asked = {attribute.code: attribute for attribute in of.attributes if attribute.is_published}
    if not asked:
        table.fail("attribute", f"can’t be given: {of.code} publishes no answer, and a rule tells which was given")
    attribute = asked[table.choice("attribute", asked)]
    values = table.texts("values")
    for value in values:
        if value not in {choice.key for choice in attribute.choices}:
            table.fail("values", f"names {value!r}, which is no answer to {attribute.code}")
    return _rule(table, code=table.slug("code"), of=of, attribute=attribute.code, values=values)


def _rule(
    table: Table, *, code: str, of: Kind, attribute: str | None = None, values: tuple[str, ...] = ()
) -> AssessmentRule:
    """Return a rule of a kind."""
    hours, days = how_long(table)
    return AssessmentRule(
        code=code,
        field="answer" if attribute else "any",
        values=values,
        priority=table.whole("priority", minimum=min(PRIORITIES), maximum=max(PRIORITIES)),
        working_hours=hours,
        working_days=days,
        explanation=table.text("explanation"),
        provenance=Provenance(table.text("source"), table.flag("verified")),
        kind=of.code,
        attribute=attribute,
    )
