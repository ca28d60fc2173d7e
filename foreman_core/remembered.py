"""Mappings that the ledger remembers: what was decided for files with the same columns.

pk                    sk              holds
MAPPING#<signature>   <record type>   a mapping as JSON; it stays until another one takes its place
"""

from typing import TYPE_CHECKING

from attrs import frozen

from foreman_core.items import from_item, to_item
from foreman_core.mapping import Decided, as_json, from_json, signature

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


@frozen
class Mappings:
    """The mappings of one record type in the ledger's table."""

    _client: "DynamoDBClient"
    _table: str
    _record_type: str

    def remember(self, decided: Decided) -> str:
        """Keep what was decided for files with the columns of its `header`, in place of what was kept before;
        their signature.
        """
        item = {**self._key(decided.header), "mapping": as_json(decided)}
        self._client.put_item(TableName=self._table, Item=to_item(item))
        return signature(decided.header)

    def recall(self, columns: tuple[str, ...]) -> Decided | None:
        """What was decided for files with these columns, in whatever order and writing; None for nothing."""
        key = to_item(self._key(columns))
        answer = self._client.get_item(TableName=self._table, Key=key, ConsistentRead=True)
        return from_json(from_item(answer["Item"])["mapping"]) if "Item" in answer else None

    def _key(self, columns: tuple[str, ...]) -> dict[str, str]:
        return {"pk": f"MAPPING#{signature(columns)}", "sk": self._record_type}
