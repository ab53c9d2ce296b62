// Programs that must compile, and lines that must not.

import nameplate, { Client, NameplateError, open } from 'nameplate';
import type { Answer, Company, Database, Metadata, Network, Operator } from 'nameplate';

const db: Database = open('nameplate.npl', { copy: true, suppression: 'list', cache: 10 });
const answer: Answer = db.lookup('192.0.2.1');
db.lookup(5);
db.lookup(Buffer.alloc(4));
const company: Company | undefined = answer.company;
const operator: Operator | undefined = answer.operator;
const network: Network | undefined = answer.network;
const text: string | undefined = company?.legal_form ?? operator?.name ?? network?.first ?? answer.block ?? answer.name;
const number: number | undefined = operator?.asn ?? answer.confidence;
if (answer.status === 'company') console.log(answer.sources?.join(), text, number);
const many: Answer[] = db.lookupMany(new Set(['192.0.2.1']));
const ids: Uint32Array = db.lookupPacked(new Uint32Array(1));
db.lookupPacked(Buffer.alloc(16));
const metadata: Metadata = db.metadata;
const attribution: string | undefined = db.metadata.sources[0]?.attribution;
const generation: number = db.reload();
{
  using scoped = open(new URL('file:///nameplate.npl'));
  scoped.networks('lei:x').map(({ first, last }) => first + last);
}

const client = new Client('/run/nameplate.sock', { timeout: 5 });
const later: Promise<Answer> = client.lookup('192.0.2.1');
const laterIds: Promise<Uint32Array> = client.lookupPacked(ids);
const laterMetadata: Promise<Metadata> = client.metadata();
const done: Promise<void> = client.reload();
console.log(many, metadata, attribution, generation, later, laterIds, laterMetadata, done, nameplate.open === open);

try {
  client.close();
} catch (error) {
  if (error instanceof NameplateError) console.log(error.code.startsWith('NAMEPLATE_'));
}

// @ts-expect-error: no address
db.lookup(null);
// @ts-expect-error: no address
db.lookup(['192.0.2.1']);
// @ts-expect-error: not packed
db.lookupPacked([1]);
// @ts-expect-error: read-only
answer.status = 'unknown';
// @ts-expect-error: may be absent
console.log(answer.company.name);
// @ts-expect-error: no such status
console.log(answer.status === 'nothing');
// @ts-expect-error: no such option
open('nameplate.npl', { copies: true });
// @ts-expect-error: a promise
console.log(client.lookup('192.0.2.1').status);
// @ts-expect-error: made by lookups alone
new nameplate.Answer();
