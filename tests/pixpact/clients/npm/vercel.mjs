// One call of `generateImage` of the AI SDK, as a file of JSON says it; prints what came of it as JSON.
import { readFileSync } from "node:fs";

import { createByteDance } from "@ai-sdk/bytedance";
import { createOpenAICompatible } from "@ai-sdk/openai-compatible";
import { generateImage } from "ai";

const job = JSON.parse(readFileSync(process.argv[2], "utf8"));
const address = { apiKey: "sk-test", baseURL: job.baseURL };
const provider = job.provider === "bytedance" ? createByteDance(address) : createOpenAICompatible({ name: "relay", ...address });
const text = job.prompt ?? "A kite";
const images = (job.images ?? []).map((image) => Buffer.from(image, "base64"));
try {
  const made = await generateImage({
    model: provider.imageModel(job.model),
    prompt: images.length ? { text, images } : text,
    maxRetries: 0,
    ...job.options,
  });
  console.log(JSON.stringify({ images: made.images.map(({ base64, mediaType }) => ({ base64, mediaType })) }));
} catch (error) {
  console.log(JSON.stringify({ error: { name: error.name, status: error.statusCode, message: error.message } }));
}
