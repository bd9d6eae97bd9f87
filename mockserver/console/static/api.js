// Requests to the mock that serves this page. Paths are relative, so that it works behind any prefix.

export class Refusal extends Error {}

async function ask(path, init) {
  let response;
  try {
    response = await fetch(path, init);
  } catch {
    throw new Refusal("The mock does not respond.");
  }
  const body = await response.json().catch(() => ({}));
  if (!response.ok) throw new Refusal(body.detail ?? `${path}: status ${response.status}`);
  return body;
}

export const get = (path) => ask(path);
export const post = (path, body) => ask(path, { method: "POST", body: JSON.stringify(body ?? {}) });
export const remove = (path) => ask(path, { method: "DELETE" });
