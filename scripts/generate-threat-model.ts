/** Writes docs/threat-model.md from the attempts that test/integration/threat-model makes. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { threatModelPage } from '../test/integration/threat-model/threat-model-page.ts';

writeFileSync(join(import.meta.dirname, '../docs/threat-model.md'), await threatModelPage());
