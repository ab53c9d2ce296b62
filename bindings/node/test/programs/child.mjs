// Opens the file, and answers its parent.

import { open } from 'nameplate';

const db = open(process.argv[2]);
process.on('message', (addresses) => process.send(db.lookupMany(addresses).map((answer) => JSON.stringify(answer))));
