/** The Merkle tree is that of RFC 6962: known roots, and proofs that lead to them and to nothing else. */
import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { leafHashOf, MerkleTree, rootOfInclusion } from '../../shared/rewards/merkle.ts';

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
const seeded = { seed: 6_962 };

/** Leaves and roots of the certificate-transparency project's own tests. */
const leaves = [
  '',
  '00',
  '10',
  '2021',
  '3031',
  '40414243',
  '5051525354555657',
  '606162636465666768696a6b6c6d6e6f',
].map((text) => Buffer.from(text, 'hex'));
const roots = [
  'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
  '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
  'fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125',
  'aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77',
  'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
  '4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4',
  '76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef',
  'ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c',
  '5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328',
];

const treeOf = (made: readonly Uint8Array[]): MerkleTree => {
  const tree = new MerkleTree(made.length);
  for (const leaf of made) tree.add(leaf);
  return tree;
};

/** The definition itself, slowly: split at the largest power of two below the number of leaves. */
const rootByDefinition = (made: readonly Uint8Array[]): Uint8Array => {
  const sha256 = (...parts: readonly Uint8Array[]) =>
    createHash('sha256').update(Buffer.concat(parts)).digest();
  const [first] = made;
  if (first === undefined) return sha256();
  if (made.length === 1) return sha256(Buffer.of(0), first);
  let half = 1;
  while (half * 2 < made.length) half *= 2;
  const [left, right] = [made.slice(0, half), made.slice(half)];
  return sha256(Buffer.of(1), rootByDefinition(left), rootByDefinition(right));
};

const manyLeaves = fc.array(fc.uint8Array({ maxLength: 8 }), { minLength: 1, maxLength: 70 });

describe('the root', () => {
  it.each(roots.map((root, size) => [size, root] as const))(
    'of %d leaves is known',
    (size, root) => {
      expect(hex(treeOf(leaves.slice(0, size)).root())).toBe(root);
    },
  );

  it('is that of the definition, for any leaves', () => {
    void fc.assert(
      fc.property(manyLeaves, (made) => {
        expect(hex(treeOf(made).root())).toBe(hex(rootByDefinition(made)));
      }),
      seeded,
    );
  });

  it('can be asked for again, and after more leaves', () => {
    const tree = new MerkleTree(8);
    for (const [index, leaf] of leaves.entries()) {
      tree.add(leaf);
      expect([tree.size, hex(tree.root()), hex(tree.root())]).toEqual([
        index + 1,
        roots[index + 1],
        roots[index + 1],
      ]);
    }
    expect(() => tree.add('one more')).toThrow('a leaf more');
  });
});

describe('an inclusion proof', () => {
  const anyProof = manyLeaves.chain((made) =>
    fc.record({ made: fc.constant(made), place: fc.nat(made.length - 1) }),
  );
  const proofOf = (made: readonly Uint8Array[], place: number) => {
    const tree = treeOf(made);
    const leaf = made[place] ?? new Uint8Array();
    return { root: hex(tree.root()), leaf, place, size: made.length, path: tree.pathOf(place) };
  };
  const rootOf = (proof: Parameters<typeof rootOfInclusion>[0]) => {
    const root = rootOfInclusion(proof);
    return root && hex(root);
  };

  it('is the one of the certificate-transparency project', () => {
    const path = treeOf(leaves).pathOf(5).map(hex);
    expect(path).toEqual([
      'bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b',
      'ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0',
      'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
    ]);
  });

  it('leads to the root', () => {
    void fc.assert(
      fc.property(anyProof, ({ made, place }) => {
        const { root, ...proof } = proofOf(made, place);
        expect(rootOf(proof)).toBe(root);
      }),
      seeded,
    );
  });

  it('leads nowhere with another leaf, another place, a hash changed, missing or added', () => {
    void fc.assert(
      fc.property(anyProof, fc.nat(), ({ made, place }, chosen) => {
        const { root, ...proof } = proofOf(made, place);
        const { path, leaf, size } = proof;
        expect(rootOf({ ...proof, leaf: Buffer.concat([leaf, Buffer.of(1)]) })).not.toBe(root);
        expect(rootOf({ ...proof, path: [...path, new Uint8Array(32)] })).toBeUndefined();
        expect(rootOf({ ...proof, place: size })).toBeUndefined();
        expect(rootOf({ ...proof, place: -1 })).toBeUndefined();
        if (path.length === 0) return;
        const at = chosen % path.length;
        const wrong = path.map((one, index) => (index === at ? leafHashOf(one) : one));
        expect(rootOf({ ...proof, path: wrong })).not.toBe(root);
        expect(rootOf({ ...proof, path: path.slice(1) })).toBeUndefined();
        expect(rootOf({ ...proof, path: path.with(at, new Uint8Array(31)) })).toBeUndefined();
        // A sibling may hold the same bytes, and then its place is as good.
        const other = (place + 1) % size;
        if (hex(leaf) !== hex(made[other] ?? leaf)) {
          expect(rootOf({ ...proof, place: other })).not.toBe(root);
        }
      }),
      seeded,
    );
  });

  it('of no leaf is refused', () => {
    expect(() => treeOf(leaves).pathOf(8)).toThrow('no leaf 8');
  });
});
