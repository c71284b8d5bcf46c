"""Puts the recursion stop of `lineage` where MiniStack has none: on the way through SQS.

MiniStack 1.5.33 counts only direct Invoke calls, by a header of its own.
"""

import contextvars
import logging

from simulator.cloud.lineage import Trace, must_stop
from simulator.cloud.untyped import Asgi, MiniStack, Payload, Record

logger = logging.getLogger(__name__)

# The trace header of the request or batch at hand; copied into the threads that invoke functions.
inbound: contextvars.ContextVar[str | None] = contextvars.ContextVar("inbound_trace", default=None)


def install(lambda_svc: MiniStack, sqs: MiniStack) -> None:
    """Installs all of it; the arguments are MiniStack's modules."""
    _keep_trace_on_messages(sqs)
    _stop_batches(lambda_svc)
    _stop_direct_invocations(lambda_svc)

    def trace_for_invocation(config: Record, _inbound: str | None = None) -> str:
        return Trace.parse(inbound.get()).entering(config["FunctionArn"])

    lambda_svc._xray_trace_id_for_invocation = trace_for_invocation


def _keep_trace_on_messages(sqs: MiniStack) -> None:
    original = sqs._act_send_message

    def send_message(data: Record, queue_url: str) -> Payload:
        header = inbound.get()
        system = data.get("MessageSystemAttributes") or {}
        if header and "AWSTraceHeader" not in system:
            system = system | {"AWSTraceHeader": {"DataType": "String", "StringValue": header}}
        # MiniStack rebuilds the message list under this lock when a batch is deleted or swept to the dead-letter
        # queue, but appends without it: a message sent in between would be lost.
        with sqs._queues_lock:
            return original(data | {"MessageSystemAttributes": system}, queue_url)

    sqs._act_send_message = send_message
    sqs._HANDLERS["SendMessage"] = send_message


def _stop_batches(lambda_svc: MiniStack) -> None:
    original = lambda_svc._run_sqs_batch

    def run_batch(
        esm: Record, func: Record, event: Payload, batch: list[Record], queue_url: str, queue_name: str
    ) -> None:
        arn = func["config"]["FunctionArn"]
        setting = func.get("recursive_loop")
        headers = {message["id"]: (message.get("sys") or {}).get("AWSTraceHeader") for message in batch}
        stopped = {key for key, header in headers.items() if must_stop(Trace.parse(header), arn, setting)}
        if stopped:
            # Refused like a failing invocation: the messages come back after their visibility timeout until the
            # queue's redrive policy takes them (assumed; the guide speaks of the dead-letter queue only).
            logger.warning("recursive loop: %d message(s) of %s withheld from %s", len(stopped), queue_name, arn)
        if len(stopped) < len(batch):
            inbound.set(Trace.merge(header for key, header in headers.items() if key not in stopped).header())
            records = [record for record in event["Records"] if record["messageId"] not in stopped]
            kept = [message for message in batch if message["id"] not in stopped]
            original(esm, func, event | {"Records": records}, kept, queue_url, queue_name)

    lambda_svc._run_sqs_batch = run_batch


def _stop_direct_invocations(lambda_svc: MiniStack) -> None:
    original = lambda_svc._recursive_loop_drop

    def drop(name: str, func: Record, _depth: int) -> Payload:
        rounds = Trace.parse(inbound.get()).rounds_of(func["config"]["FunctionArn"])
        return original(name, func, rounds + 1)

    lambda_svc._recursive_loop_drop = drop


def trace_middleware(app: Asgi) -> Asgi:
    """Wraps MiniStack's ASGI application so that each request's trace header is known where messages are sent."""

    async def wrapped(scope: Record, receive: Asgi, send: Asgi) -> None:
        if scope["type"] == "http":
            headers = dict(scope["headers"])
            value = headers.get(b"x-amzn-trace-id")
            inbound.set(value.decode("latin-1") if value else None)
        await app(scope, receive, send)

    return wrapped
