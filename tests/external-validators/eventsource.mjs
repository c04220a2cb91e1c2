// The npm package eventsource on a stream: says every event in a line, "NAME OBJECT", with the reason of a reset in its place. Comes back by itself, as EventSource does.
import { EventSource } from 'eventsource';

const source = new EventSource(process.argv[2]);
let id = '';
for (const name of ['reset', 'added', 'updated', 'deleted', 'synced', 'bookmark', 'degraded', 'live'])
  source.addEventListener(name, e => {
    const data = JSON.parse(e.data);
    if (!e.lastEventId) console.log(`fault: ${name} has no id`);
    id = e.lastEventId;
    console.log(`${name} ${data.name ?? data.reason ?? ''}`.trim());
  });
source.onopen = () => console.log('open');
source.onerror = e => console.log(`error ${e.code ?? ''} ${source.readyState}`);
