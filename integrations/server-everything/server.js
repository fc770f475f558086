// The MCP server "everything" on a free port of 127.0.0.1, for tests: node server.js.
// It says where it listens, and runs until it is killed. By itself it listens on
// all addresses, and says what it does on standard output.
import { Server } from 'node:net';

const { listen } = Server.prototype;
Server.prototype.listen = function (_port, ready) {
  this.once('listening', () => process.stdout.write(`listening on http://127.0.0.1:${this.address().port}/mcp\n`));
  return listen.call(this, 0, '127.0.0.1', ready);
};
console.log = console.error;

await import('@modelcontextprotocol/server-everything/dist/transports/streamableHttp.js');
