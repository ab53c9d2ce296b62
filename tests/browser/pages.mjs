// The pages of the dashboard, for what looks at each of them.

export const SIGNED_OUT = ['/sign-in', '/objection', '/objection?done=blocked&lang=de', '/nothing'];

export function signedIn(owner, segment) {
  const company = encodeURIComponent(owner.companies[0].company.id);
  return [
    '/',
    '/?search=nothing+of+this+name',
    `/companies/${company}`,
    '/overview',
    '/live',
    '/filtered',
    '/segments',
    `/segments/edit?name=${encodeURIComponent(segment)}`,
    '/corrections',
    '/objections',
    '/data',
    '/audit',
    '/settings',
    '/account',
    '/nothing',
  ];
}

export const LANGUAGES = ['en', 'de', 'nl', 'fr'];

// Leaves a request on the public page, as a visitor does.
export async function leaveRequest(page, owner, company, message) {
  await page.goto(`${owner.site}/nameplate/objection`);
  await page.fill('#company', company);
  await page.fill('#message', message);
  await page.getByRole('button', { name: 'Send the request' }).click();
  await page.getByRole('status').waitFor();
}
