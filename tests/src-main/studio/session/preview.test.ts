/** What is said of a capture before it is trained: every warning with the code that pages say it by in their own language. */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { sayings } from '#contract/sayings';
import { preview } from '#contract/studioReplies';
import { previewPath } from '../../../../src-main/studio/session/preview';
import { colmapFiles, folderWith } from '../../capture/fixtures';

it('warns in sentences of both languages', async () => {
  const root = folderWith({ ...(await colmapFiles()), 'test.txt': 'x.png\n', 'transforms.json': '{}' });
  rmSync(join(root, 'images', 'a.png'));
  rmSync(join(root, 'sparse', '0', 'points3D.bin'));
  const { warnings } = preview.parse(await previewPath(root, {}));
  expect(warnings.map(({ code }) => code)).toEqual([
    'photosNotFound',
    'noSparsePoints',
    'otherDescription',
    'heldOutUnknown',
  ]);
  for (const { code } of warnings) expect(sayings).toHaveProperty(code!);
  expect(warnings[0]).toMatchObject({ values: { count: 1, names: 'a.png' } });
});

it('says what toy encoders are worth on photos, and trains with them all the same', async () => {
  const chosen = { clipModel: 'toy-clip', dinoModel: 'toy-dino' };
  const { words } = preview.parse(await previewPath(folderWith(await colmapFiles()), chosen));
  expect(words).toMatchObject({ clip: 'toy-clip', dino: 'toy-dino', missing: [], problem: { code: 'toysOnPhotos' } });
});
