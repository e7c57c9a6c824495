"""What every API view of the map starts from: somebody who is logged in."""

from __future__ import annotations

from rest_framework.views import APIView

from core.models import User


class SignedIn(APIView):
    """The framework has refused everybody else before the view runs."""

    @property
    def user(self) -> User:
        assert isinstance(self.request.user, User)
        return self.request.user
