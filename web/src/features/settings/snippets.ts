export const SDKS = ["openai", "anthropic", "curl"] as const;
export type Sdk = (typeof SDKS)[number];

/** What to paste to make a first call by this server; `origin` without a slash at its end. */
export function snippet(sdk: Sdk, origin: string, key: string, model = "vectal/auto"): string {
  if (sdk === "openai") {
    return `from openai import OpenAI

client = OpenAI(base_url="${origin}/v1", api_key="${key}")
answer = client.chat.completions.create(
    model="${model}",
    messages=[{"role": "user", "content": "Hello"}],
)
print(answer.choices[0].message.content)`;
  }
  if (sdk === "anthropic") {
    return `from anthropic import Anthropic

client = Anthropic(base_url="${origin}", api_key="${key}")
answer = client.messages.create(
    model="${model}",
    max_tokens=500,
    messages=[{"role": "user", "content": "Hello"}],
)
print(answer.content[-1].text)`;
  }
  const body = JSON.stringify({ model, messages: [{ role: "user", content: "Hello" }] });
  // A name of a model may hold the quote that ends a word of the shell.
  return `curl ${origin}/v1/chat/completions \\
  -H "Authorization: Bearer ${key}" \\
  -H "Content-Type: application/json" \\
  -d '${body.replaceAll("'", String.raw`'\''`)}'`;
}
