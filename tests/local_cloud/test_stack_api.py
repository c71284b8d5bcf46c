"""The history API on the deployed stack: bad questions, and who may ask."""

import base64

import pytest

from tests.local_cloud.scene import TAGS, UNTAGGED, WAKE, Scene

pytestmark = pytest.mark.local_cloud

FOREIGN = base64.urlsafe_b64encode(b"other.20261122T120000000Z.0123abcd").decode()


@pytest.mark.parametrize(
    ("field", "path", "query"),
    [
        ("limit", "/components", {"limit": "0"}),
        ("cursor", "/components", {"cursor": "not-a-cursor"}),
        ("name", "/components", {"name": WAKE}),
        ("cursor", f"/components/{WAKE}/decisions", {"cursor": "not-a-cursor"}),
        ("cursor", f"/components/{WAKE}/decisions", {"cursor": FOREIGN}),
        ("from", f"/components/{WAKE}/decisions", {"from": "yesterday"}),
        ("to", f"/components/{WAKE}/decisions", {"to": "2026-11-22T12:00:00"}),
        ("from", f"/components/{WAKE}/decisions", {"from": "2026-11-22T12:00:01Z", "to": "2026-11-22T12:00:00Z"}),
        ("limit", f"/components/{WAKE}/decisions", {"limit": "0"}),
        ("limit", f"/components/{WAKE}/decisions", {"limit": "many"}),
        ("name", "/components/no_such-name/decisions", {}),
        ("id", "/decisions/not-an-id", {}),
    ],
    ids=lambda value: value if isinstance(value, str) and not value.startswith("/") else "",
)
def test_a_bad_question_is_answered_400_with_the_field(
    scene: Scene, field: str, path: str, query: dict[str, str]
) -> None:
    answer = scene.api(path, **query)
    assert answer.status == 400, answer
    assert answer.body["field"] == field
    assert answer.body["message"].startswith(f"{field}: ")


@pytest.mark.parametrize(
    "path",
    [
        "/components/nobody/decisions",
        f"/components/{UNTAGGED}/decisions",
        f"/decisions/{WAKE}.20260101T000000000Z.0123abcd",
    ],
)
def test_an_unknown_name_or_id_is_answered_404(scene: Scene, path: str) -> None:
    assert scene.api(path).status == 404


@pytest.mark.parametrize("path", ["/components", f"/components/{WAKE}/decisions", f"/decisions/{WAKE}.x.y"])
def test_no_route_answers_an_unsigned_request(scene: Scene, path: str) -> None:
    answer = scene.cloud.call_api(scene.outputs["ApiUrl"], path, credentials=None)
    assert (answer.status, answer.body) == (403, {"message": "Missing Authentication Token"})


def test_components_are_paged(scene: Scene) -> None:
    whole = scene.api("/components").body
    first = scene.api("/components", limit="2").body
    rest = scene.api("/components", cursor=first["cursor"]).body
    names, *pages = [[one["name"] for one in page["components"]] for page in (whole, first, rest)]
    assert (len(pages[0]), rest["cursor"]) == (2, None)
    paged = [name for page in pages for name in page]
    assert paged == sorted(paged)
    assert set(paged) >= set(names) >= TAGS.keys() - {UNTAGGED}  # other tests tag components of their own
