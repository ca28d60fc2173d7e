"""What is told of a job's end, to whom, and how: the topic, subscriptions, mail, webhooks, digests."""

from foreman_core.notices.message import customer_of, document, subject, text
from foreman_core.notices.topic import Notices

__all__ = ["Notices", "customer_of", "document", "subject", "text"]
