import nameplate = require('nameplate');

const answer: nameplate.Answer = nameplate.open('nameplate.npl').lookup('192.0.2.1');
const client: nameplate.Client = new nameplate.Client('/run/nameplate.sock');
console.log(answer.toJSON().company?.id, client);
// @ts-expect-error: no such thing
nameplate.lookup('192.0.2.1');
