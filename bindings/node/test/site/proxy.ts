import { open } from 'nameplate';
import { nameplate } from 'nameplate/next';
import { NextResponse, type NextRequest } from 'next/server';

const look = nameplate(open(process.env.NAMEPLATE_FILE!), { header: 'x-real-ip' });

export function proxy(request: NextRequest) {
  const { nameplate: answer } = look(request);
  const headers = new Headers(request.headers);
  // Set or deleted in any case: what the visitor sent under this name goes no further.
  if (answer?.company === undefined) headers.delete('x-company');
  else headers.set('x-company', encodeURIComponent(answer.company.name));
  return NextResponse.next({ request: { headers } });
}
