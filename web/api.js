// GraphQL over HTTP and over graphql-transport-ws, to the server this page came from.

const HEADERS = {
  "content-type": "application/json",
  accept: "application/graphql-response+json, application/json;q=0.9",
  "x-yume-csrf": "1",
};

/** An answer that says no: `code` for programs, the message for people, `field` where an input is to blame. */
export class Refused extends Error {
  constructor({ message, code, field }) {
    super(message);
    this.code = code;
    this.field = field;
  }
}

/** Run a query or mutation and return its data. Throws Refused, or TypeError when the server is away. */
export async function graphql(query, variables = {}) {
  const response = await fetch("/graphql", {
    method: "POST",
    headers: HEADERS,
    body: JSON.stringify({ query, variables }),
  });
  const answer = await response.json();
  if (answer.errors?.length) {
    const [{ message, extensions }] = answer.errors;
    throw new Refused({ message, code: extensions?.code, field: extensions?.field });
  }
  return answer.data;
}

/** Run a mutation with one field and return its success member. Throws Refused for an error member. */
export async function mutate(query, variables) {
  const [payload] = Object.values(await graphql(query, variables));
  if (payload.code) throw new Refused(payload);
  return payload;
}

/** Swap a session token for the browser's cookie. */
export async function keepSession(token) {
  const response = await fetch("/session", { method: "POST", headers: HEADERS, body: JSON.stringify({ token }) });
  return response.ok;
}

/** Media addresses name the server's public address; this page may have come by another name of the same server. */
export const here = (url) => url && new URL(url).pathname;

const WATCH = `subscription Watch($id: ID!, $after: String) {
  generation(id: $id, after: $after) {
    __typename cursor
    ... on GenerationQueued { position }
    ... on GenerationStep { phase step total fraction etaSeconds preview { url } }
    ... on GenerationSegment { attempt playlistUrl mimeType }
    ... on GenerationFinished { video { ...Clip } }
    ... on GenerationFailed { failure { code message } }
    ... on GenerationSnapshot { generation { state progress failure { message } video { ...Clip } } }
  }
}`;

/**
 * Follow a generation to its end, over as many sockets as it takes: each resumes behind the last event heard.
 * Calls `onEvent` for each event and `onBreak` when the socket is lost. Returns a function that stops.
 */
export function watch(id, clipFragment, onEvent, onBreak) {
  let after = null;
  let tries = 0;
  let stopped = false;
  let socket;

  const open = () => {
    socket = new WebSocket(`${location.origin.replace(/^http/, "ws")}/graphql`, "graphql-transport-ws");
    const send = (message) => socket.send(JSON.stringify(message));
    socket.onopen = () => send({ type: "connection_init" });
    socket.onmessage = ({ data }) => {
      const message = JSON.parse(data);
      if (message.type === "connection_ack") {
        send({ id: "1", type: "subscribe", payload: { query: WATCH + clipFragment, variables: { id, after } } });
      } else if (message.type === "ping") {
        send({ type: "pong" });
      } else if (message.type === "next" && message.payload.data) {
        const event = message.payload.data.generation;
        after = event.cursor;
        tries = 0;
        onEvent(event);
      } else if (["error", "complete", "next"].includes(message.type)) {
        const [error] = message.type === "error" ? message.payload : (message.payload?.errors ?? []);
        stop();
        if (error) onEvent({ __typename: "GenerationFailed", failure: error });
      }
    };
    socket.onclose = () => {
      if (stopped) return;
      onBreak();
      // Spread out, so that a restarted server is not met by everybody at once.
      setTimeout(open, Math.min(8000, 300 * 2 ** tries++) * (0.5 + Math.random() / 2));
    };
  };
  const stop = () => {
    stopped = true;
    socket?.close(1000);
  };
  open();
  return stop;
}
