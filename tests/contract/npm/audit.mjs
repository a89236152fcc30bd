// The audits of graphql-http against the server at argv[2], as JSON lines: {name, status, reason}.
import { auditServer } from "graphql-http";

for (const { name, status, reason } of await auditServer({ url: process.argv[2] })) {
  console.log(JSON.stringify({ name, status, reason }));
}
