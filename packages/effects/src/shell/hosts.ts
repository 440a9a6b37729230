const LOCAL = new Set(['localhost', '127.0.0.1', '::1', '[::1]']);

export function isLocalHost(host: string): boolean {
  return LOCAL.has(host.toLowerCase());
}

/** The host of a URL or of `[user@]host[:path]`, as a person would read it; undefined when there is none. */
export function hostOf(target: string): string | undefined {
  const host = /^(?:[a-z][a-z\d+.-]*:\/\/)?(?:[^/@?#\\]*@)?(\[[\da-f:.]+\]|[^/:?#\\@\s]+)/i.exec(target)?.[1];
  return host?.toLowerCase();
}

/** Whether any reader of URLs takes this one to be at this machine. Tricks with `@`, `\` and `#` are not worth telling apart. */
export function isLocalUrl(url: string): boolean {
  return /^(?:https?:\/\/)?(?:localhost|127\.0\.0\.1|\[::1\])(?::\d{1,5})?(?:[/?][\w./?=&%+,:~-]*)?$/i.test(
    url,
  );
}
