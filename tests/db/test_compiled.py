"""A compiled query returns the same rows as the plain queryset."""

import pytest
from django.db.models import F
from django.db.models.functions import Upper

from audiomusic.accounts.models import ApiKey, User
from audiomusic.accounts.services import key_create
from audiomusic.db.compiled import CompiledPage, CompiledQuery

pytestmark = pytest.mark.django_db


def test_it_reads_rows_as_the_queryset_does(owner, other, django_assert_num_queries):
    read = CompiledQuery(lambda name: User.objects.filter(username=name), "x")
    assert read("nobody") == []
    with django_assert_num_queries(1):
        found = read("olive")
    assert found == [owner] and vars(found[0]).keys() == vars(User.objects.get(pk=owner.pk)).keys()
    assert found[0].date_joined == owner.date_joined and found[0].is_active is True


def test_what_was_deferred_is_read_when_asked_for(owner):
    read = CompiledQuery(lambda pk: User.objects.filter(pk=pk).defer("email"), 1)
    assert read(owner.pk)[0].get_deferred_fields() == {"email"}
    assert read(owner.pk)[0].email == "olive@example.org"


def test_it_follows_a_foreign_key(owner, django_assert_num_queries):
    key, _ = key_create(user=owner, name="one", scopes=["music:read"])
    read = CompiledQuery(lambda pk: ApiKey.objects.select_related("user").filter(pk=pk), 1, related="user")
    with django_assert_num_queries(1):
        [found] = read(key.pk)
        assert found.user == owner and found.user.email == "olive@example.org"
    assert found.scopes == ["music:read"] and found.created == key.created


def test_it_keeps_the_order_of_its_arguments(owner):
    read = CompiledQuery(lambda pk, name: User.objects.filter(pk=pk, username=name), 1, "x")
    assert read(owner.pk, "olive") == [owner] and read(owner.pk, "otto") == []


def test_it_refuses_a_query_that_changes_its_arguments():
    read = CompiledQuery(lambda name: User.objects.filter(username__contains=name), "x")
    with pytest.raises(ValueError, match="takes its arguments as they are"):
        read("x")


def test_arguments_may_stand_anywhere_and_more_than_once(owner, other):
    build = lambda name, pk: User.objects.filter(pk=pk).filter(username=name).filter(pk__lte=pk)  # noqa: E731
    read = CompiledQuery(build, "x", -1)
    assert read("olive", owner.pk) == [owner] and read("olive", other.pk) == []


def test_it_keeps_annotations(owner):
    shout = Upper(F("username"))
    read = CompiledQuery(lambda pk: User.objects.filter(pk=pk).annotate(shout=shout), 1)
    assert read(owner.pk)[0].shout == "OLIVE" and read(owner.pk)[0].username == "olive"


def test_a_page_is_cut_where_the_call_says(owner, other, staff):
    def build(name):
        ids = User.objects.exclude(username=name).order_by("id").values("id")[CompiledPage.WINDOW]
        return User.objects.filter(id__in=ids).exclude(username=name).order_by("-id")

    page = CompiledPage(build, "x")
    assert page.read("nobody", start=0, stop=2) == [other, owner]
    assert page.read("nobody", start=1, stop=9) == [staff, other]
    assert page.read("otto", start=1, stop=2) == [staff]


def test_a_page_must_be_cut(owner):
    with pytest.raises(ValueError, match="cuts its query by the window"):
        CompiledPage(lambda pk: User.objects.filter(pk=pk), 1).read(1, start=0, stop=1)
