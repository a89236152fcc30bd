// GraphQL over HTTP and over graphql-transport-ws, to the server this page came from.

const HEADERS = {
  "content-type": "application/json",
  accept: "application/graphql-response+json, application/json;q=0.9",
  "x-yume-csrf": "1",
};

/**
 * An answer that says no: `code` for programs, the message for people, `field` where an input is to blame, `reason` where
 * somebody's consent is missing.
 */
export class Refused extends Error {
  constructor({ message, code, field, reason }) {
    super(message);
    this.code = code;
    this.field = field;
    this.reason = reason;
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
 * Follow a generation to its end. Calls `onEvent` for each event and `onBreak` when the socket is lost. Returns a
 * function that stops.
 */
export function watch(id, clipFragment, onEvent, onBreak) {
  return subscribe(WATCH + clipFragment, { id }, onEvent, {
    onBreak,
    onEnd: (error) => error && onEvent({ __typename: "GenerationFailed", failure: error }),
  });
}

/**
 * Follow a subscription of one field, over as many sockets as it takes: each resumes behind the last event heard. Calls
 * `onEvent` for each event, `onBreak` when the socket is lost and `onEnd` (with the error, if any) when nothing follows.
 * The query takes `$after`, and its events have a `cursor`. Returns a function that stops.
 */
export function subscribe(query, variables, onEvent, { onBreak = () => {}, onEnd = () => {} } = {}) {
  let after = null;
  let tries = 0;
  let stopped = false;
  let socket;

  const open = () => {
    if (stopped) return;
    socket = new WebSocket(`${location.origin.replace(/^http/, "ws")}/graphql`, "graphql-transport-ws");
    const send = (message) => socket.send(JSON.stringify(message));
    socket.onopen = () => send({ type: "connection_init" });
    socket.onmessage = ({ data }) => {
      const message = JSON.parse(data);
      if (message.type === "connection_ack") {
        send({ id: "1", type: "subscribe", payload: { query, variables: { ...variables, after } } });
      } else if (message.type === "ping") {
        send({ type: "pong" });
      } else if (message.type === "next" && message.payload.data) {
        const [event] = Object.values(message.payload.data);
        after = event.cursor;
        tries = 0;
        onEvent(event);
      } else if (["error", "complete", "next"].includes(message.type)) {
        const [error] = message.type === "error" ? message.payload : (message.payload?.errors ?? []);
        stop();
        onEnd(error);
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

/**
 * Send a file to an upload ticket; `onProgress(fraction)` tells how far it is. Throws Refused with the server's words,
 * or TypeError when the server is away.
 */
export function upload(ticket, file, onProgress) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("PUT", here(ticket.url));
    for (const { name, value } of ticket.headers) request.setRequestHeader(name, value);
    request.setRequestHeader("x-yume-csrf", "1");
    request.upload.onprogress = ({ loaded, total }) => onProgress(total ? loaded / total : 0);
    request.onerror = () => reject(new TypeError("the server is away"));
    request.onload = () => {
      if (request.status === 201) return resolve();
      reject(refusalOf(request.responseText, request.status));
    };
    request.send(file);
  });
}

function refusalOf(text, status) {
  try {
    const [{ message, extensions }] = JSON.parse(text).errors;
    return new Refused({ message, code: extensions?.code });
  } catch {
    return new TypeError(`an answer that is none of ours: ${status}`);
  }
}
