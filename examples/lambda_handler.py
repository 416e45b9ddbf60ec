"""Change titles that a queue asks for: an AWS Lambda function that SQS feeds, which reports what is to be tried again.

A message is `{"id": "2819c223-…", "title": "Data Engineer"}`. Set up the function with

    handler                lambda_handler.handler
    environment            MAIA_REGION, MAIA_CLIENT_ID, MAIA_CLIENT_SECRET, MAIA_TOKEN_CACHE=/tmp/maia/token.json
    event source mapping   ReportBatchItemFailures switched on, or a failed message counts as done

A process keeps its token in memory. The file is for the next process of the same environment, as after a timeout: /tmp
lasts longer than the process. Other environments of the function ask for tokens of their own.
"""

from __future__ import annotations

import json
import logging
from typing import Any, Protocol

from maia_scim import MaiaScim, RetryPolicy, errors, patch

RESERVE = 3.0  # seconds of the invocation that are left for everything else
LEAST = 1.0  # seconds below which a message is not begun

# The service said what is wrong with the message, and did nothing: it would say so again.
FINAL = (errors.NotFound, errors.BadRequest)

log = logging.getLogger(__name__)
log.setLevel(logging.INFO)  # unset, Lambda shows warnings and errors alone
# Made by the cold start, and kept for all invocations of this process. A wait for a limit of its own might not end in
# time, so it has none: when the service answers 429, messages go back to the queue.
maia = MaiaScim(rate_limit=None)


class Context(Protocol):
    """What is needed of Lambda's context."""

    def get_remaining_time_in_millis(self) -> int:
        """Milliseconds until Lambda ends the process."""
        ...


def within(seconds: float) -> MaiaScim:
    """A client whose call ends in time: a third each for a token, for trying again, and for the last attempt."""
    return maia.with_options(timeout=seconds / 3, retry=RetryPolicy(budget=seconds / 3))


def change_title(body: str, seconds: float) -> None:
    """Do what a message says."""
    wanted = json.loads(body)
    within(seconds).users.patch(wanted["id"], patch.replace("title", wanted["title"]))


def handler(event: dict[str, Any], context: Context) -> dict[str, list[dict[str, str]]]:
    """Change the titles of a batch; give the messages that the queue is to deliver again."""
    again: list[str] = []
    for record in event["Records"]:
        message = record["messageId"]
        left = context.get_remaining_time_in_millis() / 1000 - RESERVE
        if left < LEAST:
            log.warning("%s: not_sent, there is no time left", message)
            again.append(message)
            continue
        try:
            change_title(record["body"], left)
        except errors.MaiaError as error:  # to set a title twice does no harm: so what is unknown is done again
            log.warning("%s: %s, %s: %s", message, error.outcome, type(error).__name__, error)
            if not isinstance(error, FINAL):
                again.append(message)
        except (KeyError, TypeError, ValueError) as error:  # nothing was sent; where it ends is the dead-letter queue
            log.warning("%s: not_sent, this is no message of ours: %s", message, type(error).__name__)
            again.append(message)
        else:
            log.info("%s: done", message)
    return {"batchItemFailures": [{"itemIdentifier": message} for message in again]}
