"""/api/v1/auth/me"""

ME = "/api/v1/auth/me"


def test_it_says_who_asks(client_of, owner):
    body = client_of(owner).get(ME).json()
    assert body["id"] == owner.id
    assert body["email"] == "olive@example.org"
    assert body["username"] == body["full_name"].lower() == "olive"
    assert body["is_verified"] is True
    assert body["created_at"].endswith("Z")
    assert "password" not in body


def test_a_key_needs_the_scope_to_read(keyed, owner):
    assert keyed(owner, "music:read").get(ME).status_code == 200
    assert keyed(owner, "music:generate").get(ME).status_code == 403


def test_without_credentials_it_is_401(visitor, db):
    assert visitor.get(ME).status_code == 401


def test_it_cannot_be_written(client_of, owner):
    answer = client_of(owner).post(ME, {})
    assert answer.status_code == 405
    assert answer.json()["code"] == "method_not_allowed"
