import { loadYaml } from '@kubernetes/client-node';
import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { NEEDED } from '../../src/scheduling/adapters/kubernetes/kubernetes-check.js';

const ROLE = new URL('../../deploy/kubernetes/base/role.yaml', import.meta.url);

interface Role {
  readonly kind: string;
  readonly rules: readonly {
    readonly apiGroups: readonly string[];
    readonly resources: readonly string[];
    readonly verbs: readonly string[];
  }[];
}

describe('the Role of the manifests', () => {
  it('has every right that readiness asks for, and no other', async () => {
    const { kind, rules } = loadYaml<Role>(await readFile(ROLE, 'utf8'));
    const given = rules.flatMap(({ apiGroups, resources, verbs }) =>
      apiGroups.flatMap((group) =>
        resources.flatMap((resource) => verbs.map((verb) => `${verb} ${group}/${resource}`)),
      ),
    );
    const needed = NEEDED.map(({ verb, group, resource, subresource }) => {
      const part = subresource === undefined ? '' : `/${subresource}`;
      return `${verb} ${group}/${resource}${part}`;
    });
    expect(kind).toBe('Role');
    expect(given.toSorted()).toEqual(needed.toSorted());
  });
});
