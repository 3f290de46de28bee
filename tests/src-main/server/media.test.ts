/** Which picture a URL names: what the page writes is read back, for any name of a photo. live.test.ts has the refusals. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { mediaPath } from '#contract/studio';
import { pictureRequest } from '../../../src-main/server/media';

describe('the address of a picture', () => {
  it('is read as the contract writes it, whatever the photo is called', () => {
    const name = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 40 });
    fc.assert(
      fc.property(name, fc.nat({ max: 8192 }), fc.nat({ max: 1e6 }), (photo, side, revision) => {
        // A name that is only dots cannot be written into a URL; no capture has one.
        fc.pre(!/^\.{1,2}$/.test(photo));
        const { pathname, searchParams } = new URL(mediaPath('photo', photo, side, revision), 'legato://app/');
        expect(pictureRequest(pathname, searchParams)).toEqual({ kind: 'photo', photo, side, keep: revision > 0 });
      }),
      { seed: 11 },
    );
  });
});
