// What the reference client of graphql-transport-ws sees: argv is the url, a token, the id of a finished generation.
import { createClient } from "graphql-ws";
import WebSocket from "ws";

const [url, token, id] = process.argv.slice(2);
const watch = `subscription ($id: ID!, $after: String) { generation(id: $id, after: $after) { __typename cursor } }`;
const client = (authorization) =>
  createClient({
    url,
    webSocketImpl: WebSocket,
    retryAttempts: 0,
    lazy: true,
    connectionParams: authorization ? { authorization } : undefined,
  });

/** Every result of one operation, and how it ended: "complete", or the close code, or the errors. */
function collect(from, payload, most = Infinity) {
  return new Promise((resolve) => {
    const results = [];
    const stop = from.subscribe(payload, {
      next: (result) => {
        // What came in the same packet is told even after stopping.
        if (results.length < most) results.push(result);
        if (results.length >= most) stop();
      },
      complete: () => resolve({ results, end: "complete" }),
      error: (error) => resolve({ results, end: error.code ?? error }),
    });
  });
}

const signedIn = client(`Bearer ${token}`);
const report = {
  query: await collect(signedIn, { query: "{ viewer { handle } }" }),
  all: await collect(signedIn, { query: watch, variables: { id } }),
  first: await collect(signedIn, { query: watch, variables: { id } }, 2),
};
const after = report.first.results.at(-1).data.generation.cursor;
report.rest = await collect(signedIn, { query: watch, variables: { id, after } });
report.invalid = await collect(signedIn, { query: "{ nothing }" });
report.syntax = await collect(signedIn, { query: "{" });
report.failing = await collect(signedIn, { query: watch, variables: { id: "nonsense" } });
report.wrongToken = await collect(client("Bearer yume_wrong"), { query: "{ viewer { handle } }" });
report.nobody = await collect(client(), { query: "{ viewer { handle } }" });
console.log(JSON.stringify(report));
process.exit(0);
