"""From text to a document that may run: screened, parsed, counted, validated, and remembered when it is sound."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator
from typing import Any, ClassVar

from graphql import DocumentNode, GraphQLError, NoSchemaIntrospectionCustomRule, parse, specified_rules, validate
from strawberry.extensions import SchemaExtension
from strawberry.schema.validation_rules.maybe_null import MaybeNullValidationRule
from strawberry.schema.validation_rules.one_of import OneOfInputValidationRule
from strawberry.types.execution import StreamExecutionResult

from schema.extensions.cost import MOST_NODES, Measure, count_nodes, measure, screen

_MOST_ERRORS = 20


class DocumentCache:
    """Valid documents by their text, the least recently used dropped first.

    Only valid ones are kept, and their text is bounded, because a syntax tree takes about a hundred times its text.
    """

    most_documents: ClassVar[int] = 1024
    most_characters: ClassVar[int] = 512 * 1024

    def __init__(self, *, production: bool) -> None:
        self.hide_suggestions = production
        self.rules = (
            *specified_rules,
            MaybeNullValidationRule,
            OneOfInputValidationRule,
            *((NoSchemaIntrospectionCustomRule,) if production else ()),
        )
        self._documents: OrderedDict[str, DocumentNode] = OrderedDict()
        self._characters = 0

    def get(self, source: str) -> DocumentNode | None:
        """The document of this very text, if it was found valid before."""
        document = self._documents.get(source)
        if document is not None:
            self._documents.move_to_end(source)
        return document

    def put(self, source: str, document: DocumentNode) -> None:
        """Remember a valid document."""
        if source in self._documents:
            return
        self._documents[source] = document
        self._characters += len(source)
        while len(self._documents) > self.most_documents or self._characters > self.most_characters:
            dropped, _ = self._documents.popitem(last=False)
            self._characters -= len(dropped)


class Documents(SchemaExtension):
    """Parses, counts and validates, and tells every answer its cost."""

    def __init__(self, cache: DocumentCache) -> None:
        self._cache = cache
        self._known = False
        self._measure: Measure | None = None

    def on_parse(self) -> Iterator[None]:
        """Take the document from the cache, or screen its text and parse it."""
        context = self.execution_context
        source = context.query or ""
        document = self._cache.get(source)
        self._known = document is not None
        if document is None and source:
            screen(source)
            try:
                document = parse(source)
            except GraphQLError:
                # Strawberry parses a missing document itself, and reports the same error as the protocol wants it.
                document = None
        context.graphql_document = document
        yield

    def on_validate(self) -> Iterator[None]:
        """Count first: a hostile document must not reach the validator, whose rules are quadratic."""
        context = self.execution_context
        document = context.graphql_document
        assert document is not None
        schema = context.schema._schema  # noqa: SLF001 # pyright: ignore[reportPrivateUsage] - no public name for it
        try:
            self._measure = measure(schema, document, context.operation_name, context.variables)
        except GraphQLError as refusal:
            context.pre_execution_errors = [refusal]
        else:
            context.pre_execution_errors = (
                []
                if self._known
                else validate(
                    schema,
                    document,
                    self._cache.rules,
                    max_errors=_MOST_ERRORS,
                    hide_suggestions=self._cache.hide_suggestions,
                )
            )
            if not self._known and not context.pre_execution_errors:
                self._cache.put(context.query or "", document)
        yield

    def on_stream_result(self, result: StreamExecutionResult) -> Iterator[None]:
        """Tell each event its own cost: strawberry collects the results of extensions before it has the event."""
        result.extensions = {**(result.extensions or {}), **self._cost(getattr(result, "data", None))}
        yield

    def get_results(self) -> dict[str, Any]:
        """The ``cost`` extension of the answer."""
        result = self.execution_context.result
        return self._cost(None if result is None else result.data)

    def _cost(self, data: object) -> dict[str, Any]:
        requested = None if self._measure is None else self._measure.nodes
        return {"cost": {"requested": requested, "actual": count_nodes(data), "maximum": MOST_NODES}}
