// What a schema says of a value, in short words.

export function limitsOf(field) {
  const words = [];
  if (field.type) words.push([field.type].flat().join(" or "));
  if (field.const !== undefined) words.push(`always ${field.const}`);
  if (field.minimum !== undefined && field.maximum !== undefined) words.push(`${field.minimum} to ${field.maximum}`);
  else if (field.minimum !== undefined) words.push(`at least ${field.minimum}`);
  else if (field.maximum !== undefined) words.push(`at most ${field.maximum}`);
  if (field.exclusiveMinimum !== undefined) words.push(`above ${field.exclusiveMinimum}`);
  if (field.exclusiveMaximum !== undefined) words.push(`below ${field.exclusiveMaximum}`);
  if (field.minLength !== undefined) words.push(`at least ${field.minLength} characters`);
  if (field.maxLength !== undefined) words.push(`at most ${field.maxLength} characters`);
  if (field.minItems !== undefined) words.push(`at least ${field.minItems} items`);
  if (field.maxItems !== undefined) words.push(`at most ${field.maxItems} items`);
  if (field.pattern) words.push(`matches ${field.pattern}`);
  if (field.format) words.push(field.format);
  if (field["x-clamp"]) words.push(`pulled into ${Object.values(field["x-clamp"]).join(" to ")}`);
  for (const [name, rule] of Object.entries(field["x-image"] ?? {})) words.push(`${name} ${rules(rule)}`);
  if (field.items) {
    const each = limitsOf(field.items);
    if (each.length) words.push(`each ${each.join(", ")}`);
  }
  return words;
}

const SIGNS = { minimum: "≥", maximum: "≤", exclusiveMinimum: ">", exclusiveMaximum: "<", enum: "in" };
const rules = (rule) =>
  rule && typeof rule === "object" && !Array.isArray(rule)
    ? Object.entries(rule).map(([key, value]) => `${SIGNS[key] ?? key} ${[value].flat().join(", ")}`).join(", ")
    : String(rule);

/** `$request.body#/metadata/resolution` as `metadata.resolution`. */
export const fieldOf = (expression) => String(expression).replace(/^\$request\.body#\//, "").replaceAll("/", ".");
