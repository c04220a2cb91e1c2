// A program on a client whose types were generated from a gateway's document: it is compiled with tsc --strict, and runs against that gateway.
// node client.js URL TOKEN
import createClient from 'openapi-fetch';
import type { components, paths } from './api.js';

declare const process: { argv: string[] };
const [, , baseUrl, token] = process.argv;
const client = createClient<paths>({ baseUrl, headers: { Authorization: `Bearer ${token}` } });
const stranger = createClient<paths>({ baseUrl });
const say = (what: string, ...values: unknown[]) => console.log(what, ...values.map(value => JSON.stringify(value)));

// What a generated client knows of an error: the same document everywhere.
const problem = (error: components['schemas']['Problem']): string => `${error.status} ${error.title}`;

// 1. Pods as they are typed by the catalog's columns.
const list = await client.GET('/api/v1/pods', { params: { query: { sort: ['-name'], limit: 2 } } });
if (!list.data) throw new Error(problem(list.error));
const names: string[] = list.data.items.map(item => item.name);
const ready: string[] = list.data.items.map(item => item.row.ready);
const kind: 'pods' = list.data.items[0].resource;
say('list', list.data.total, names, ready, kind, list.data.freshness.state);

// @ts-expect-error a pod's row has no such column
list.data.items[0].row.replicas;
// @ts-expect-error no such column can be sorted by
void (() => client.GET('/api/v1/pods', { params: { query: { sort: ['replicas'] } } }));
// @ts-expect-error there is no such path
void (() => client.GET('/api/v1/nothing/of/this'));
// @ts-expect-error the uid is missing
void (() => client.GET('/api/v1/pods/{uid}', {}));

// 2. One of them, whole.
const one = await client.GET('/api/v1/pods/{uid}', { params: { path: { uid: list.data.items[0].uid } } });
if (!one.data) throw new Error(problem(one.error));
const object: Record<string, unknown> = one.data.object;
say('get', one.data.name, object.kind);

// 3. Filters: labels, a field, a search, a namespace in the path.
const filtered = await client.GET('/api/v1/pods', { params: { query: { namespace: ['team-a'], labelSelector: 'app in (web,api)', fieldSelector: 'status.phase!=Failed', search: '!a2' } } });
say('filter', filtered.data?.items.map(item => item.name));
const within = await client.GET('/api/v1/namespace/{ns}/pods', { params: { path: { ns: 'team-a' } } });
say('namespace', within.data?.total);

// 4. Errors, typed: each status that is described has the document that comes.
const none = await client.GET('/api/v1/pods/{uid}', { params: { path: { uid: 'no-such-uid' } } });
if (none.data) throw new Error('there is none');
say('missing', problem(none.error), none.error.error.includes('no-such-uid'), none.response.headers.get('content-type'));
const wrong = await client.GET('/api/v1/pods', { params: { query: { labelSelector: 'app in' } } });
say('wrong', wrong.error && problem(wrong.error));
const denied = await client.GET('/api/v1/nodes');
say('denied', denied.error && problem(denied.error));
const unknown = await stranger.GET('/api/v1/pods');
say('stranger', unknown.error && problem(unknown.error), unknown.response.headers.get('www-authenticate'));

// 5. The rest of a day: status, statistics, relations, a ticket.
const status = await client.GET('/api/v1/status');
say('status', status.data?.ready, status.data?.clusters.map(cluster => cluster.name));
const overview = await client.GET('/api/v1/stats/overview');
say('overview', overview.data?.resources.pods?.total);
const related = await client.GET('/api/v1/{resource}/{uid}/related', { params: { path: { resource: 'pods', uid: list.data.items[0].uid }, query: { depth: 1 } } });
say('related', related.data?.nodes.map(node => node.health));
const ticket = await client.POST('/api/v1/tickets', { params: { query: { for: '/api/v1/pods/stream' } } });
if (!ticket.data) throw new Error(problem(ticket.error));
say('ticket', ticket.response.status, ticket.data.user);

// 6. A stream, opened with the ticket; the data of an event is typed by its name.
type Events = components['schemas']['PodStreamEvent'];
const stream = await stranger.GET('/api/v1/pods/stream', { params: { query: { shape: 'summary' } }, parseAs: 'stream', fetch: (request: Request) => fetch(new Request(`${request.url}&ticket=${ticket.data.ticket}`)) });
if (!stream.data) throw new Error(`${stream.response.status}`);
let text = '';
const reader = stream.data.getReader();
while (!text.includes('event: synced\n')) {
  const { value, done } = await reader.read();
  if (done) break;
  text += new TextDecoder().decode(value);
}
await reader.cancel();
const events = text.split('\n').filter(line => line.startsWith('data: ')).map(line => JSON.parse(line.slice(6)) as Events);
say('stream', events.flatMap(event => 'uid' in event ? [event.name] : []).sort());
