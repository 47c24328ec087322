import type { TriggerKind } from "./model";

/** A signed delivery from a shell. The secret stands in it as it is: it has no quotes. */
export function example(origin: string, path: string, secret: string, kind: TriggerKind): string {
  const isMail = kind === "email";
  const file = isMail ? "mail.eml" : "body.json";
  const make = isMail ? [] : [`printf '%s' '{"event": "deployed"}' > ${file}`];
  return [
    `secret='${secret}'`,
    ...make,
    "now=$(date +%s)",
    `signature=$( (printf '%s.' "$now"; cat ${file}) |`,
    `  openssl dgst -sha256 -hmac "$secret" | sed 's/.* //')`,
    `curl -sS '${origin}${path}' \\`,
    `  -H 'Content-Type: ${isMail ? "message/rfc822" : "application/json"}' \\`,
    `  -H "Vectal-Timestamp: $now" \\`,
    `  -H "Vectal-Signature: v1=$signature" \\`,
    `  --data-binary @${file}`,
  ].join("\n");
}
