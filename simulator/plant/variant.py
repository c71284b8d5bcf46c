"""A production variant without inference components: each instance runs one container, and counts as one copy."""

from typing import TYPE_CHECKING, override

from simulator.plant.component import Component
from simulator.plant.metrics import NAMESPACE, MetricKey, metric_key

if TYPE_CHECKING:
    from simulator.plant.account import Account, Endpoint

# Under the endpoint's and the variant's name (aws-facts 2.1, 4.2). That a value is an instance's share is assumed, as
# is that no variant counts refused requests.
NAMES = {"ConcurrentRequestsPerCopy": "ConcurrentRequestsPerModel", "InvocationsPerCopy": "InvocationsPerInstance"}
OF_COMPONENTS_ONLY = "NoCapacityInvocationFailures"


class Variant(Component):
    """Made by `Account.create_variant`. Its name in the plant is ENDPOINT.VARIANT; its status is the endpoint's."""

    def __init__(self, account: "Account", variant: str, endpoint: "Endpoint", slots: int, number: int) -> None:
        super().__init__(account, f"{endpoint.name}.{variant}", endpoint, slots, number)
        self.arn = endpoint.arn
        self.variant = variant

    @override
    def _metric(self, name: str) -> MetricKey | None:
        if name == OF_COMPONENTS_ONLY:
            return None
        dimensions = {"EndpointName": self.endpoint_name, "VariantName": self.variant}
        return metric_key(NAMESPACE, NAMES.get(name, name), dimensions)
