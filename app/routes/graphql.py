"""GraphQL over HTTP: one operation a request, with the status codes and media types of its specification."""

from __future__ import annotations

import strawberry
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from strawberry.http.ides import get_graphql_ide_html
from strawberry.schema.exceptions import CannotGetOperationTypeError, InvalidOperationTypeError
from strawberry.types.execution import ExecutionResult
from strawberry.types.graphql import OperationType

from app.auth import CSRF_HEADER, context_for, http_token, set_session_cookie
from app.routes.encode import encode, is_request_error, refusal_body, response_body
from app.routes.parameters import BadRequest, Parameters, from_post, from_query
from resolvers.context import Context, Stores

GRAPHQL = "application/graphql-response+json"
JSON = "application/json"

_GRAPHIQL_POLICY = (
    "default-src 'self'; connect-src 'self'; img-src 'self' data:; font-src 'self' data:; "
    "script-src 'unsafe-inline' https://unpkg.com https://esm.sh; style-src 'unsafe-inline' https://unpkg.com "
    "https://esm.sh; worker-src blob:"
)


class GraphQLOverHTTP:
    """The endpoint ``/graphql``. In production GET is refused: only persisted documents may come that way."""

    def __init__(self, schema: strawberry.Schema, *, production: bool) -> None:
        self._schema = schema
        self._production = production

    async def serve(self, request: Request) -> Response:
        """Answer one request."""
        accepted = negotiate(request.headers.get("accept"))
        if request.method == "GET" and not self._production and _wants_page(request):
            return _graphiql()
        if accepted is None:
            return _refuse(BadRequest(406, f"The answer is {GRAPHQL} or {JSON}."), JSON)
        try:
            parameters = await self._parameters(request)
            context = await context_for(request, _stores(request), http_token(request, production=self._production))
            result = await self._execute(request, parameters, context)
        except BadRequest as refusal:
            return _refuse(refusal, accepted)
        response = _answer(result, accepted)
        if context.sign_in_cookie is not None and CSRF_HEADER in request.headers:
            set_session_cookie(response, context.sign_in_cookie, production=self._production)
        return response

    async def _parameters(self, request: Request) -> Parameters:
        if request.method == "POST":
            return await from_post(request)
        if request.method == "GET" and not self._production:
            return from_query(request)
        raise BadRequest(405, "Send operations with POST.")

    async def _execute(self, request: Request, parameters: Parameters, context: Context) -> ExecutionResult:
        kinds = {OperationType.QUERY} if request.method == "GET" else {OperationType.QUERY, OperationType.MUTATION}
        try:
            return await self._schema.execute(
                parameters.query,
                variable_values=parameters.variables,
                context_value=context,
                operation_name=parameters.operation_name,
                operation_extensions=parameters.extensions,
                allowed_operation_types=kinds,
            )
        except CannotGetOperationTypeError as error:
            raise BadRequest(400, error.as_http_error_reason()) from None
        except InvalidOperationTypeError as error:
            if error.operation_type is OperationType.SUBSCRIPTION:
                raise BadRequest(400, "Subscribe over the websocket or over /graphql/stream.") from None
            raise BadRequest(405, "Send mutations with POST.") from None


def negotiate(accept: str | None) -> str | None:
    """The media type to answer with: JSON for those who do not say, None for those who take neither."""
    if not accept:
        return JSON
    weights: dict[str, float] = {}
    for part in accept.split(","):
        kind, *options = (piece.strip().lower() for piece in part.split(";"))
        weights[kind] = _weight(options)
    for wildcard in ("application/*", "*/*"):
        if weights.get(wildcard):
            weights.setdefault(JSON, weights[wildcard])
    best = max((GRAPHQL, JSON), key=lambda kind: weights.get(kind, 0.0))
    return best if weights.get(best, 0.0) > 0 else None


def _weight(options: list[str]) -> float:
    for option in options:
        name, _, value = option.partition("=")
        if name.strip() == "q":
            try:
                return float(value)
            except ValueError:
                return 0.0
        if name.strip() == "charset" and value.strip('" ') not in ("utf-8", "utf8"):
            return 0.0
    return 1.0


def _wants_page(request: Request) -> bool:
    return "query" not in request.query_params and "text/html" in request.headers.get("accept", "")


def _graphiql() -> Response:
    # Strawberry's page loads GraphiQL from a CDN: good enough for a developer, and never served in production.
    return HTMLResponse(get_graphql_ide_html("graphiql"), headers={"content-security-policy": _GRAPHIQL_POLICY})


def _answer(result: ExecutionResult, accepted: str) -> Response:
    status = 400 if accepted == GRAPHQL and is_request_error(result) else 200
    return Response(encode(response_body(result)), status, media_type=f"{accepted}; charset=utf-8")


def _refuse(refusal: BadRequest, accepted: str) -> Response:
    headers = {"allow": "POST"} if refusal.status == 405 else None
    return Response(
        encode(refusal_body(refusal.message)), refusal.status, headers=headers, media_type=f"{accepted}; charset=utf-8"
    )


def _stores(request: Request) -> Stores:
    return request.app.state.stores
