import type { AddressInfo, Server } from "node:net";

/** Has the server listen on a free port of this machine, which nobody else can reach; gives the port. */
export async function listen(server: Server, address = "127.0.0.1"): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, address, resolve));
  return (server.address() as AddressInfo).port;
}
