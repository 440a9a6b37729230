/** More than this many parameters are not searched for addresses. */
const MAX_VALUES = 256;
/** How often a value is decoded, looking for an address in it; each time makes it shorter. */
const MAX_DECODING = 16;

/**
 * Texts in a URL that a server could send its visitor on to; undefined when there are too many to look at. The path is
 * the one written: WHATWG URL leaves out what stands before `/..`.
 */
export function targetsIn(url: URL, writtenPath: string): readonly string[] | undefined {
  const values = [url.search, url.hash].flatMap((part) => part.slice(1).split(/[&;?]/));
  if (values.length > MAX_VALUES) return undefined;
  const targets = values.flatMap((each) => {
    const at = each.indexOf('=');
    const found = [each, each.slice(at + 1)].flatMap(decodings);
    const hosts = leadsAway(each.slice(0, Math.max(at, 0))) ? found.flatMap(asHost) : [];
    return [...found.flatMap(asAddress), ...hosts.map((host) => `https://${host}`)];
  });
  return [...new Set([...targets, ...inPath(writtenPath)])];
}

const LEADING =
  /^(?:.*[-_])?(?:ur[il]|host|domain|dest(?:ination)?|redirect(?:ur[il]|to)?|return(?:ur[il]|to)?|next|to|target|goto|link|continue|callback|proxy|site|server|endpoint|origin|forward|out)$/i;

/** Whether a parameter of this name says where to go: servers take a bare host in it too. */
export function leadsAway(name: string): boolean {
  return LEADING.test(name.replaceAll(/([a-z\d])([A-Z])/g, '$1_$2'));
}

/** The host that a value leads to. Behind `@` or a dot it ends the host of a server that puts its own in front. */
function asHost(value: string): string[] {
  const host = value.replace(/^[@.\u3002\uff0e\uff61]/, '');
  return isHost(host) ? [host] : [];
}

/** A host and no file of the server's own. */
function isHost(value: string): boolean {
  return (
    /^[a-z\d-]+(?:\.[a-z\d-]+)*\.[a-z]{2,}(?::\d+)?(?:[/?#]|$)/i.test(value) &&
    !/^[^/?#]*\.(?:html?|php|aspx?|jsp|js|css|json|xml|txt|pdf|png|jpe?g|gif|svg|md|csv|zip)(?:[/?#]|$)/i.test(
      value,
    )
  );
}

/** A path of `//host`, or with a whole address in it, is sent on to by many a server. */
function inPath(path: string): string[] {
  return decodings(path).flatMap((each) => {
    const address = /(?:https?|wss?|ftp):.*$/is.exec(each)?.[0];
    const host = /^[\\/]{2,}[^\\/]*\.[^\\/]+/.test(each) ? asAddress(each) : [];
    return address === undefined ? host : [...host, address];
  });
}

function asAddress(value: string): string[] {
  const text = value.replaceAll(/[\0-\x20]/g, '');
  if (/^(?:https?|wss?|ftp|javascript|vbscript|data|file):/i.test(text)) return [text];
  if (/^[\\/]{2}/.test(text)) return [`https:${text}`];
  // A header of its own in the answer.
  const header = /[\r\n]\s*(?:location|refresh)\s*:[^\r\n]*?((?:[a-z][a-z\d+.-]*:|[\\/]{2})[^\r\n]*)/i.exec(
    value,
  )?.[1];
  if (header !== undefined) return asAddress(header);
  // JSON as a value: what it holds may be where to go.
  return /^[{["]/.test(text) ? (text.match(/(?:https?|wss?):[^\s"'<>,]*/gi) ?? []) : [];
}

function decodings(value: string): string[] {
  const found = [value];
  let text = value;
  for (let round = 0; round < MAX_DECODING; round++) {
    const next = percentDecoded(text.replaceAll('+', ' '));
    if (next === text) break;
    found.push(next);
    text = next;
  }
  if (IN_BASE64.test(text)) found.push(fromBase64(text));
  if (/^(?:68747470|2f2f)(?:[\da-f]{2})+$/i.test(text)) found.push(fromHex(text));
  return found;
}

function percentDecoded(text: string): string {
  return text.replaceAll(/(?:%[\da-f]{2})+/gi, (codes) => {
    try {
      return decodeURIComponent(codes);
    } catch {
      return codes;
    }
  });
}

/** `http`, `HTTP`, `//`, `{"` and `["` in base64. */
const IN_BASE64 = /^(?:aHR0c|SFRUU|Ly8|Ly9|eyJ|WyJ)[\w+/-]+={0,2}$/;

function fromHex(text: string): string {
  return percentDecoded(text.replaceAll(/../g, '%$&'));
}

function fromBase64(text: string): string {
  try {
    return atob(text.replaceAll('-', '+').replaceAll('_', '/').replaceAll('=', ''));
  } catch {
    return text;
  }
}
