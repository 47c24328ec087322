const ALLOWED = new Set(["http:", "https:", "mailto:"]);

export interface SafeLink {
  href: string;
  /** What a reader should know of the target: the host, or the address of a mail. */
  target: string;
}

/** The link as it may be followed, or null: only web and mail, only absolute. */
export function safeLink(href: string): SafeLink | null {
  // Relative addresses would reach into this app with the reader's rights.
  if (!/^[a-z][a-z\d+.-]*:/i.test(href.trim())) return null;
  const url = URL.parse(href.trim());
  if (!url || !ALLOWED.has(url.protocol)) return null;
  if (url.protocol === "mailto:") {
    return { href: url.href, target: decode(url.pathname) };
  }
  if (!url.hostname || url.username || url.password) return null;
  return { href: url.href, target: url.host };
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
