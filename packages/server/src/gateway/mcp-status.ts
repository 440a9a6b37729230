/** The status that MCP 2026-07-28 gives to an answer over HTTP, by its JSON-RPC error; over stdio a server gives none. */
const STATUSES: ReadonlyMap<number, number> = new Map([
  [-32601, 404],
  [-32020, 400],
  [-32021, 400],
  [-32022, 400],
]);

export function statusOf(errorCode: number | undefined): number {
  return errorCode === undefined ? 200 : (STATUSES.get(errorCode) ?? 200);
}
