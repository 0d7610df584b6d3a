// Talks to the socket with the npm package json-rpc-2.0: one message per line.
const net = require("net");
const { JSONRPCClient } = require("json-rpc-2.0");

const socket = net.connect(process.argv[2]);
const client = new JSONRPCClient((request) => socket.write(JSON.stringify(request) + "\n"));
let rest = "";
socket.on("data", (data) => {
  const lines = (rest + data.toString("utf8")).split("\n");
  rest = lines.pop();
  lines.map((line) => JSON.parse(line)).forEach((message) => client.receive(message));
});

async function main() {
  const project = await client.request("project.create", { name: "π", workingDir: "/shop" });
  client.notify("project.list", {});
  const byPosition = await client.request("project.get", [project.id]);
  const refused = await client.request("task.get", { taskId: "none" }).then(null, (error) => error);
  const unknown = await client.request("no.such", {}).then(null, (error) => error);
  const many = [1, 2, 3].map((id) => ({ jsonrpc: "2.0", id: `b${id}`, method: "system.status", params: {} }));
  const batch = await client.requestAdvanced(many);
  console.log(JSON.stringify({
    name: byPosition.name, refused: refused.code, unknown: unknown.code, batch: batch.map((answer) => answer.result.pid),
  }));
  socket.end();
}

main().catch((error) => { console.error(error); process.exit(1); });
