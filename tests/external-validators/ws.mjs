// The npm package ws on the gateway's socket. Lines in: "text MESSAGE", "binary N", "ping", "pause", "resume", "close CODE". Lines out: "open EXTENSIONS", "refused STATUS", "message JSON", "ping", "pong", "close CODE REASON".
import { createInterface } from 'node:readline';
import WebSocket from 'ws';

const socket = new WebSocket(process.argv[2], { headers: process.argv[3] ? { Origin: process.argv[3] } : {} });
socket.on('open', () => { console.log(`open ${socket.extensions}`); listen(); });
socket.on('unexpected-response', (_, response) => { console.log(`refused ${response.statusCode}`); process.exit(0); });
socket.on('message', (data, isBinary) => console.log(`message ${isBinary ? 'binary' : data}`));
socket.on('ping', () => console.log('ping'));
socket.on('pong', () => console.log('pong'));
socket.on('error', error => console.log(`error ${error.message}`));
socket.on('close', (code, reason) => { console.log(`close ${code} ${reason}`); process.exit(0); });
const listen = () => createInterface({ input: process.stdin }).on('line', line => {
  const [command] = line.split(' ', 1);
  const rest = line.slice(command.length + 1);
  switch (command) {
    case 'text': return socket.send(rest);
    case 'binary': return socket.send(Buffer.alloc(Number(rest)));
    case 'ping': return socket.ping();
    case 'pause': return socket.pause();
    case 'resume': return socket.resume();
    case 'close': return socket.close(Number(rest));
  }
});
