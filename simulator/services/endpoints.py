"""Endpoints as far as components need one: a name, a config, the instances the plant runs under it."""

from collections.abc import Mapping
from typing import Any

from simulator.plant.account import Account, Endpoint
from simulator.plant.timefmt import utc
from simulator.plant.variant import Variant
from simulator.services import tags
from simulator.services.caller import Caller
from simulator.services.errors import ServiceError
from simulator.services.sagemaker_view import VARIANT

type Params = Mapping[str, Any]


class Endpoints:
    """Minimal: an endpoint is InService at once (AWS takes minutes; nothing here depends on it). Instance types and
    managed scaling are taken from the plant, not from the config."""

    def __init__(self, account: Account) -> None:
        self._account = account
        self._configs: dict[str, list[dict[str, Any]]] = {}
        self._config_created: dict[str, float] = {}
        self._config_of: dict[str, str] = {}

    def create_endpoint_config(self, params: Params, caller: Caller) -> dict[str, Any]:  # noqa: ARG002
        name = params["EndpointConfigName"]
        arn = self._account.arn("endpoint-config", name)
        if name in self._configs:
            raise ServiceError("ValidationException", f'Cannot create already existing endpoint configuration "{arn}".')
        self._configs[name] = [dict(variant) for variant in params["ProductionVariants"]]
        self._config_created[name] = self._account.engine.now
        return {"EndpointConfigArn": arn}

    def describe_endpoint_config(self, params: Params, caller: Caller) -> dict[str, Any]:  # noqa: ARG002
        name = params["EndpointConfigName"]
        arn = self._account.arn("endpoint-config", name)
        if name not in self._configs:
            raise ServiceError("ValidationException", f'Could not find endpoint configuration "{arn}".')
        return {
            "EndpointConfigName": name,
            "EndpointConfigArn": arn,
            "ProductionVariants": self._configs[name],
            "CreationTime": utc(self._config_created[name]),
        }

    def create_endpoint(self, params: Params, caller: Caller) -> dict[str, Any]:  # noqa: ARG002
        config = params["EndpointConfigName"]
        if config not in self._configs:
            arn = self._account.arn("endpoint-config", config)
            raise ServiceError("ValidationException", f'Could not find endpoint configuration "{arn}".')
        deployed = [variant for variant in self._configs[config] if "ModelName" in variant]
        if deployed and params["EndpointName"] not in self._account.endpoints:
            for variant in deployed:
                instances, slots = variant["InitialInstanceCount"], self._account.spec.service.slots
                self._account.create_variant(params["EndpointName"], variant["VariantName"], instances, slots=slots)
            endpoint = self._account.endpoints[params["EndpointName"]]
        else:
            endpoint = self._account.create_endpoint(params["EndpointName"])
        self._config_of[endpoint.name] = config
        if params.get("Tags"):
            tags.add(self._account, endpoint.arn, tags.from_list(params["Tags"]))
        return {"EndpointArn": endpoint.arn}

    def describe_endpoint(self, params: Params, caller: Caller) -> dict[str, Any]:  # noqa: ARG002
        name = params["EndpointName"]
        endpoint = self._account.endpoints.get(name)
        if endpoint is None:
            arn = self._account.arn("endpoint", name)
            raise ServiceError("ValidationException", f'Could not find endpoint "{arn}".')
        config = self._config_of.get(name)
        variants = self._configs[config] if config else [{"VariantName": VARIANT}]
        own = self._account.variants_of(name)
        if own:
            return self._of_variants(endpoint, own) | ({"EndpointConfigName": config} if config else {})
        fleet = endpoint.fleet
        running, wanted = fleet.running, len(fleet.instances)
        output: dict[str, Any] = {
            "EndpointName": name,
            "EndpointArn": endpoint.arn,
            "EndpointStatus": "Updating" if running < wanted else "InService",
            "CreationTime": utc(endpoint.created),
            "LastModifiedTime": utc(endpoint.created),
            "ProductionVariants": [
                {
                    "VariantName": variant.get("VariantName", VARIANT),
                    "CurrentInstanceCount": running,
                    "DesiredInstanceCount": wanted,
                    **{key: variant[key] for key in ("ManagedInstanceScaling", "RoutingConfig") if key in variant},
                }
                for variant in variants[:1]
            ],
        }
        return output | ({"EndpointConfigName": config} if config else {})

    def _of_variants(self, endpoint: Endpoint, variants: list[Variant]) -> dict[str, Any]:
        """One whose instances are scaled: it is Updating while any variant's number of them changes."""
        described = [variant.describe() for variant in variants]
        changing = any(one.status == "Updating" for one in described)
        return {
            "EndpointName": endpoint.name,
            "EndpointArn": endpoint.arn,
            "EndpointStatus": "Updating" if changing else "InService",
            "CreationTime": utc(endpoint.created),
            "LastModifiedTime": utc(max(one.last_modified for one in described)),
            "ProductionVariants": [
                {
                    "VariantName": variant.variant,
                    "CurrentInstanceCount": one.current_copies,
                    "DesiredInstanceCount": one.desired_copies,
                }
                for variant, one in zip(variants, described, strict=True)
            ],
        }
