/** How long the clients of AWS wait: for a connection, and for an answer. What takes longer is an error, and repeated. */

const connectionTimeoutMs = 1_000;

/** The `requestHandler` of a client whose answers come within `requestTimeoutMs`. */
export const requestLimits = (requestTimeoutMs: number) => ({
  connectionTimeout: connectionTimeoutMs,
  requestTimeout: requestTimeoutMs,
  // Without it the client waits on, and warns.
  throwOnRequestTimeout: true,
});
