"""Notices and digests as mail: a text and an HTML body from the templates beside this module."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, cast

from attrs import frozen
from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from foreman_core.notices.message import commands, fates, headline, one_line, top
from foreman_core.notices.subscriptions import Subscription

if TYPE_CHECKING:
    from mypy_boto3_sesv2 import SESV2Client

SUBJECT_CHARACTERS: Final = 150
OUTCOME_WORDS: Final = {"success": "succeeded", "partial": "to look at", "failure": "failed"}

_KINDS: Final = {"job": "job", "digest": "digest", "test": "trial"}
"""What comes first in a document's type, and the templates for it."""

_TEMPLATES: Final = Environment(
    loader=FileSystemLoader(Path(__file__).with_name("templates")),
    autoescape=select_autoescape(["html"]),
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
cast("dict[str, object]", _TEMPLATES.filters).update(
    {"fates": fates, "top": top, "one_line": one_line, "number": "{:,}".format}
)


@frozen(kw_only=True)
class Mail:
    """A message, ready to be sent."""

    subject: str
    text: str
    html: str


def mail(told: Mapping[str, Any], subscription_id: str, web_url: str | None = None) -> Mail:
    """The mail of a notice, a digest or a test, by its document; with links where `web_url` is known, and
    with the way to end the subscription.
    """
    kind = _KINDS[told["type"].partition(".")[0]]
    named = {
        "told": told,
        "data": told["data"],
        "commands": commands,
        "end": f"foreman subscriptions remove {subscription_id}",
        "web_url": web_url and web_url.rstrip("/"),
    }
    subject = _subject(told)
    return Mail(
        subject=subject,
        text=_TEMPLATES.get_template(f"{kind}.txt").render(named, subject=subject),
        html=_TEMPLATES.get_template(f"{kind}.html").render(named, subject=subject),
    )


def _subject(told: Mapping[str, Any]) -> str:
    match told["type"]:
        case "test":
            line = "this is a test"
        case "digest":
            jobs = told["data"]["jobs"]
            counted = [f"{told['data']['outcomes'][name]} {word}" for name, word in OUTCOME_WORDS.items()]
            line = f"{jobs} {'job' if jobs == 1 else 'jobs'}: {', '.join(counted)}"
        case _:
            line = headline(told)
    return f"Foreman: {line}"[:SUBJECT_CHARACTERS]


@frozen(kw_only=True)
class Mailer:
    """What sends mail, through SES."""

    client: "SESV2Client"
    sender: str
    configuration_set: str
    web_url: str | None

    def send(self, subscription: Subscription, told: Mapping[str, Any]) -> None:
        """Hand a mail over to SES, which tries again by itself from there on."""
        made = mail(told, subscription.id, self.web_url)
        self.client.send_email(
            FromEmailAddress=self.sender,
            Destination={"ToAddresses": [subscription.address]},
            Content={
                "Simple": {
                    "Subject": _utf8(made.subject),
                    "Body": {"Text": _utf8(made.text), "Html": _utf8(made.html)},
                    # so that nobody's absence note comes back: https://www.rfc-editor.org/rfc/rfc3834
                    "Headers": [{"Name": "Auto-Submitted", "Value": "auto-generated"}],
                }
            },
            ConfigurationSetName=self.configuration_set,
        )


def _utf8(text: str) -> Any:  # noqa: ANN401 - SES's Content
    return {"Data": text, "Charset": "UTF-8"}
