/** Whether an address leads to this very machine, where nobody in between reads what is sent. `hostname` is as `URL` has it. */
export function isOfThisMachine(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127(?:\.\d{1,3}){3}$/.test(hostname);
}
