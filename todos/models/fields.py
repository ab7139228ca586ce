"""Column types of ours."""

from typing import Any

from django.db import models


class OrderKeyField(models.CharField):
    """A fractional index (`todos.domain.ranking`), compared byte by byte in every database.

    PostgreSQL would otherwise sort by the locale of the database, where `a` comes before `B`.
    """

    LONGEST = 200

    def __init__(self, **options: Any) -> None:
        options["max_length"] = self.LONGEST
        super().__init__(**options)

    def deconstruct(self) -> Any:
        name, path, args, options = super().deconstruct()
        del options["max_length"]
        return name, path, args, options

    def db_parameters(self, connection: Any) -> Any:
        parameters = super().db_parameters(connection)
        if connection.vendor == "postgresql":
            parameters["collation"] = "C"
        return parameters
