import { TServer } from "../src/index.js";

const server = new TServer(process.argv[2] ?? "127.0.0.1:5025");
await server.register("5001");
for await (const event of server.events()) {
  if (event.name !== "EventRinging") continue;
  await server.ask("answer_call", { this_dn: "5001", conn_id: event.conn_id });
  console.log("answered", event.ani);
}
