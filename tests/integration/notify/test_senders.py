"""Messages leave by GOV.UK Notify's own client and by SMTP, against local servers that speak their protocols."""

from dataclasses import replace
from datetime import timedelta

import pytest

from shared.clock import machine_now
from shared.config import Settings
from shared.errors import ConfigError, RetryLater
from shared.notify import DELIVERIES, Message, PageSender, RefusedError, open_sender, queue_delivery, send_due
from shared.notify import deliveries as module
from tests.builders import make_context
from tests.servers.mail import running_mail
from tests.servers.notify_api import KEY, TEMPLATES, running_notify

EMAIL = Message(
    "d-1", "email", "ann@example.com", "closed", "Your report FT-7K3MQ2XA is closed", "Dear Ann,\n\n£ and 🛋️"
)
SMS = Message("d-2", "sms", "07700900982", "closed", "", "Liverpool: your report is closed")


@pytest.fixture
def api():
    with running_notify() as server:
        yield server


@pytest.fixture
def mail():
    with running_mail() as server:
        yield server


@pytest.fixture
def ctx(tmp_path):
    context = make_context("reports", tmp_path)
    yield context
    context.store.close()


@pytest.fixture
def notify(api, tmp_path, ctx):
    key = tmp_path / "notify.key"
    key.write_text(f"{KEY}\n")
    settings = replace(
        ctx.settings,
        demo=False,
        notify_key_file=key,
        notify_url=api.url,
        notify_email_template=TEMPLATES["email"],
        notify_sms_template=TEMPLATES["sms"],
    )
    return open_sender(settings, ctx.store)


@pytest.fixture
def smtp(mail, ctx):
    return open_sender(
        replace(ctx.settings, demo=False, smtp_url=mail.url, mail_from="Street scene <scene@council.example>"),
        ctx.store,
    )


def queued(ctx, message):
    return queue_delivery(
        ctx, event_id="e-1", recipient="email", kind="closed", message=message, event_time=ctx.clock.now(), about="r-1"
    )


def pass_time(monkeypatch, hours):
    later = machine_now() + timedelta(hours=hours)
    monkeypatch.setattr(module, "machine_now", lambda: later)


def test_email_and_text_message_reach_notify_under_the_deliverys_id(notify, api):
    notify.send(EMAIL)
    notify.send(SMS)

    assert [(one["channel"], one["reference"]) for one in api.taken] == [("email", "d-1"), ("sms", "d-2")]
    assert api.taken[0]["personalisation"] == {"subject": EMAIL.subject, "body": EMAIL.body}
    assert notify.look_up("d-1") is True
    assert notify.look_up("d-9") is False


def test_an_address_that_notify_never_takes_is_refused(notify):
    with pytest.raises(RefusedError):
        notify.send(replace(EMAIL, address="refused@example.com"))


@pytest.mark.parametrize("status", [429, 403])
def test_what_notify_surely_did_not_take_waits(notify, api, status):
    api.answers = [status]

    with pytest.raises(RetryLater):
        notify.send(EMAIL)

    assert api.taken == []


@pytest.mark.parametrize("was_taken", [True, False])
def test_after_a_failure_on_notifys_side_it_is_asked_and_the_message_is_there_once(
    ctx, notify, api, monkeypatch, was_taken
):
    api.answers, api.takes_before_failing = [500], was_taken
    queued(ctx, EMAIL)
    pass_time(monkeypatch, 1)
    assert send_due(ctx, notify) == 0
    api.takes_before_failing = False

    pass_time(monkeypatch, 3)
    send_due(ctx, notify)

    assert len(api.taken) == 1
    assert (
        ctx.store.find(DELIVERIES.name, {"about": "r-1"}, sort=DELIVERIES.indexes[1].sort).items[0]["state"] == "sent"
    )


def test_while_notify_is_away_messages_wait(ctx, notify, api, monkeypatch):
    queued(ctx, EMAIL)
    api.shutdown()
    api.server_close()
    pass_time(monkeypatch, 1)

    assert send_due(ctx, notify) == 0

    assert ctx.store.count(DELIVERIES.name, {"open": True}) == 1


def test_a_letter_reaches_the_mail_server_whole(smtp, mail):
    smtp.send(EMAIL)

    (letter,) = mail.letters
    assert (letter["To"], letter["Subject"], letter["From"]) == (
        "ann@example.com",
        EMAIL.subject,
        "Street scene <scene@council.example>",
    )
    assert letter["Message-ID"] == "<d-1@council.example>"
    assert letter.get_content().strip().replace("\r\n", "\n") == EMAIL.body
    assert smtp.look_up("d-1") is None


def test_a_mailbox_that_is_not_there_is_refused_and_a_busy_one_waits(smtp, mail):
    with pytest.raises(RefusedError):
        smtp.send(replace(EMAIL, address="refused@example.com"))
    with pytest.raises(RetryLater):
        smtp.send(replace(EMAIL, address="later@example.com"))
    with pytest.raises(RefusedError):
        smtp.send(SMS)
    assert mail.letters == []


def test_without_a_mail_server_letters_wait(smtp, mail):
    mail.shutdown()
    mail.server_close()

    with pytest.raises(RetryLater):
        smtp.send(EMAIL)


def test_a_subject_with_a_line_break_adds_no_header(smtp, mail):
    with pytest.raises(ValueError):
        smtp.send(replace(EMAIL, subject="Hello\r\nBcc: everybody@example.com"))
    assert mail.letters == []


def test_a_demonstration_writes_to_nobody(ctx, tmp_path):
    settings = replace(ctx.settings, demo=True, smtp_url="smtp://mail.example", mail_from="a@b.example")

    assert isinstance(open_sender(settings, ctx.store), PageSender)


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"NOTIFY_KEY_FILE": "/k"}, "STREETSCENE_NOTIFY_EMAIL_TEMPLATE is missing"),
        ({"NOTIFY_KEY_FILE": "/k", "SMTP_URL": "smtp://mail"}, "set one of the two"),
        (
            {
                "NOTIFY_KEY_FILE": "/k",
                "NOTIFY_EMAIL_TEMPLATE": "a",
                "NOTIFY_SMS_TEMPLATE": "b",
                "NOTIFY_URL": "http://x.example",
            },
            "must be an https:// address",
        ),
        ({"SMTP_URL": "smtp://mail"}, "STREETSCENE_MAIL_FROM is missing"),
        ({"SMTP_URL": "http://mail", "MAIL_FROM": "a@b.example"}, "must start with smtp:// or smtps://"),
    ],
)
def test_half_a_set_of_settings_is_named_at_start(settings, said):
    with pytest.raises(ConfigError, match=said):
        Settings.from_env({f"STREETSCENE_{name}": value for name, value in settings.items()})


def test_the_mail_servers_password_is_not_printed():
    settings = Settings.from_env(
        {"STREETSCENE_SMTP_URL": "smtps://us:secret-word@mail.example", "STREETSCENE_MAIL_FROM": "a@b.example"}
    )

    assert "secret-word" not in str(settings.redacted())
