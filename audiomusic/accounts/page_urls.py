"""The account pages, at the root of the site."""

from django.urls import path

from audiomusic.accounts import pages

urlpatterns = [
    path("sign-in", pages.SignIn.as_view(), name="sign-in"),
    path("sign-out", pages.SignOut.as_view(), name="sign-out"),
    path("sign-up", pages.SignUp.as_view(), name="sign-up"),
]
