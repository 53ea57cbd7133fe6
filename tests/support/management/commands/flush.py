"""A replacement for Django's `flush`, which Django's test cases call after a test that commits."""

from django.core.management.commands import flush

from tests.support.tables import rows_restore


class Command(flush.Command):
    def handle(self, **options):
        rows_restore()
