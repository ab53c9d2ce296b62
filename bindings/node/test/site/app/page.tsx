import { headers } from 'next/headers';

export default async function Page() {
  const company = (await headers()).get('x-company');
  return <p>{company === null ? 'Hello' : `Hello, ${decodeURIComponent(company)}`}</p>;
}
