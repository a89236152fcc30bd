"""A migration that does not copy the whole schema before each operation that never looks at the copy."""

from __future__ import annotations

from tortoise import migrations
from tortoise.migrations import operations as ops
from tortoise.migrations.schema_editor.base import BaseSchemaEditor
from tortoise.migrations.schema_generator.state import State

_ADDING = (ops.CreateModel, ops.AddField, ops.AddIndex, ops.AlterModelOptions, ops.RunSQL)
"""Operations that go forward without a look at what was there before."""


class Migration(migrations.Migration):
    """As Tortoise's own. There each operation first renders every table anew: half the time of a first start."""

    async def apply(
        self,
        state: State,
        *,
        dry_run: bool = False,
        schema_editor: BaseSchemaEditor | None = None,
        collect_sql: bool = False,
    ) -> State:
        """Run the operations in order; returns the state after them."""
        if dry_run or collect_sql or schema_editor is None:
            return await super().apply(state, dry_run=dry_run, schema_editor=schema_editor, collect_sql=collect_sql)
        transactions = schema_editor.client.capabilities.supports_transactions
        for operation in self.operations:
            before = state if isinstance(operation, _ADDING) else state.clone()
            operation.state_forward(self.app_label, state)
            await self._run_database_forward(operation, before, state, schema_editor, transactions)
        state.validate_relations_initialized()
        return state
