// Talks to the socket as an editor's language client does: Content-Length framing by Microsoft's own library.
const net = require("net");
const rpc = require("vscode-jsonrpc/node");

const socket = net.connect(process.argv[2]);
const connection = rpc.createMessageConnection(new rpc.SocketMessageReader(socket), new rpc.SocketMessageWriter(socket));
const events = [];
connection.onNotification("event", (params) => events.push(params.event.type));
connection.listen();

async function main() {
  const hello = await connection.sendRequest("system.hello", { client: "editor", protocols: [1] });
  const status = await connection.sendRequest("system.status");
  await connection.sendRequest("event.subscribe", { topics: ["project"] });
  await connection.sendNotification("project.list", {});
  const project = await connection.sendRequest("project.create", { name: "π", workingDir: "/shop" });
  const byPosition = await connection.sendRequest("project.get", rpc.ParameterStructures.byPosition, project.id);
  const refused = await connection.sendRequest("task.get", { taskId: "none" }).catch((error) => error);
  const source = new rpc.CancellationTokenSource();
  const waiting = connection.sendRequest("session.output", { sessionId: process.argv[3], wait: true }, source.token);
  setImmediate(() => source.cancel());
  const cancelled = await waiting.catch((error) => error);
  console.log(JSON.stringify({
    hello, pid: status.pid, name: byPosition.name, events,
    refused: { code: refused.code, data: refused.data }, cancelled: cancelled.code,
  }));
  connection.dispose();
  socket.end();
}

main().catch((error) => { console.error(error); process.exit(1); });
