"""The history API: routes, who may call, how often."""

import re
from collections.abc import Iterable

from functions.history.handler import resolver
from tests.template.facts import of_type, translated, written


def paths() -> dict[str, dict[str, dict[str, object]]]:
    (api,) = of_type(translated(), "AWS::ApiGateway::RestApi").values()
    return dict(api["Body"]["paths"])


def routes(items: Iterable[tuple[str, Iterable[str]]]) -> set[tuple[str, str]]:
    """Method and path, whatever the path's variables are called."""
    return {(method, re.sub(r"{\w+}", "{}", path)) for path, methods in items for method in methods}


def test_routes_in_the_template_are_the_routes_in_the_code() -> None:
    in_code = (resolver.get_openapi_schema().paths or {}).items()
    assert routes(paths().items()) == routes((path, item.model_dump(exclude_none=True)) for path, item in in_code)


def test_every_route_asks_for_a_signature_and_runs_as_itself() -> None:
    (api,) = of_type(translated(), "AWS::ApiGateway::RestApi").values()
    (scheme,) = api["Body"]["components"]["securitySchemes"].values()
    assert scheme["x-amazon-apigateway-authtype"] == "awsSigv4"
    for item in paths().values():
        for operation in item.values():
            assert operation["security"] == [{"AWS_IAM": []}]
            assert "credentials" not in str(operation["x-amazon-apigateway-integration"])


def test_api_is_regional_throttled_and_has_one_stage() -> None:
    (api,) = of_type(translated(), "AWS::ApiGateway::RestApi").values()
    (stage,) = of_type(translated(), "AWS::ApiGateway::Stage").values()
    assert api["EndpointConfiguration"]["Types"] == ["REGIONAL"]
    assert stage["StageName"] == "v1"
    (settings,) = stage["MethodSettings"]
    assert (settings["HttpMethod"], settings["ResourcePath"]) == ("*", "/*")
    assert 0 < settings["ThrottlingRateLimit"] <= settings["ThrottlingBurstLimit"]


def test_access_logs_are_kept_when_asked_for() -> None:
    (stage,) = of_type(translated(), "AWS::ApiGateway::Stage").values()
    condition, setting, otherwise = stage["AccessLogSetting"]["Fn::If"]
    assert setting["DestinationArn"] == {"Fn::GetAtt": ["ApiLogGroup", "Arn"]}
    assert otherwise == {"Ref": "AWS::NoValue"}
    assert written()["Resources"]["ApiLogGroup"]["Condition"] == condition
