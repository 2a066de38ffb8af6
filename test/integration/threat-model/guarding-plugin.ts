import { definePlugin } from '../../../src/plugin/plugin.ts';
import { allowed, deny } from '../../../src/policy/verdict.ts';

interface Manifest {
  readonly kind: string;
}

interface Patch {
  readonly spec: {
    readonly template: { readonly spec: { readonly containers: readonly { readonly image: string }[] } };
  };
}

/** Checks as a team writes them: each looks where it expects something, at actions that stepgate brings and at another. */
export default definePlugin({
  name: 'guarding',
  checks: [
    {
      name: 'NoRoleBindings',
      actions: ['apply_manifest'],
      check: ({ parameters }) =>
        (parameters['manifest'] as Manifest).kind === 'RoleBinding'
          ? deny(403, 'Forbidden', 'Nobody binds a Role by a step.')
          : allowed,
    },
    {
      name: 'ImagesOfOurs',
      actions: ['patch_deployment'],
      check: ({ parameters }) => {
        for (const { image } of (parameters['patch'] as Patch).spec.template.spec.containers)
          if (!image.startsWith('registry.example/'))
            return deny(403, 'Forbidden', 'This image is not ours.');
        return allowed;
      },
    },
    {
      name: 'NothingOfProduction',
      actions: ['restart_machine'],
      check: ({ parameters }) =>
        parameters['stage'] === 'production' ? deny(403, 'Forbidden', 'Not in production.') : allowed,
    },
  ],
});
