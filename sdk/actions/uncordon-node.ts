import { z } from 'zod';
import { defineAction } from '../../src/plugin/action.ts';
import { markNode, unmarkNode } from './node-scheduling.ts';
import { objectName } from './parameter-schemas.ts';

/** Takes a node back into scheduling. */
export const uncordonNode = defineAction({
  name: 'uncordon_node',
  parameters: z.strictObject({ node: objectName }),
  run: async (context) => markNode(context, context.parameters.node, false),
  rollback: async (context) => unmarkNode(context),
});
