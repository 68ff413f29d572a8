/** Decision notes: one number each, for text and code cite them by it. */
import { readdirSync, readFileSync } from 'node:fs';

const folder = 'docs/decisions';
const names = readdirSync(folder).toSorted();

describe('decision notes', () => {
  it('have a number of their own', () => {
    const numbers = names.map((name) => /^(\d{4})-[a-z0-9-]+\.md$/.exec(name)?.[1]);
    expect(numbers).not.toContain(undefined);
    expect(numbers).toEqual([...new Set(numbers)]);
    expect(numbers.length).toBeGreaterThan(0);
  });

  it('open with the number of their file', () => {
    const titles = names.map((name) => readFileSync(`${folder}/${name}`, 'utf8').split('. ')[0]);
    expect(titles).toEqual(names.map((name) => `# ${Number(name.slice(0, 4))}`));
  });
});
