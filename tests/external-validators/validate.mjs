// ExternalValidators a document with two stock validators: the schema of OpenAPI 3.1 itself (swagger-parser), and Redocly's recommended rules.
// node validate.mjs DOCUMENT
import { readFile } from 'node:fs/promises';
import SwaggerParser from '@apidevtools/swagger-parser';
import { createConfig, lintFromString } from '@redocly/openapi-core';

const source = await readFile(process.argv[2], 'utf8');
let failed = false;

try {
  await SwaggerParser.validate(JSON.parse(source));
} catch (error) {
  failed = true;
  console.log(`swagger-parser: ${error.message}`);
}

const config = await createConfig({
  extends: ['recommended-strict'],
  rules: {
    'no-ambiguous-paths': 'off', // the router takes a name before a parameter, from the left; a test asks every path
    'operation-2xx-response': 'off', // a WebSocket is answered with 101
    'no-unused-components': 'off', // messages of WebSockets are referred to by x-websocket; the gateway leaves out what nothing refers to
  },
});
for (const problem of await lintFromString({ source, absoluteRef: process.argv[2], config })) {
  failed = true;
  console.log(`redocly ${problem.severity} ${problem.ruleId}: ${problem.message} at ${problem.location.map(place => place.pointer).join(', ')}`);
}

process.exit(failed ? 1 : 0);
