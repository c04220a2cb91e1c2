// ExternalValidators what a gateway really said by the schemas of its document (ajv, JSON Schema 2020-12). A member that the document does not have is a fault as well.
// node answers.mjs DOCUMENT < LINES, each {"what", "pointer", "body"}: where in the document the schema stands, and what came.
import { readFileSync } from 'node:fs';
import Ajv from 'ajv/dist/2020.js';
import formats from 'ajv-formats';

const document = JSON.parse(readFileSync(process.argv[2], 'utf8'));

// Closed: an object has the members that are described and no others.
const close = schema => {
  if (Array.isArray(schema)) schema.forEach(close);
  else if (schema && typeof schema === 'object') {
    if (schema.properties && schema.additionalProperties === undefined) schema.additionalProperties = false;
    Object.values(schema).forEach(close);
  }
};
close(document.components.schemas);

const ajv = new Ajv({ strict: false, allErrors: true, discriminator: false });
formats(ajv);
ajv.addFormat('int64', { type: 'number', validate: Number.isInteger });
ajv.addSchema(document, 'api');

const checks = new Map();
const lines = readFileSync(0, 'utf8').split('\n').filter(line => line);
let faults = 0;
for (const line of lines) {
  const { what, pointer, body } = JSON.parse(line);
  if (!checks.has(pointer)) checks.set(pointer, ajv.compile({ $ref: 'api#' + pointer.split('/').map(encodeURIComponent).join('/') }));
  const check = checks.get(pointer);
  if (!check(body)) {
    faults++;
    const said = check.errors.slice(0, 6).map(e => `${e.instancePath || '/'} ${e.message} ${JSON.stringify(e.params)}`).join('; ');
    if (faults <= 20) console.log(`${what}: ${said}: ${JSON.stringify(body).slice(0, 300)}`);
  }
}
console.log(`${lines.length} answers, ${checks.size} schemas, ${faults} faults`);
process.exit(faults ? 1 : 0);
