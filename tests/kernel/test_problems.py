"""Problem documents: both languages, one status for several refusals, never a 500 for bad input."""

from __future__ import annotations

import pytest

from wangge.errors import RuleBroken, RulesBroken, refuse_all
from wangge.kernel.problems import problem


def _refusal(code: str, status: int) -> RuleBroken:
    return RuleBroken(code, zh="中文", en="english", status=status, rule="S35", facts={"n": 3})


@pytest.mark.parametrize(
    ("statuses", "expected"), [((422, 409), 409), ((409, 403, 422), 403), ((422,), 422), ((400,), 400)]
)
def test_status_is_the_first_present_of_403_409_422(statuses, expected):
    refused = RulesBroken([_refusal(f"C{status}", status) for status in statuses])
    document = problem(refused)
    assert document["status"] == refused.status == expected
    assert document["code"] == f"C{expected}"
    assert [entry["code"] for entry in document["errors"]] == [f"C{status}" for status in statuses]


def test_document_bears_both_languages_rule_and_facts():
    document = problem(_refusal("X", 422), english=True)
    assert document["detail"] == "english" and document["message"] == {"zh": "中文", "en": "english"}
    assert document["rule"]["id"] == "S35" and document["facts"] == {"n": 3}


def test_refuse_all_is_quiet_raises_one_or_all():
    refuse_all([])
    with pytest.raises(RuleBroken):
        refuse_all([_refusal("A", 422)])
    with pytest.raises(RulesBroken):
        refuse_all([_refusal("A", 422), _refusal("B", 409)])


@pytest.mark.django_db
@pytest.mark.parametrize(
    "body",
    ["[" * 100_000, "{", '{"username": 1', "[]", "null", '"x"', '{"username":"a\\u0000","password":"b"}'],
)
def test_broken_bodies_are_400_problems(api, alpha, body):
    answer = api(alpha).client.post(
        "/api/v1/sessions", data=body, content_type="application/json", HTTP_HOST="alpha.test"
    )
    assert answer.status_code == 400 and answer["Content-Type"] == "application/problem+json", answer.content


@pytest.mark.django_db
def test_wrong_method_names_the_allowed_ones(api, alpha, make_user):
    answer = api(alpha, make_user(alpha, "zhao")).put("me", {})
    assert answer.status_code == 405 and "GET" in answer["Allow"]
    assert answer.json()["code"] == "METHOD_NOT_ALLOWED"


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("limit=0", "BAD_LIMIT"),
        ("limit=201", "BAD_LIMIT"),
        ("limit=x", "BAD_LIMIT"),
        ("cursor=%ff%00", "BAD_CURSOR"),
        ("cursor=cD1hYmM%3D", "BAD_CURSOR"),  # p=abc
        ("cursor=cD1uYW4%3D", "BAD_CURSOR"),  # p=nan
    ],
)
def test_bad_paging_is_refused(api, alpha, make_user, query, code):
    answer = api(alpha, make_user(alpha, "qian")).get(f"tokens?{query}")
    assert (answer.status_code, answer.json()["code"]) == (400, code)


@pytest.mark.django_db
def test_a_missing_field_is_told_in_both_languages(api, alpha):
    refused = api(alpha).post("sessions", {"username": "a"}).json()
    assert refused["field"] == "password" and refused["facts"]["reason"] == "required"
    assert "必填" in refused["message"]["zh"] and "required" in refused["message"]["en"]
