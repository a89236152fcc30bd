// What the reference client of graphql-sse sees in both modes: argv is the url, a token, a finished generation's id.
import { createClient } from "graphql-sse";

const [url, token, id] = process.argv.slice(2);
const watch = `subscription ($id: ID!, $after: String) { generation(id: $id, after: $after) { __typename cursor } }`;

function collect(client, payload, most = Infinity) {
  return new Promise((resolve) => {
    const results = [];
    const stop = client.subscribe(payload, {
      next: (result) => {
        // What came in the same packet is told even after stopping.
        if (results.length < most) results.push(result);
        if (results.length >= most) stop();
      },
      complete: () => resolve({ results, end: "complete" }),
      error: (error) => resolve({ results, end: error.message }),
    });
  });
}

const report = {};
for (const singleConnection of [false, true]) {
  const client = createClient({ url, singleConnection, retryAttempts: 0, headers: { authorization: `Bearer ${token}` } });
  const seen = { query: await collect(client, { query: "{ viewer { handle } }" }) };
  seen.all = await collect(client, { query: watch, variables: { id } });
  seen.first = await collect(client, { query: watch, variables: { id } }, 2);
  const after = seen.first.results.at(-1).data.generation.cursor;
  seen.rest = await collect(client, { query: watch, variables: { id, after } });
  seen.invalid = await collect(client, { query: "{ nothing }" });
  const both = [1, 2].map(() => collect(client, { query: watch, variables: { id } }));
  seen.together = (await Promise.all(both)).map(({ results }) => results.length);
  report[singleConnection ? "single" : "distinct"] = seen;
}
console.log(JSON.stringify(report));
process.exit(0);
