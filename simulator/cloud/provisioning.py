"""What MiniStack's CloudFormation leaves out of functions and event source mappings."""

from simulator.cloud.iam import AccessControl
from simulator.cloud.untyped import MiniStack, Payload, Record

# Lambda Developer Guide, "Using Lambda with Amazon SQS", execution role permissions.
POLLER_ACTIONS = ("ReceiveMessage", "DeleteMessage", "GetQueueAttributes")


def install(provisioners: MiniStack, lambda_svc: MiniStack, sqs: MiniStack, access: AccessControl) -> None:
    """Wraps the handlers of both resource types."""
    _keep_function_properties(provisioners._RESOURCE_HANDLERS["AWS::Lambda::Function"], lambda_svc)
    mapping = provisioners._RESOURCE_HANDLERS["AWS::Lambda::EventSourceMapping"]
    create = mapping["create"]

    def created(logical_id: str, props: Record, *rest: Payload) -> Payload:
        func, _config, _name = lambda_svc._get_func_record_for_ref(props["FunctionName"])
        queue = sqs._queue_by_arn(props["EventSourceArn"]) if ":sqs:" in props["EventSourceArn"] else None
        if func and queue:
            _check_queue_mapping(func["config"], queue, props["EventSourceArn"], access)
        return create(logical_id, props, *rest)

    mapping["create"] = created


def _keep_function_properties(handlers: Record, lambda_svc: MiniStack) -> None:
    create, update = handlers["create"], handlers["update"]

    def apply(name: str, props: Record) -> None:
        func = lambda_svc._functions[name]
        func["recursive_loop"] = props.get("RecursiveLoop", "Terminate")
        reserved = props.get("ReservedConcurrentExecutions")
        func["concurrency"] = None if reserved is None else int(reserved)
        func["config"].pop("DeadLetterConfig", None)
        if props.get("DeadLetterConfig"):
            func["config"]["DeadLetterConfig"] = props["DeadLetterConfig"]

    def created(logical_id: str, props: Record, *rest: Payload) -> Payload:
        result = create(logical_id, props, *rest)
        apply(result[0], props)
        return result

    def updated(physical_id: str, old: Record, new: Record, *rest: Payload, **named: Payload) -> Payload:
        result = update(physical_id, old, new, *rest, **named)
        apply(result[0], new)
        return result

    handlers["create"], handlers["update"] = created, updated


def _check_queue_mapping(config: Record, queue: Record, queue_arn: str, access: AccessControl) -> None:
    """Refuses what Lambda refuses when a mapping is made; its texts."""
    timeout, visibility = int(config["Timeout"]), int(queue["attributes"].get("VisibilityTimeout", "30"))
    if visibility < timeout:
        raise ValueError(
            f"Queue visibility timeout: {visibility} seconds is less than Function timeout: {timeout} seconds"
        )
    for action in POLLER_ACTIONS:
        if not access.role_may(config["Role"], f"sqs:{action}", queue_arn):
            raise ValueError(f"The function execution role does not have permissions to call {action} on SQS")
