"""What Django's tests call after a test that commits, in place of Django's own."""

from django.core.management.commands import flush

from tests.support.tables import rows_restore


class Command(flush.Command):
    def handle(self, **options):
        rows_restore()
