// One exchange as something to paste: the key is left out of the journal, so a placeholder stands for it.

const SKIPPED = new Set(["host", "content-length", "connection", "accept-encoding", "user-agent", "accept"]);
const KEY = "$PIXPACT_KEY";

const headersOf = ({ request }) =>
  request.headers
    .filter(([name]) => !SKIPPED.has(name.toLowerCase()) && !name.toLowerCase().startsWith("sec-"))
    .map(([name, value]) => [name, value.replaceAll("[redacted]", KEY)]);

const quoted = (text) => `'${text.replaceAll("'", `'\\''`)}'`;

export function curl(exchange) {
  const lines = [`curl ${quoted(exchange.url)}`];
  if (exchange.method !== "GET" && exchange.method !== "POST") lines.push(`-X ${exchange.method}`);
  if (exchange.method === "POST" && !exchange.request.body) lines.push("-X POST");
  for (const [name, value] of headersOf(exchange)) {
    // Double quotes, so that the shell puts the key in.
    const text = `${name}: ${value}`;
    lines.push(`-H ${text.includes(KEY) ? `"${text}"` : quoted(text)}`);
  }
  if (exchange.request.body) lines.push(`-d ${quoted(exchange.request.body)}`);
  return lines.join(" \\\n  ");
}

export function python(exchange) {
  const headers = headersOf(exchange).map(([name, value]) => `    ${str(name)}: ${pyValue(value)},`);
  const body = exchange.request.body ? `\n    content=${str(exchange.request.body)}.encode(),` : "";
  return `import os

import httpx

headers = {
${headers.join("\n")}
}
response = httpx.request(
    ${str(exchange.method)},
    ${str(exchange.url)},
    headers=headers,${body}
)
print(response.status_code, response.text)
`;
}
const str = (text) => JSON.stringify(text);
const pyValue = (value) =>
  value.includes(KEY) ? `${str(value.replace(KEY, ""))} + os.environ["PIXPACT_KEY"]` : str(value);

export function javascript(exchange) {
  const headers = headersOf(exchange).map(([name, value]) => `    ${str(name)}: ${jsValue(value)},`);
  const body = exchange.request.body ? `\n  body: ${str(exchange.request.body)},` : "";
  return `const response = await fetch(${str(exchange.url)}, {
  method: ${str(exchange.method)},
  headers: {
${headers.join("\n")}
  },${body}
});
console.log(response.status, await response.text());
`;
}
const jsValue = (value) =>
  value.includes(KEY) ? `${str(value.replace(KEY, ""))} + process.env.PIXPACT_KEY` : str(value);
