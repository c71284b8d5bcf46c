"""Event delivery as EventBridge and Lambda do it: permission checks, dead-letter queues, asynchronous invocation.

MiniStack 1.5.33 runs a rule's Lambda target once, in place: no resource policy, no retry, no destination, no
dead-letter queue. Supplied here: a target that may not or cannot be invoked goes to the rule's dead-letter queue at
once (such errors are not retried), an accepted event is an asynchronous invocation with Lambda's retries, event age
and on-failure destination.
"""

import contextvars
import datetime
import json
import logging
import threading
import time
import uuid

from simulator.cloud import recursion
from simulator.cloud.iam import AccessControl
from simulator.cloud.untyped import MiniStack, Payload, Record

logger = logging.getLogger(__name__)

DEFAULT_RETRIES = 2
DEFAULT_EVENT_AGE_SECONDS = 6 * 3600
_EVENTS = "events.amazonaws.com"


class Delivery:
    """Replaces MiniStack's delivery of events to functions; the arguments are its modules."""

    def __init__(
        self,
        lambda_svc: MiniStack,
        eventbridge: MiniStack,
        sqs: MiniStack,
        access: AccessControl,
        *,
        retry_seconds: float,
    ) -> None:
        self._lambda = lambda_svc
        self._events = eventbridge
        self._sqs = sqs
        self._access = access
        self._retry_seconds = retry_seconds
        self._target = contextvars.ContextVar[tuple[Record, Record] | None]("rule_target", default=None)
        self._invoke_target: MiniStack = eventbridge._invoke_target

    def install(self) -> None:
        self._events._invoke_target = self._to_target
        self._events._dispatch_to_lambda = self._to_function
        self._lambda.invoke_async_with_retry = self.invoke

    def publish(self, event: Record) -> None:
        """Puts an event of an AWS service (source `aws.*`) on the default bus, id and time as given."""
        record = {
            "EventId": event["id"],
            "Source": event["source"],
            "DetailType": event["detail-type"],
            "Detail": json.dumps(event["detail"]),
            "EventBusName": "default",
            "Time": event["time"],
            "Resources": event["resources"],
            "Account": event["account"],
            "Region": event["region"],
        }
        self._events._ensure_default_bus()
        self._events._events_log_list().append(record)
        self._events._dispatch_event(record)

    def invoke(self, func: Record, event: Payload) -> None:
        """Accepts an asynchronous invocation: returns at once, retries in the background."""
        context = contextvars.copy_context()
        threading.Thread(target=context.run, args=(self._attempt, func, event), daemon=True).start()

    def _to_target(self, target: Record, event: Payload, rule: Record, view: MiniStack = None) -> None:
        token = self._target.set((target, rule))
        try:
            self._invoke_target(target, event, rule, view)
        finally:
            self._target.reset(token)

    def _to_function(self, arn: str, payload: str) -> None:
        known = self._target.get()
        func, config, _name = self._lambda._get_func_record_for_ref(arn)
        if not func or not config:
            self._dead_letter(known, payload, "NO_RESOURCE", f"Function not found: {arn}")
            return
        rule_arn = known[1]["Arn"] if known else ""
        if not self._access.service_may_invoke(func["policy"], arn, _EVENTS, rule_arn):
            self._dead_letter(known, payload, "NO_PERMISSIONS", f"{_EVENTS} may not invoke {arn}")
            return
        # Lambda does not follow chains of requests through EventBridge.
        token = recursion.inbound.set(None)
        self.invoke(self._lambda._execution_record_for_config(func, config), json.loads(payload))
        recursion.inbound.reset(token)

    def _dead_letter(self, known: tuple[Record, Record] | None, payload: str, code: str, message: str) -> None:
        target, rule = known or ({}, {})
        queue_arn = (target.get("DeadLetterConfig") or {}).get("Arn")
        logger.warning("event not delivered to %s: %s %s", target.get("Arn"), code, message)
        if not queue_arn or not self._access.service_may_send(queue_arn, _EVENTS, rule["Arn"]):
            return
        attributes = {
            "RULE_ARN": rule["Arn"], "TARGET_ARN": target["Arn"], "ERROR_CODE": code, "ERROR_MESSAGE": message
        }  # fmt: skip
        self._send(queue_arn, payload, attributes)

    def _send(self, queue_arn: str, body: str, attributes: dict[str, str] | None = None) -> None:
        queue = self._sqs._queue_by_arn(queue_arn)
        if queue is None:
            logger.warning("no queue %s", queue_arn)
            return
        values = {name: {"DataType": "String", "StringValue": text} for name, text in (attributes or {}).items()}
        url = self._sqs._queue_url(queue_arn.rsplit(":", 1)[-1])
        self._sqs._act_send_message({"QueueUrl": url, "MessageBody": body, "MessageAttributes": values}, url)

    def _attempt(self, func: Record, event: Payload) -> None:
        config = func["config"]
        settings = func.get("event_invoke_config") or (func.get("event_invoke_configs") or {}).get("$LATEST") or {}
        retries = settings.get("MaximumRetryAttempts", DEFAULT_RETRIES)
        deadline = time.monotonic() + settings.get("MaximumEventAgeInSeconds", DEFAULT_EVENT_AGE_SECONDS)
        wait, attempts, condition = self._retry_seconds, 0, "RetriesExhausted"
        while True:
            result = self._lambda._execute_function_with_config_scope(func, event)
            if not result.get("error"):
                return
            # A throttled event is kept and tried again within its age, without using up an attempt.
            attempts += 0 if result.get("throttle") else 1
            if attempts > retries:
                break
            if time.monotonic() + wait > deadline:
                condition = "EventAgeExceeded"
                break
            time.sleep(wait)
            wait *= 2
        self._to_destination(config, settings, event, _failure_record(config, event, result, attempts, condition))

    def _to_destination(self, config: Record, settings: Record, event: Payload, record: Payload) -> None:
        destination = ((settings.get("DestinationConfig") or {}).get("OnFailure") or {}).get("Destination")
        dead_letter = (config.get("DeadLetterConfig") or {}).get("TargetArn")
        logger.warning("%s failed: %s", config["FunctionName"], record["responsePayload"])
        for arn, body in ((destination, record), (dead_letter, event)):
            if not arn:
                continue
            if not self._access.role_may(config["Role"], "sqs:SendMessage", arn):
                logger.warning("%s may not send to %s", config["Role"], arn)
                continue
            self._send(arn, json.dumps(body))


def _failure_record(config: Record, event: Payload, result: Record, attempts: int, condition: str) -> Record:
    """The invocation record (Lambda Developer Guide, "Capturing records of asynchronous invocations")."""
    now = datetime.datetime.fromtimestamp(wall_clock(), datetime.UTC)
    return {
        "version": "1.0",
        "timestamp": now.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "requestContext": {
            "requestId": str(uuid.uuid4()),
            "functionArn": f"{config['FunctionArn']}:$LATEST",
            "condition": condition,
            "approximateInvokeCount": attempts,
        },
        "requestPayload": event,
        "responseContext": {"statusCode": 200, "executedVersion": "$LATEST", "functionError": "Unhandled"},
        "responsePayload": result.get("body"),
    }


def wall_clock() -> float:
    """Seconds since the epoch: the local cloud lives in real time."""
    return time.time()  # noqa: TID251
