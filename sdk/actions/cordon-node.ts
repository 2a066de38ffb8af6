import { z } from 'zod';
import { defineAction } from '../../src/plugin/action.ts';
import { markNode, unmarkNode } from './node-scheduling.ts';
import { objectName } from './parameter-schemas.ts';

/** Takes a node out of scheduling; its pods stay. */
export const cordonNode = defineAction({
  name: 'cordon_node',
  parameters: z.strictObject({ node: objectName }),
  run: async (context) => markNode(context, context.parameters.node, true),
  rollback: async (context) => unmarkNode(context),
});
