// Starts @simulacrum/github-api-simulator on a free loopback port: node simulator.mjs FOLDER_OF_node_modules
// Reads {"state", "answers"} as one line of standard input, prints the port, and ends with its standard input.
import { createInterface } from "node:readline";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const entry = join(process.argv[2], "@simulacrum/github-api-simulator/dist/index.mjs");
const { simulation } = await import(pathToFileURL(entry));
console.log = console.error; // standard output carries the port alone

const lines = createInterface({ input: process.stdin });
lines.once("close", () => process.exit(0));
const [first] = await new Promise((resolve) => lines.once("line", (line) => resolve([line])));
const { state, answers } = JSON.parse(first);

// A list is served in pages with GitHub's Link header; anything else as it is.
const answer = (content) => (_context, request, response) => {
  if (!Array.isArray(content)) return response.status(200).json(content);
  const url = new URL(request.originalUrl, `http://${request.headers.host}`);
  const size = Number(url.searchParams.get("per_page") ?? 30);
  const page = Number(url.searchParams.get("page") ?? 1);
  const last = Math.max(1, Math.ceil(content.length / size));
  const link = (number, relation) => {
    url.searchParams.set("page", number);
    return `<${url}>; rel="${relation}"`;
  };
  const links = [];
  if (page > 1) links.push(link(page - 1, "prev"), link(1, "first"));
  if (page < last) links.push(link(page + 1, "next"), link(last, "last"));
  if (links.length > 0) response.set("Link", links.join(", "));
  return response.status(200).json(content.slice((page - 1) * size, page * size));
};
const handlers = Object.fromEntries(Object.entries(answers).map(([name, content]) => [name, answer(content)]));

const app = simulation({ initialState: state, extend: { openapiHandlers: () => handlers } });
const { port } = await app.listen(0, "127.0.0.1");
process.stdout.write(`${port}\n`);
