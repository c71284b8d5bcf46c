"""Every AWS operation Headstart calls. The layer's build reads it too, so it imports the standard library only."""

from typing import Final

OPERATIONS: Final = {
    "application-autoscaling": (
        "DeleteScheduledAction",
        "DescribeScalableTargets",
        "DescribeScalingPolicies",
        "DescribeScheduledActions",
        "PutScheduledAction",
        "RegisterScalableTarget",
    ),
    "cloudwatch": ("DeleteAlarms", "DescribeAlarms", "GetMetricData", "PutMetricAlarm"),
    "dynamodb": ("BatchGetItem", "GetItem", "PutItem", "Query", "TransactWriteItems", "UpdateItem"),
    "resourcegroupstaggingapi": ("GetResources",),
    "sagemaker": (
        "DescribeInferenceComponent",
        "ListInferenceComponents",
        "ListTags",
        "UpdateInferenceComponentRuntimeConfig",
    ),
    "sqs": ("SendMessage",),
}
"""By service as boto3 calls it. A client in the built layer has no other methods."""
