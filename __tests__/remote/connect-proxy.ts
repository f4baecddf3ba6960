import { createServer, type IncomingMessage, type Server } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';

/** A proxy of the web (RFC 9110, section 9.3.6) that leads to one server, whatever it is asked for. */
export class ConnectProxy {
  readonly asked: { readonly target: string; readonly login: string | undefined }[] = [];
  /** What it answers; below zero: nothing at all. */
  status = 200;
  readonly #server: Server = createServer();
  readonly #sockets = new Set<Socket>();

  /** @param place where the server listens: the path of a socket, or a port of this machine */
  constructor(private readonly place: () => string | number) {
    this.#server.on('connect', (request: IncomingMessage, client: Socket) => this.#lead(request, client));
    this.#server.on('connection', (client) => this.#keep(client));
  }

  get address(): string {
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  start(): Promise<void> {
    return new Promise((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
  }

  stop(): void {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
  }

  #lead({ url, headers }: IncomingMessage, client: Socket): void {
    const login = headers['proxy-authorization']?.replace(/^Basic /, '');
    this.asked.push({
      target: url ?? '',
      login: login === undefined ? undefined : Buffer.from(login, 'base64').toString(),
    });
    if (this.status < 0) return;
    if (this.status !== 200) {
      client.end(`HTTP/1.1 ${this.status} No\r\n\r\n`);
      return;
    }
    client.write('HTTP/1.1 200 Well\r\n\r\n');
    const place = this.place();
    const server = this.#keep(typeof place === 'number' ? connect(place, '127.0.0.1') : connect(place));
    server.pipe(client).pipe(server);
  }

  #keep(socket: Socket): Socket {
    this.#sockets.add(socket);
    socket.on('error', () => undefined).on('close', () => this.#sockets.delete(socket));
    return socket;
  }
}
