import type { Message } from './wire.ts';

// What two runs of the same server cannot have in common, whoever stands between. Nothing else is left out of a
// comparison: ids are the script's own, and the server counts its requests from 0 in each run.
const DIFFERS: readonly (readonly [RegExp, string])[] = [
  [/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z/g, '<time>'],
  // A time of day in a text, and the same in Base64 at the end of a blob.
  [/\d{1,2}:\d\d:\d\d [AP]M/g, '<time of day>'],
  [/(UmVzb3VyY2UgMjogVGhpcyBpcyBhIGJhc2U2NCBibG9iIGNyZWF0ZWQgYXQg)[A-Za-z0-9+/=]+/g, '$1<time of day>'],
  // A session's id stands in what the server says of it.
  [/[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, '<session>'],
  [/"taskId":"[0-9a-f]{32}"/g, '"taskId":"<task>"'],
  // Two servers beside each other listen on two ports, and one tool tells its environment.
  [/(\\"PORT\\": \\")\d+/, '$1<port>'],
  // Its simulated log takes one message at random.
  [/"level":"[a-z]+","data":"[A-Za-z]+[- ]level[- ]message/g, '"level":"<random>","data":"<random>'],
];

/** A message as text, without what differs from run to run. */
export function comparable(message: Message): string {
  return DIFFERS.reduce((text, [pattern, name]) => text.replace(pattern, name), JSON.stringify(message));
}
