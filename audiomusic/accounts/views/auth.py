"""The sign-in, sign-out and sign-up pages."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib.auth import login
from django.contrib.auth.forms import AuthenticationForm, UserCreationForm
from django.contrib.auth.views import LoginView, LogoutView, RedirectURLMixin
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.decorators import method_decorator
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.generic.edit import FormView

from audiomusic.accounts.external.oidc import oidc_name
from audiomusic.accounts.factors.second_step import BACKEND, second_step_begin
from audiomusic.accounts.factors.services import has_factor
from audiomusic.accounts.models import User


def sign_up_is_open() -> bool:
    """Return whether strangers may create an account (AUDIOMUSIC_SIGN_UP)."""
    return getattr(settings, "SIGN_UP", "open") == "open"


class SignUpForm(UserCreationForm):  # type: ignore[type-arg]  # not generic at run time
    class Meta:
        model = User
        fields = ("username", "email")


class SignIn(LoginView):
    template_name = "accounts/sign_in.html"
    redirect_authenticated_user = True

    def form_valid(self, form: AuthenticationForm) -> HttpResponse:
        """Sign the user in, or continue to the second factor if the account has one."""
        user = form.get_user()
        if has_factor(user):
            return second_step_begin(self.request, user=user, next_url=self.get_success_url())
        return super().form_valid(form)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(sign_up_is_open=sign_up_is_open(), oidc_name=oidc_name(), **kwargs)


class SignOut(LogoutView):
    """Accepts POST only, so that no link or image can sign a user out."""


@method_decorator([sensitive_post_parameters(), never_cache], name="dispatch")
class SignUp(RedirectURLMixin, FormView):  # type: ignore[type-arg]  # as above
    """Creates an account and signs it in. Responds 403 with an explanation if sign-up is closed."""

    template_name = "accounts/sign_up.html"
    form_class = SignUpForm
    next_page = settings.LOGIN_REDIRECT_URL

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if request.user.is_authenticated:
            return redirect(self.get_success_url())
        if not sign_up_is_open():
            return render(request, "accounts/sign_up_closed.html", status=403)
        return super().dispatch(request, *args, **kwargs)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(next=self.get_redirect_url(), **kwargs)

    def form_valid(self, form: SignUpForm) -> HttpResponse:
        user = form.save()
        login(self.request, user, backend=BACKEND)
        return super().form_valid(form)
