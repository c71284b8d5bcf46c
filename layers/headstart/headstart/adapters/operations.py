"""Every AWS operation Headstart calls. The layer's build reads it too, so it imports the standard library only."""

from typing import Final

OPERATIONS: Final = {
    "application-autoscaling": (
        "DeleteScalingPolicy",
        "DeleteScheduledAction",
        "DeregisterScalableTarget",
        "DescribeScalableTargets",
        "DescribeScalingPolicies",
        "DescribeScheduledActions",
        "PutScalingPolicy",
        "PutScheduledAction",
        "RegisterScalableTarget",
    ),
    "cloudwatch": ("DeleteAlarms", "DescribeAlarms", "GetMetricData", "PutMetricAlarm"),
    "dynamodb": ("BatchGetItem", "DeleteItem", "GetItem", "PutItem", "Query", "TransactWriteItems", "UpdateItem"),
    "events": ("PutEvents",),
    "resourcegroupstaggingapi": ("GetResources",),
    "sagemaker": (
        "DescribeEndpoint",
        "DescribeInferenceComponent",
        "ListInferenceComponents",
        "ListTags",
        "UpdateInferenceComponentRuntimeConfig",
    ),
    "sqs": ("SendMessage",),
}
"""By service as boto3 calls it. A client in the built layer has no other methods."""
